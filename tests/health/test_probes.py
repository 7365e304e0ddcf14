"""The probes over HTTP: under Starlette, FastAPI, a real uvicorn, and WSGI."""

import threading
import time
from contextlib import contextmanager
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

from resilience import health
from resilience.health import HealthRegistry, Level, Verdict

TYPE = "application/health+json"
CANARY = "canary-7f3a"


@pytest.fixture
def registry():
    """A database that is critical, a mail server that is not, and a measurement."""
    made = HealthRegistry("shop", version="1.4", ttl=0)
    made.state = {"database": True, "mail": True}

    @made.check
    def database():
        if not made.state["database"]:
            raise ConnectionError(f"postgres://app:{CANARY}@db sleeps")

    made.add("mail", lambda: made.state["mail"], critical=False)
    made.add("load", lambda: Verdict(level=Level.HEALTHY, value=3.5, unit="percent"))
    return made


def starlette(app):
    return Starlette(routes=[Mount("/health", app=app)])


def fastapi(app):
    made = FastAPI()
    made.mount("/health", app)
    return made


@contextmanager
def asgi(app, how=""):
    """Ask an ASGI app, from a plain test."""
    import asyncio

    async def get(method, path):
        transport = httpx.ASGITransport(app, root_path="/api" if "proxy" in how else "")
        path = f"/api{path}" if how == "behind_a_proxy" else path  # as uvicorn has it
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            return await client.request(method, path)

    yield lambda path, method="GET": asyncio.run(get(method, path))


@contextmanager
def wsgi(app):
    """Ask a WSGI app, which must keep the rules of PEP 3333."""

    def ask(path, method="GET"):
        told = []
        environ = {"PATH_INFO": path.removeprefix("/health"), "SCRIPT_NAME": "/health"}
        environ |= {"REQUEST_METHOD": method, "QUERY_STRING": ""}
        setup_testing_defaults(environ)
        parts = validator(app)(environ, lambda status, headers, error=None: told.append((status, headers)))
        body = b"".join(parts)
        parts.close()
        ((status, headers),) = told
        return httpx.Response(int(status.split()[0]), headers=headers, content=body)

    yield ask


def served(how, registry, *, details=False):
    """One way of serving the probes."""
    if how == "wsgi":
        return wsgi(registry.wsgi(details=details))
    make = starlette if how == "starlette" else fastapi
    return asgi(make(registry.asgi(details=details)), how)


@pytest.fixture(params=["starlette", "fastapi", "behind_a_proxy", "behind_a_proxy_that_strips", "wsgi"])
def ask(request, registry):
    """`ask(path, method)`, and `ask(path, details=True)` for the talkative app, in each way of serving it."""
    with served(request.param, registry) as silent, served(request.param, registry, details=True) as talkative:
        yield lambda path, method="GET", *, details=False: (talkative if details else silent)(path, method)


def test_each_probe_answers(registry, ask):
    """200 and `pass` while all is well; the mount point itself is readiness."""
    for path in ("/health/live", "/health/ready", "/health/startup", "/health/", "/health/ready/"):
        response = ask(path)
        assert (response.status_code, response.json()) == (200, {"status": "pass"}), path
        assert response.headers["Content-Type"] == TYPE
        assert response.headers["Cache-Control"] == "no-store"
        assert int(response.headers["Content-Length"]) == len(response.content)


def test_degraded_is_served_and_unhealthy_is_not(registry, ask):
    """`warn` with 200, `fail` with 503; liveness does not care."""
    registry.state["mail"] = False
    assert (ask("/health/ready").status_code, ask("/health/ready").json()) == (200, {"status": "warn"})
    registry.state["database"] = False
    assert (ask("/health/ready").status_code, ask("/health/ready").json()) == (503, {"status": "fail"})
    assert ask("/health/startup").status_code == 503
    assert ask("/health/live").status_code == 200


def test_details_are_told_only_where_they_are_asked_for(registry, ask):
    """Each check with status, time, measurement and reason."""
    registry.state["database"] = False
    registry.add("queue", lambda: Verdict(level=Level.DEGRADED, detail="long"))
    registry.add("disk", health.disk("/", percent=100))
    assert ask("/health/ready").json() == {"status": "fail"}
    told = ask("/health/ready", details=True).json()
    assert (told["status"], told["serviceId"], told["version"]) == ("fail", "shop", "1.4")
    (database,), (mail,), (load,), (queue,), (disk,) = told["checks"].values()
    assert (queue["status"], queue["output"]) == ("warn", "long")
    assert disk["componentType"] == "system"
    assert "output" not in disk
    assert database.pop("time").endswith("Z")
    assert database == {"componentType": "component", "status": "fail", "output": "postgres://***@db sleeps"}
    assert mail["status"] == "pass"
    assert (load["observedValue"], load["observedUnit"]) == (3.5, "percent")


def test_row_58_no_secret_is_in_an_answer(registry, ask):
    """With details or without."""
    registry.state["database"] = False
    for details in (False, True):
        assert CANARY not in ask("/health/ready", details=details).text


def test_what_is_no_probe_is_refused(ask):
    """404 and 405, the latter with what is allowed; HEAD has no body."""
    assert ask("/health/dead").status_code == 404
    refused = ask("/health/ready", "POST")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
    head = ask("/health/ready", "HEAD")
    assert (head.status_code, head.content) == (200, b"")


def test_head_has_the_length_and_no_body(registry):
    """Servers differ in what they do with a body that should not be there, so there is none."""
    import asyncio

    sent = []

    async def send(message):
        sent.append(message)

    for method in ("GET", "HEAD"):
        scope = {"type": "http", "method": method, "path": "/ready", "headers": []}
        asyncio.run(registry.asgi()(scope, None, send))
    begun, whole, begun_too, nothing = sent
    assert begun == begun_too
    assert dict(begun["headers"])[b"content-length"] == str(len(whole["body"])).encode()
    assert nothing["body"] == b""


def test_a_name_with_odd_letters_is_one_line_of_json():
    """Row_59: escaped in the body."""
    registry = HealthRegistry("läden", ttl=0)
    registry.add("datenbänke <img>", lambda: False)
    with asgi(registry.asgi(details=True)) as ask:
        response = ask("/ready")
    assert "datenbänke <img>" in response.json()["checks"]
    assert response.content.isascii()


def test_it_serves_alone_under_a_real_server(registry):
    """Uvicorn with the app at the root, its lifespan, and a websocket that is turned away."""
    server = uvicorn.Server(uvicorn.Config(registry.asgi(), host="127.0.0.1", port=0, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    ends = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < ends
        time.sleep(0.01)
    (socket,) = server.servers[0].sockets
    try:
        response = httpx.get(f"http://127.0.0.1:{socket.getsockname()[1]}/ready", trust_env=False)
        assert (response.status_code, response.json()) == (200, {"status": "pass"})
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


@pytest.mark.worlds("asyncio", "trio", reason="an ASGI app is asked in a loop")
def test_a_websocket_is_closed(world, registry):
    """It is nothing for a probe."""
    sent = []

    def story():
        async def send(message):
            sent.append(message)

        yield registry.asgi()({"type": "websocket", "path": "/ready"}, None, send)

    world.session(story)
    assert sent == [{"type": "websocket.close", "code": 1000}]


def test_row_54_details_must_be_a_flag(registry):
    """A text would always be true."""
    with pytest.raises(TypeError, match="details='no'"):
        registry.asgi(details="no")
    with pytest.raises(TypeError, match="details=1"):
        registry.wsgi(details=1)
    assert repr(registry.wsgi()).startswith("<HealthWSGI of")
