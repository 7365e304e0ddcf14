"""A client that is closed while its calls run: nothing is sent any more, and no connection is left behind."""

from __future__ import annotations

import time

from tests.origins import Origin, answer, hang_before_headers

from resilience import Bulkhead, CircuitBreaker, Consecutive, Fixed, Hedge
from resilience._world import SYSTEM_CLOCK


def closed_while(users, origin, gets=1, **options):
    """What comes of GETs whose client is closed as soon as the first has arrived, and the client."""
    client = users.client(**options)
    world = users.world

    def call():
        return (yield client.get(origin.url))

    def close():
        until = time.monotonic() + 10
        while not origin.count() and time.monotonic() < until:
            yield world.sleep(SYSTEM_CLOCK, 0.01)
        yield world.sleep(SYSTEM_CLOCK, 0.1)
        yield users.close(client)

    def story():
        return (yield world.together(*[call] * gets, close))

    return world.session(story)[:-1], client


def test_a_call_that_waits_between_attempts_sends_nothing_more(users):
    """It ends as a call of a closed client of httpx does: nobody would close a connection that is opened now."""
    with Origin(answer(503)) as origin:
        (end,), _ = closed_while(users, origin, backoff=Fixed(0.4))
        assert isinstance(end, RuntimeError)
        assert "the client was closed" in str(end)
        assert origin.count() == 1


def test_a_hedged_call_sends_nothing_more(users):
    """Its next attempt is made long after the call was, and is one of the same client."""
    with Origin(answer(503, headers={"retry-after": "1"})) as origin:
        (end,), _ = closed_while(users, origin, hedge=Hedge(5.0))
        assert isinstance(end, RuntimeError)
        assert "the client was closed" in str(end)
        assert origin.count() == 1


def test_a_call_that_waits_for_its_turn_sends_nothing_more(users):
    """It comes to its turn when the one before it was broken off by the close."""
    with Origin(hang_before_headers) as origin:
        ends, _ = closed_while(users, origin, gets=2, timeout=1, bulkhead=lambda name: Bulkhead(1, max_queue=1))
        assert {type(end) for end in ends} < {RuntimeError, users.package.ReadError, users.package.ReadTimeout}
        assert RuntimeError in {type(end) for end in ends}
        assert origin.count() == 1


def test_a_call_that_is_broken_off_is_neither_repeated_nor_counted(users):
    """Its own client broke it, not the origin: the error is httpx's, at once."""

    def breaker(name):
        return CircuitBreaker(name, trip=Consecutive(1))

    with Origin(hang_before_headers) as origin:
        (end,), client = closed_while(users, origin, timeout=1, backoff=Fixed(0), breaker=breaker)
        assert isinstance(end, users.package.TransportError)
        assert origin.count() == 1
        (state,) = client.snapshot().origins
        assert (state.breaker.state, state.breaker.failures) == ("closed", 0)


def test_a_transport_that_was_closed_serves_who_comes_later(users):
    """As httpx's own transports do: the close concerns the calls that were under way."""

    def story(client):
        assert (yield client.get(origin.url)).status_code == 200

    with Origin(answer(), answer(503), answer()) as origin:
        transport = users.transport(users.inner(), backoff=Fixed(0))
        users.run(story, users.plain(transport))
        users.run(story, users.plain(transport))
    assert origin.count() == 3
