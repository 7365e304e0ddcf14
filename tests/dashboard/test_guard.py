"""Who may ask for the page, tried with the bytes that an attacker would send."""

import pytest
from tests.dashboard.serving import TOKEN, served

import resilience
from resilience.dashboard.web import dashboard

PORT = "{port}"
GET = "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n"


def request(path="/api/snapshot", host="127.0.0.1:{port}", more=""):
    """The bytes of a request, but for the port."""
    return GET.format(path=path, host=host, more=more)


HOSTILE = {
    "another host": request(host="evil.example"),
    "another host with our port": request(host="evil.example:{port}"),
    "a host that begins like ours": request(host="127.0.0.1.evil.example:{port}"),
    "a host that ends like ours": request(host="evil-localhost:{port}"),
    "an address of the network": request(host="192.0.2.7:{port}"),
    "the wildcard address": request(host="0.0.0.0:{port}"),
    "a host with credentials": request(host="localhost@evil.example"),
    "a host with a path": request(host="localhost/evil.example"),
    "two names in a host": request(host="localhost, evil.example"),
    "an empty host": request(host=""),
    "rebinding of the page itself": request("/", host="rebound.example:{port}"),
    "rebinding of a file": request("/static/main.js", host="rebound.example"),
    "a whole URL of another host": request("http://evil.example/api/snapshot"),
    "a whole URL of ours": request("http://127.0.0.1:{port}/api/snapshot", host="evil.example"),
    "doubled slashes": request("//api/snapshot"),
    "doubled slashes inside": request("/api//snapshot"),
    "a path out and in": request("//x/../api/snapshot"),
    "dots": request("/static/../api/snapshot"),
    "encoded dots": request("/static/%2e%2e/api/snapshot"),
    "half encoded dots": request("/static/.%2E/%2e./etc/passwd"),
    "encoded slash": request("/static%2Fmain.js"),
    "encoded backslash": request("/static/..%5c..%5cetc"),
    "backslashes": request("/static\\..\\_app.py"),
    "a null": request("/static/main.js%00.html"),
    "encoded percent": request("/static/%252e%252e/x"),
    "another origin": request(more="Origin: http://evil.example\r\n"),
    "another port's origin": request(more="Origin: http://127.0.0.1:1\r\n"),
    "no origin's origin": request(more="Origin: null\r\n"),
    "a fetch of another site": request(more="Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"),
    "a fetch of the same site": request(more="Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\n"),
    "a frame": request(
        "/", more="Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"
    ),
    "a script of another site": request(
        "/static/main.js", more="Sec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: script\r\n"
    ),
    "many headers": request(more="".join(f"X-{number}: 1\r\n" for number in range(200))),
}


@pytest.fixture(scope="module")
def page():
    """A page with controls."""
    with served(control_token=TOKEN, collecting={"controls": True}) as one:
        yield one


@pytest.mark.parametrize("name", HOSTILE)
def test_row_65_a_hostile_request_is_refused_before_it_is_routed(page, name):
    """Forged hosts, whole URLs, odd paths and other origins get 403, and no word of the board."""
    answer = page.raw(HOSTILE[name].replace("{port}", str(page.port)))
    assert answer.startswith("HTTP/1.1 403 "), answer[:200]
    assert '"policies"' not in answer
    assert "frame-ancestors 'none'" in answer


