"""The middleware under Starlette and FastAPI: refusals as answers, the caller's deadline."""

import asyncio
import time

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from tests.integrations.apps import ask, fastapi, raising, starlette

import resilience as r
from resilience.integrations.asgi import HEADER, ResilienceMiddleware

CANARY = "canary-7f3a"


@pytest.fixture(params=[starlette, fastapi])
def make(request):
    """An app of either framework with one endpoint, and the middleware."""
    return request.param


class Odd(r.RejectedError):
    """Somebody's own refusal."""


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (r.CircuitOpenError(CANARY, policy=CANARY, retry_after=2.1, reason=CANARY), 503, "3"),
        (r.BulkheadFullError(CANARY, policy=CANARY), 503, None),
        (r.RateLimitedError(CANARY, policy=CANARY, retry_after=0.2), 429, "1"),
        (r.RateLimitedError(CANARY, retry_after=float("inf")), 429, None),
        (Odd(CANARY, retry_after=7), 503, "7"),
        (r.CallTimeoutError(CANARY, policy=CANARY, seconds=2), 504, None),
    ],
    ids=range(6),
)
def test_refusals_are_answers(make, error, status, retry_after):
    """429, 503, 504, with Retry-After rounded up; row_58: nothing of what is inside."""
    response = ask(make(raising(error)))
    assert response.status_code == status
    assert response.headers.get("Retry-After") == retry_after
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json().keys() == {"type", "title", "status"}
    assert CANARY not in response.text + str(response.headers)


def test_errors_of_guarded_clients_are_answers_too(make):
    """They are ours, though also httpx's."""
    from resilience.http import AsyncClient

    async def endpoint(request):
        transport = httpx.MockTransport(lambda request: httpx.Response(503))
        async with AsyncClient(
            transport=transport, breaker=r.CircuitBreaker("asgi-client", initial_state="isolated")
        ) as client:
            await client.get("https://stock.example/")

    assert ask(make(endpoint)).status_code == 503


def test_other_errors_are_the_frameworks(make):
    """500, as without us."""
    assert ask(make(raising(ValueError("x")))).status_code == 500
    assert ask(make(raising(TimeoutError("x")))).status_code == 500


def test_a_group_of_one_is_that_one():
    """What a task group, or Starlette's own middleware, has around it."""
    error = ExceptionGroup("tasks", [ExceptionGroup("more", [r.CircuitOpenError("x", retry_after=1)])])
    assert ask(starlette(raising(error))).status_code == 503
    two = ExceptionGroup("tasks", [r.CircuitOpenError("x"), ValueError()])
    assert ask(starlette(raising(two))).status_code == 500

    async def through(request, call_next):
        return await call_next(request)

    app = Starlette(routes=[Route("/", raising(r.RateLimitedError("x", retry_after=1)))])
    app.add_middleware(BaseHTTPMiddleware, dispatch=through)
    app.add_middleware(ResilienceMiddleware)
    assert ask(app).status_code == 429


def test_head_has_no_body():
    """But the length that it would have."""
    sent = []

    async def app(scope, receive, send):
        raise r.RateLimitedError("x")

    async def send(message):
        sent.append(message)

    for method in ("GET", "HEAD"):
        asyncio.run(
            ResilienceMiddleware(app)({"type": "http", "method": method, "path": "/", "headers": []}, None, send)
        )
    begun, whole, begun_too, nothing = sent
    assert begun == begun_too
    assert dict(begun["headers"])[b"content-length"] == str(len(whole["body"])).encode()
    assert nothing["body"] == b""


def test_an_answer_that_has_begun_is_not_answered_again():
    """The error goes on to the server, which breaks the connection."""

    async def endpoint(request):
        async def body():
            yield b"half"
            raise r.CircuitOpenError("open", retry_after=1)

        return StreamingResponse(body())

    sent, app = [], starlette(endpoint)

    async def main():
        async def receive():
            await asyncio.sleep(60)

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "asgi": {}}
        await app(scope, receive, send)

    with pytest.raises((r.CircuitOpenError, BaseExceptionGroup)):
        asyncio.run(main())
    assert [message["status"] for message in sent if "status" in message] == [200]


@pytest.mark.parametrize(
    ("told", "limit"),
    [
        ("1500", 1.5),
        (" 1500 ", 1.5),
        ("9999999999", None),
        ("0", None),
        ("-5", None),
        ("1e3", None),
        ("1.5", None),
        ("99999999999999", None),
        ("7" * 5000, None),
        ("", None),
        ("\u0661\u0665\u0660\u0660".encode(), None),
        (None, None),
    ],
    ids=range(12),
)
def test_the_callers_deadline_only_shortens(make, told, limit):
    """What is no whole number above 0 is ignored; a longer one leaves our own."""
    seen = []

    async def endpoint(request):
        seen.append(r.remaining())
        return PlainTextResponse("fine") if request is not None else "fine"

    headers = {} if told is None else {HEADER: told}
    for own in (None, 10):
        assert ask(make(endpoint, deadline=own), **headers).status_code == 200
    without, within = seen
    if limit is not None:
        assert 0 < without <= limit
        assert 0 < within <= limit
    else:
        assert without > 11
        assert 9 < within <= 10


def test_the_deadline_reaches_plain_endpoints_and_their_policies():
    """A thread of the framework's pool; the retry inside gives up in time, and the answer is 504 if it is too late."""
    seen = []

    def endpoint(request):
        seen.append(r.remaining())
        time.sleep(0.02)
        r.Retry(attempts=2).call(int, "7")

    response = ask(starlette(endpoint), **{HEADER: "10"})
    assert seen[0] <= 0.01
    assert response.status_code == 504


def test_of_several_headers_the_least_counts_and_another_may_be_chosen():
    """Names are compared without case; `None` trusts nobody."""
    seen = []

    async def app(scope, receive, send):
        seen.append(r.remaining())

    def run(headers, **options):
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        asyncio.run(ResilienceMiddleware(app, **options)(scope, None, None))
        return seen.pop()

    own = HEADER.encode()
    assert run([(own, b"900"), (own, b"300"), (own, b"x")]) <= 0.3
    assert run([(own, b"300"), (b"X-Left", b"700")], header="x-left") == pytest.approx(0.7, abs=0.1)
    assert run([(own, b"300")], header=None) == float("inf")
