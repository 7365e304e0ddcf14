"""Deadlines on their way out: only to listed origins, and never more than what is left."""

import httpx
import pytest
from tests.origins import Origin, answer, unavailable

import resilience as r
from resilience.http import AsyncClient, Client
from resilience.integrations.deadlines import HEADER, AsyncDeadlineTransport, DeadlineTransport
from resilience.testing import FakeClock


def told(world, transport_options, urls):
    """What a client in this world tells each URL."""
    heard = []

    def service(request):
        heard.append(request.headers.get(HEADER))
        return httpx.Response(200)

    mock = httpx.MockTransport(service)
    kinds = (AsyncClient, AsyncDeadlineTransport) if world.is_async else (Client, DeadlineTransport)

    def story():
        client = kinds[0](transport=kinds[1](*transport_options, mock))
        for url in urls:
            with r.deadline(2):
                yield client.get(url)
        yield client.aclose() if world.is_async else client.close()

    world.session(story)
    return heard


def test_only_listed_origins_are_told(world):
    """Scheme, host and port must be the same; the default port is that of the scheme."""
    urls = {
        "https://stock.example/a": True,
        "https://stock.example:443/": True,
        "https://STOCK.example/": True,
        "http://stock.example/": False,
        "https://stock.example:444/": False,
        "https://sub.stock.example/": False,
        "https://stock.example.evil/": False,
    }
    heard = told(world, (["https://stock.example/"],), urls)
    assert [value is not None for value in heard] == list(urls.values())
    assert all(0 < int(value) <= 2000 for value in heard if value)


def test_without_a_deadline_nothing_is_told():
    """A plain client of httpx waits as long as it likes; the guarded one has a timeout, which it tells."""
    heard = []

    def service(request):
        heard.append(request.headers.get(HEADER))
        return httpx.Response(200)

    for kind in (httpx.Client, Client):
        with kind(transport=DeadlineTransport(["https://stock.example"], httpx.MockTransport(service))) as client:
            client.get("https://stock.example")
    assert heard[0] is None
    assert 9_000 < int(heard[1]) <= 10_000


def test_row_58_a_redirect_carries_nothing_to_an_origin_that_is_not_listed(world):
    """A redirect's request is made of the first one's headers, so the header must not be left there."""
    heard = []

    def service(request):
        assert request.content == b"seven"
        heard.append(
            (request.url.host, request.headers.get(HEADER) is not None, request.headers.get("accept-language"))
        )
        elsewhere = {"location": "https://elsewhere.example/"}
        return httpx.Response(307, headers=elsewhere) if request.url.host == "stock.example" else httpx.Response(200)

    kinds = (AsyncClient, AsyncDeadlineTransport) if world.is_async else (Client, DeadlineTransport)

    def story():
        transport = kinds[1](["https://stock.example"], httpx.MockTransport(service))
        client = kinds[0](transport=transport, follow_redirects=True)
        with r.deadline(2):
            answer = yield client.put("https://stock.example/", content=b"seven", headers={"Accept-Language": "nl"})
        yield client.aclose() if world.is_async else client.close()
        return answer

    answer = world.session(story)
    assert heard == [("stock.example", True, "nl"), ("elsewhere.example", False, "nl")]
    assert answer.request.content == b"seven"
    assert HEADER not in answer.history[0].request.headers


def test_each_attempt_tells_what_is_left_then():
    """By a real server that is down at first."""
    with Origin(unavailable("1"), answer(200)) as origin:
        transport = DeadlineTransport([origin.url.rstrip("/")])
        with r.deadline(5), Client(transport=transport, trust_env=False) as client:
            assert client.get(origin.url).status_code == 200
        first, second = (int(request.header(HEADER)) for request in origin.requests)
    assert first <= 5000
    assert second <= first - 1000


def test_what_comes_in_goes_out_shortened():
    """The middleware's deadline is what the transport tells."""
    import asyncio

    from resilience.integrations.asgi import ResilienceMiddleware

    heard = []

    def service(request):
        heard.append(int(request.headers[HEADER]))
        return httpx.Response(200)

    async def app(scope, receive, send):
        transport = AsyncDeadlineTransport(["https://stock.example"], httpx.MockTransport(service))
        async with AsyncClient(transport=transport) as client:
            await client.get("https://stock.example/")

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(HEADER.encode(), b"700")]}
    asyncio.run(ResilienceMiddleware(app)(scope, None, None))
    assert 0 < heard[0] <= 700


def test_less_than_a_millisecond_is_one():
    """None would be no time at all, which a proxy may read as no limit."""
    heard, clock = [], FakeClock(autojump=False)

    def service(request):
        heard.append(request.headers[HEADER])
        return httpx.Response(200)

    mock = httpx.MockTransport(service)
    with (
        httpx.Client(transport=DeadlineTransport(["https://stock.example"], mock)) as client,
        r.deadline(0.0004, clock=clock),
    ):
        client.get("https://stock.example/")
    assert heard == ["1"]


def test_another_header_may_be_chosen():
    """In lower case, as HTTP/2 has it."""
    heard = []

    def service(request):
        heard.append(request.headers.get("x-left"))
        return httpx.Response(200)

    transport = DeadlineTransport(["https://a.example"], httpx.MockTransport(service), header="X-Left")
    with r.deadline(1), httpx.Client(transport=transport) as client:
        client.get("https://a.example/")
    assert heard[0].isdigit()


@pytest.mark.parametrize("kind", [DeadlineTransport, AsyncDeadlineTransport])
@pytest.mark.parametrize(
    ("arguments", "options", "named"),
    [
        (("https://a.example",), {}, "origins="),
        ((["a.example"],), {}, "origins="),
        ((["https://a.example/path"],), {}, "origins="),
        ((["https://ann:canary-7f3a@a.example"],), {}, "origins="),
        (([7],), {}, "origins="),
        (([], 7), {}, "transport=7"),
        (([],), {"header": ""}, "header=''"),
    ],
    ids=range(7),
)
def test_row_54_bad_options_are_refused(kind, arguments, options, named):
    """And no password is quoted."""
    with pytest.raises((TypeError, ValueError), match=named) as refused:
        kind(*arguments, **options)
    assert "canary" not in str(refused.value)


def test_closing_closes_the_inner_transport(world):
    """Sync and async."""
    closed = []

    class Sync(httpx.BaseTransport):
        def close(self):
            closed.append("sync")

    class Async(httpx.AsyncBaseTransport):
        async def aclose(self):
            closed.append("async")

    def story():
        yield AsyncDeadlineTransport([], Async()).aclose() if world.is_async else DeadlineTransport([], Sync()).close()

    world.session(story)
    assert closed == ["async" if world.is_async else "sync"]