def test_row_65_two_hosts_are_no_request_at_all(page):
    """A request with two Host headers is refused."""
    answer = page.raw(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nHost: evil.example\r\n\r\n")
    assert answer.startswith(("HTTP/1.1 400 ", "HTTP/1.1 403 "))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_names_of_the_loopback_are_answered(page, host):
    """The names that a browser on this machine uses work, and every answer has its headers."""
    status, answer = page.ask("/api/snapshot", host=f"{host}:{page.port}")
    assert status == 200
    lower = answer.lower()
    for header in ("x-content-type-options: nosniff", "x-frame-options: deny", "cache-control: no-store"):
        assert header in lower
    policy = next(line for line in answer.splitlines() if line.startswith("content-security-policy: "))
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "access-control-allow-origin" not in lower


def test_a_link_on_another_site_may_lead_here(page):
    """A person who follows a link to the page gets it."""
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert page.ask("/", **link)[0] == 200
    assert page.ask("/", "POST", **link)[0] == 403


def test_other_methods_are_refused(page):
    """Nothing but GET, HEAD and POST is understood."""
    assert [page.ask("/", method)[0] for method in ("PUT", "DELETE", "OPTIONS", "TRACE")] == [405] * 4
    assert page.ask("/api/snapshot", "POST")[0] == 405
    assert page.ask("/api/control", "GET")[0] == 405


def test_row_65_a_control_needs_its_token_and_its_own_page(page):
    """Without the token's header, with a wrong one, as a form, or from elsewhere, nothing is done."""
    breaker = resilience.CircuitBreaker("guarded by a token")
    act = ("isolate", "circuit-breaker", breaker.name)
    status, answer = page.act(*act, X_Resilience_Token=None)
    assert status == 401
    assert "the control token is needed, in the header X-Resilience-Token" in answer
    assert page.act(*act, X_Resilience_Token="x" * 27)[0] == 401
    assert page.act(*act, X_Resilience_Token=TOKEN[:-1])[0] == 401
    assert page.act(*act, X_Resilience_Token=None, Cookie=f"resilience_session={TOKEN}")[0] == 401
    assert page.act(*act, Origin="http://evil.example")[0] == 403
    assert page.act(*act, Sec_Fetch_Site="cross-site")[0] == 403
    assert page.act(*act, Content_Type="application/x-www-form-urlencoded")[0] == 400
    assert page.act(*act, Content_Type="text/plain")[0] == 400
    assert page.ask(f"/api/control?token={TOKEN}", "POST", body="{}", Content_Type="application/json")[0] == 401
    assert breaker.state == "closed"
    assert page.act(*act)[0] == 200
    assert breaker.state == "isolated"
    assert page.act("close", *act[1:])[0] == 200
    assert breaker.state == "closed"


def test_what_cannot_be_done_is_said(page):
    """Unknown policies, unknown actions and bodies that are too long are told apart."""
    assert page.act("isolate", "circuit-breaker", "nobody")[0] == 404
    assert page.act("explode", "circuit-breaker", "nobody")[0] == 400
    assert page.act("clear", "circuit-breaker", "nobody")[0] == 400
    assert page.act("isolate", "circuit-breaker", "x" * 5000)[0] == 400


def test_row_65_a_page_without_controls_has_none():
    """Without a control token nothing can be done, whatever is sent."""
    with served() as page:
        assert page.act("isolate", "circuit-breaker", "any")[0] == 403


def test_row_65_a_page_with_a_token_tells_nothing_without_it():
    """Board, processes, history and stream need the token's header, or a session that was begun with it."""
    with served(token=TOKEN) as page:
        paths = ("/api/snapshot", "/api/processes", "/api/hour?key=totals", "/api/events")
        for path in paths:
            status, answer = page.ask(path)
            assert status == 401
            assert "a token is needed, in the header X-Resilience-Token" in answer
        assert [page.ask(f"{path}{'&' if '?' in path else '?'}token={TOKEN}")[0] for path in paths] == [401] * 4
        assert page.ask("/api/snapshot", X_Resilience_Token=TOKEN)[0] == 200
        assert page.ask("/api/session", "POST", X_Resilience_Token="wrong" * 9)[0] == 401
        status, answer = page.ask("/api/session", "POST", X_Resilience_Token=TOKEN)
        cookie = next(line for line in answer.splitlines() if line.lower().startswith("set-cookie: "))
        assert status == 200
        assert "httponly" in cookie.lower()
        assert "samesite=strict" in cookie.lower()
        assert TOKEN not in answer
        session = cookie.partition(": ")[2].partition(";")[0]
        assert page.ask("/api/snapshot", Cookie=session)[0] == 200
        assert page.ask("/api/snapshot", Cookie="resilience_session=other")[0] == 401
        assert page.ask("/api/snapshot", Cookie="\x80=;;")[0] == 401


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"token": "short"}, "at least 16"),
        ({"control_token": "short"}, "at least 16"),
        ({"allowed_hosts": ["*"]}, "allowed_hosts"),
        ({"allowed_hosts": ["shop.example:80"]}, "allowed_hosts"),
    ],
    ids=["token", "control token", "wildcard", "port"],
)
def test_options_that_would_open_it_are_refused(options, complaint):
    """A token that can be guessed and hosts that are no names are refused when they are given."""
    with pytest.raises(ValueError, match=complaint):
        dashboard(**options)


def test_a_text_is_no_list_of_hosts():
    """One name alone would be taken for its letters."""
    with pytest.raises(TypeError, match="allowed_hosts"):
        dashboard(allowed_hosts="shop.example")


def test_a_page_that_nobody_could_open_is_refused():
    """With no client allowed, each would be told that there are too many."""
    with pytest.raises(ValueError, match=r"max_clients=0: must be .*\(docs/dashboard\.md\)$"):
        dashboard(max_clients=0)


def test_it_lives_inside_another_app():
    """Mounted, it answers below its path, by the names that it was given."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Mount, Route

    def around(app):
        async def home(request):
            return PlainTextResponse("shop")

        return Starlette(routes=[Mount("/resilience", app), Route("/", home)])

    with served(around=around, allowed_hosts=["shop.example"]) as page:
        assert page.ask("/resilience/", host="shop.example")[0] == 200
        assert page.ask("/resilience/static/main.js", host="shop.example")[0] == 200
        assert page.ask("/resilience/api/snapshot", host="shop.example")[0] == 200
        assert page.ask("/resilience/api/snapshot")[0] == 403
        assert page.ask("/")[0] == 200
