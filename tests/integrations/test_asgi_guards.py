"""The middleware's guards: policies in front of routes, under Starlette and a real server."""

import asyncio
import threading

import httpx
import pytest
from starlette.responses import PlainTextResponse, StreamingResponse
from tests.integrations.apps import Served, ask, fine, raising, starlette

import resilience as r
from resilience.integrations.asgi import ResilienceMiddleware


def test_routes_are_guarded_by_prefix():
    """The longest counts, by whole segments; what no prefix fits is not guarded."""
    isolated = r.CircuitBreaker("asgi-routes", initial_state="isolated")
    app = starlette(fine, guards={"/pay": isolated, "/pay/status": r.Bulkhead(5), "/drop/": isolated})
    assert [ask(app, path).status_code for path in ("/pay", "/pay/7", "/pay/status/x")] == [503, 503, 200]
    assert [ask(app, path).status_code for path in ("/payments", "/", "/drop/x", "/dropped")] == [200, 200, 503, 200]
    assert ask(app, "/drop").status_code == 503  # a prefix with a slash guards the place itself as well


@pytest.mark.parametrize(
    ("root", "path", "status"),
    [
        ("", "/pay/7", 503),
        ("/shop", "/shop/pay", 503),
        ("/shop/", "/shop/pay/7", 503),
        ("/shop", "/pay", 503),
        ("/shop", "/shop/tea", 200),
        ("/pay", "/pay/tea", 200),
        ("/sho", "/shop/pay", 200),
    ],
)
def test_prefixes_count_from_where_the_app_is_mounted(root, path, status):
    """Servers and frameworks differ in whether the path begins with `root_path`."""
    app = ResilienceMiddleware(answers, guards={"/pay": r.CircuitBreaker(initial_state="isolated")})
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(app({"type": "http", "method": "GET", "path": path, "root_path": root, "headers": []}, None, send))
    assert sent[0]["status"] == status


async def answers(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_limiter_counts_by_client():
    """Its key is asked with the scope."""
    limiter = r.RateLimiter(1, per=60, key=lambda scope, receive, send: dict(scope["headers"])[b"x-user"])
    app = starlette(fine, guards={"/": limiter})
    answers = [ask(app, "/", **{"X-User": user}).status_code for user in ("ann", "bob", "ann")]
    assert answers == [200, 200, 429]


def test_a_breaker_judges_by_the_status():
    """`on_result` gets what was sent; then the route is refused at once."""
    breaker = r.CircuitBreaker("asgi-status", trip=r.Consecutive(2), on_result=lambda status: status >= 500)

    async def endpoint(request):
        return PlainTextResponse("down", 500)

    app = starlette(endpoint, guards={"/": r.Pipeline(breaker, r.Timeout(5))})
    assert [ask(app).status_code for _ in range(3)] == [500, 500, 503]


def test_a_fallback_answers_instead():
    """With a response of the framework: for a refusal, and for an error of the route."""
    calm = PlainTextResponse("calm", 503, {"Retry-After": "5"})
    breaker = r.CircuitBreaker("asgi-calm", trip=r.Consecutive(1))
    app = starlette(raising(OSError("down")), guards={"/": r.Pipeline(r.Fallback(calm), breaker)})
    for state in ("open", "open"):
        answer = ask(app)
        assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "calm", "5")
        assert breaker.state == state


def test_a_fallback_leaves_an_answer_that_was_sent():
    """Nothing can be taken back: a bad answer stands, and one that broke off stays an error."""
    calm = r.Fallback(PlainTextResponse("calm"), on_result=lambda status: status >= 500)

    async def bad(request):
        return PlainTextResponse("bad", 500)

    async def broken(request):
        async def body():
            yield b"half"
            raise OSError("down")

        return StreamingResponse(body())

    assert ask(starlette(bad, guards={"/": calm})).text == "bad"
    transport = httpx.ASGITransport(starlette(broken, guards={"/": calm}))

    async def main():
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            await client.get("/")

    with pytest.raises(OSError, match="down"):
        asyncio.run(main())


def test_a_fallback_that_is_no_answer_says_so():
    """A list answers no request; the error names the route and what would."""
    refusing = r.CircuitBreaker("asgi-list", initial_state="isolated")
    app = ResilienceMiddleware(fine, guards={"/": r.Pipeline(r.Fallback(factory=list), refusing)})
    with pytest.raises(TypeError, match=r"for '/pay' gave \[\] instead of an answer"):
        asyncio.run(app({"type": "http", "method": "GET", "path": "/pay", "headers": []}, None, None))


def test_chaos_reaches_a_route():
    """A rehearsal: a fault of chaos is an error of the route; a breaker around it counts it."""
    breaker = r.CircuitBreaker("asgi-chaos", trip=r.Consecutive(1))
    with pytest.warns(r.ResilienceWarning, match="chaos"):
        chaos = r.Chaos(error=ConnectionError, rate=1.0, enabled=True)
    app = starlette(fine, guards={"/": r.Pipeline(breaker, chaos)})
    assert [ask(app).status_code for _ in range(2)] == [500, 503]


@pytest.mark.worlds("asyncio", "trio", reason="an ASGI app runs in a loop")
def test_a_timeout_ends_a_route(world):
    """504, in asyncio as in trio."""

    def app(scope, receive, send):
        yield world.sleep(r._world.SYSTEM_CLOCK, 30)

    sent = []

    def story():
        async def send(message):
            sent.append(message)

        guarded = ResilienceMiddleware(world.function(app), guards={"/": r.Timeout(0.05)})
        yield guarded({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send)

    world.session(story)
    assert sent[0]["status"] == 504


def test_a_bulkhead_sheds_load_under_a_real_server():
    """One slot, two requests at once: the second is told to come back; the first is served."""
    inside, gate = threading.Event(), threading.Event()

    def endpoint(request):
        inside.set()
        gate.wait(20)
        return PlainTextResponse("fine")

    with Served(starlette(endpoint, guards={"/": r.Bulkhead(1)})) as url:
        answers = []
        thread = threading.Thread(target=lambda: answers.append(httpx.get(url, timeout=30, trust_env=False)))
        thread.start()
        assert inside.wait(20)
        refused = httpx.get(url, trust_env=False)
        gate.set()
        thread.join(20)
    assert refused.status_code == 503
    assert answers[0].text == "fine"


def test_what_is_no_request_passes():
    """Websockets and lifespan see the app itself."""
    seen = []

    async def app(scope, receive, send):
        seen.append((scope["type"], receive, send))

    middleware = ResilienceMiddleware(app, guards={"/": r.Bulkhead(1)})
    for kind in ("websocket", "lifespan"):
        asyncio.run(middleware({"type": kind}, 1, 2))
    assert seen == [("websocket", 1, 2), ("lifespan", 1, 2)]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"guards": {"pay": r.Bulkhead(1)}}, "guards='pay'"),
        ({"guards": {"/": 7}}, "guards=7"),
        ({"guards": {"/": r.Retry()}}, "is a retry"),
        ({"guards": {"/": r.Pipeline(r.Cache(ttl=1), r.Bulkhead(1))}}, "is a cache"),
        ({"guards": {"/": r.Hedge(1)}}, "is a hedge"),
        ({"header": "a b"}, "header='a b'"),
        ({"header": 7}, "header=7"),
        ({"deadline": 0}, "deadline=0"),
        ({"deadline": True}, "deadline=True"),
    ],
    ids=range(9),
)
def test_row_54_bad_options_are_refused(options, named):
    """When the app is made, not with the first request."""
    with pytest.raises((TypeError, ValueError), match=named):
        ResilienceMiddleware(fine, **options)
