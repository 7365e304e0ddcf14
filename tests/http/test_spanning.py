"""How long a verdict takes: it spans the body, and leave is given back whatever happens to the answer."""

from __future__ import annotations

import gc
import time

import pytest
from tests.origins import (
    Origin,
    answer,
    big,
    die_mid_body,
    drip,
    event_stream,
    hang_before_headers,
    hang_mid_body,
    upgrade,
)

from resilience import CircuitBreaker, Consecutive


def breakers(**options):
    """A maker of breakers that open at the first failure and let one probe through after a while."""
    return lambda origin: CircuitBreaker(origin, **{"trip": Consecutive(1), "reset_timeout": 10, **options})


def state_of(client):
    """The state of the only origin's breaker."""
    (origin,) = client.snapshot().origins
    return origin.breaker.state


@pytest.mark.parametrize("is_whole", [False, True], ids=["dies", "ends"])
def test_a_body_that_dies_half_way_is_a_failure(users, skipping, is_whole):
    """Not before: while it is read, nothing is decided; when it ends well it was a success."""
    step = big(200_000) if is_whole else die_mid_body(sent=1000, promised=200_000)

    def story(client):
        response = yield users.stream(client, "GET", origin.url)
        assert state_of(client) == "closed"
        if is_whole:
            pieces = yield users.pieces(response)
            assert sum(map(len, pieces)) == 200_000
        else:
            with pytest.raises(users.package.RemoteProtocolError):
                yield users.pieces(response)
        assert state_of(client) == ("closed" if is_whole else "open")

    with Origin(then=step) as origin:
        users.run(story, clock=skipping, breaker=breakers())


# The generators that httpx itself leaves behind when a body is not read to its end; trio tells of them.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("way", ["read", "closed", "half read", "failed"])
def test_a_probe_is_given_back_when_its_body_is(users, skipping, way):
    """Half-open, one probe: while its body is open all others are refused; then the verdict falls."""

    def half_read(response):
        if not users.world.is_async:
            next(response.iter_raw())
            return

        async def one():
            await anext(response.aiter_raw())

        yield one()

    def story(client):
        yield client.get(origin.url)
        skipping.skipped += 60
        response = yield users.stream(client, "GET", origin.url)
        with pytest.raises(users.guards.CircuitOpenError, match="probes under way"):
            yield client.get(origin.url)
        if way == "failed":
            with pytest.raises(users.package.TransportError):
                yield users.read(response)
        elif way == "read":
            yield users.read(response)
        elif way == "half read":
            yield from half_read(response)
        yield users.close(response)
        assert state_of(client) == ("open" if way == "failed" else "closed")

    step = die_mid_body(sent=100_000, promised=200_000) if way == "failed" else big(1_000_000)
    with Origin(answer(500), then=step) as origin:
        users.run(story, clock=skipping, breaker=breakers(), attempts=1)


@pytest.mark.worlds("sync", reason="what is collected is collected in every world; async warns of it besides")
def test_row_16_a_response_that_is_dropped_gives_its_probe_back(users, skipping):
    """Nobody reads it, nobody closes it: when it is collected, the next probe is let through."""

    def story(client):
        yield client.get("http://origin/")
        skipping.skipped += 60
        response = client.send(client.build_request("GET", "http://origin/"), stream=True)
        with pytest.raises(users.guards.CircuitOpenError):
            client.get("http://origin/")
        del response
        gc.collect()
        assert client.get("http://origin/").status_code == 200

    def respond(request):
        return next(answers)

    class Endless(users.package.SyncByteStream):
        def __iter__(self):
            yield b"x"

    response = users.package.Response
    answers = (
        make() for make in (lambda: response(500), lambda: response(200, stream=Endless()), lambda: response(200))
    )
    transport = users.mock(respond)
    users.run(story, transport=transport, clock=skipping, breaker=breakers(), attempts=1)


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
@pytest.mark.parametrize("step", [hang_before_headers, hang_mid_body()], ids=["headers", "body"])
def test_row_16_a_request_that_is_cancelled_gives_its_probe_back(users, skipping, step):
    """Neither success nor failure: the circuit is half-open still, and the next probe decides."""
    from resilience import CallTimeoutError, Timeout

    def story(client):
        def fetch():
            yield client.get(origin.url)

        yield client.get(origin.url)
        skipping.skipped += 60
        with pytest.raises(CallTimeoutError):
            yield Timeout(0.1).acall(users.world.function(fetch))
        assert state_of(client) == "half-open"
        assert (yield client.get(origin.url)).status_code == 200
        assert state_of(client) == "closed"

    with Origin(answer(500), step, then=answer(200)) as origin:
        users.run(story, clock=skipping, breaker=breakers(), attempts=1)


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
def test_row_16_a_reader_that_is_cancelled_gives_its_probe_back(users, skipping):
    """In the middle of a body that is streamed: the circuit is half-open still, and the next probe decides."""
    from resilience import CallTimeoutError, Timeout

    def story(client):
        def read(response):
            yield users.pieces(response)

        yield client.get(origin.url)
        skipping.skipped += 60
        response = yield users.stream(client, "GET", origin.url)
        with pytest.raises(CallTimeoutError):
            yield Timeout(0.1).acall(users.world.function(read), response)
        assert state_of(client) == "half-open"
        assert (yield client.get(origin.url)).status_code == 200
        assert state_of(client) == "closed"
        yield users.close(response)

    with Origin(answer(500), hang_mid_body(), then=answer(200)) as origin:
        users.run(story, clock=skipping, breaker=breakers(), attempts=1)


@pytest.mark.parametrize("how", ["events", "upgrade", "verdict", "request"])
def test_streams_upgrades_and_whoever_asks_are_judged_at_the_headers(users, skipping, how):
    """The probe comes back while the stream is open, and how it ends decides nothing."""

    def story(client):
        yield client.get(origin.url)
        skipping.skipped += 60
        extensions = {"resilience": {"verdict": "headers"}} if how == "request" else {}
        headers = {"connection": "upgrade", "upgrade": "echo"} if how == "upgrade" else {}
        response = yield users.stream(client, "GET", origin.url, extensions=extensions, headers=headers)
        assert state_of(client) == "closed"
        if how in {"verdict", "request"}:
            with pytest.raises(users.package.RemoteProtocolError):
                yield users.read(response)
        assert state_of(client) == "closed"
        yield users.close(response)

    step = {"events": event_stream(["one"], stay=True), "upgrade": upgrade()}.get(how, die_mid_body())
    with Origin(answer(500), then=step) as origin:
        users.run(
            story, clock=skipping, breaker=breakers(), attempts=1, verdict="headers" if how == "verdict" else "body"
        )


@pytest.mark.worlds("sync", reason="the async network stream is read by other verbs")
def test_an_upgraded_connection_speaks_on(users):
    """Our hands are off the stream: bytes come back over the connection that was upgraded."""

    def story(client):
        response = yield users.stream(client, "GET", origin.url, headers={"connection": "upgrade", "upgrade": "echo"})
        network = response.extensions["network_stream"]
        network.write(b"hello")
        assert network.read(100, timeout=1) == b"hello"
        response.close()

    with Origin(then=upgrade()) as origin:
        users.run(story)


def test_events_arrive_while_the_stream_is_open(users):
    """A client that streams gets each event when it comes; the stream is no part of an attempt."""

    def story(client):
        response = yield users.stream(client, "GET", origin.url)
        pieces = yield users.pieces(response)
        assert b"".join(pieces) == b"data: one\n\ndata: two\n\n"
        yield users.close(response)

    with Origin(then=event_stream(["one", "two"], every=0.3)) as origin:
        users.run(story, attempt_timeout=0.5)


def test_slow_bodies_do_not_hold_up_the_end(users):
    """A response that is closed while its body drips ends at once, and was no failure."""

    def story(client):
        begun = time.monotonic()
        response = yield users.stream(client, "GET", origin.url)
        yield users.close(response)
        assert (time.monotonic() - begun < 1, state_of(client)) == (True, "closed")

    with Origin(then=drip(100, every=0.1)) as origin:
        users.run(story, breaker=breakers())
