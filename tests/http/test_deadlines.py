"""Whose time is over, what is told of it, and whom it is counted against."""

from __future__ import annotations

import time

import pytest
from tests.origins import Origin, answer, big, black_hole, drip, drip_headers, hang_before_headers, hang_mid_body

from resilience import CallTimeoutError, Fixed, deadline

HANGS = {"headers": hang_before_headers, "body": hang_mid_body(), "drip": drip(1000, every=0.05)}
EVERY_HANG = pytest.mark.parametrize("step", HANGS.values(), ids=HANGS)


def counted(client):
    """Failures of the only origin, and its attempts."""
    (origin,) = client.snapshot().origins
    return origin.breaker.failures, origin.attempts


@EVERY_HANG
def test_the_callers_deadline_ends_a_request_and_nobody_counts_it(users, step):
    """The client would wait 30 s: the deadline ends it, once, with our error, and the origin is not to blame."""

    def story(client):
        begun = time.monotonic()
        with pytest.raises(users.guards.CallTimeoutError) as caught, deadline(0.3):
            yield client.get(origin.url)
        assert 0.2 < time.monotonic() - begun < 1.5
        assert caught.value.reason == "deadline passed"
        assert counted(client) == (0, 1)

    with Origin(then=step) as origin:
        users.run(story, timeout=30)


@pytest.mark.parametrize("step", [drip(1000, every=0.05), hang_mid_body()], ids=["drip", "hang"])
def test_the_callers_deadline_ends_a_body_that_is_streamed(users, step):
    """It is looked at between the pieces, and the socket waits no longer than what was left."""

    def story(client):
        with deadline(0.4):
            response = yield users.stream(client, "GET", origin.url)
            begun = time.monotonic()
            with pytest.raises(users.guards.CallTimeoutError):
                yield users.pieces(response)
            assert time.monotonic() - begun < 1.5
        yield users.close(response)
        assert counted(client) == (0, 1)

    with Origin(then=step) as origin:
        users.run(story, timeout=30)


@pytest.mark.parametrize("is_streamed", [True, False], ids=["streamed", "read"])
@pytest.mark.parametrize("why", ["events", "verdict"])
def test_the_callers_deadline_ends_a_body_that_was_judged_at_its_headers(users, why, is_streamed):
    """The verdict is out, the time is not: a stream of events that goes on and on ends with the deadline, too."""
    options = {"verdict": "headers"} if why == "verdict" else {}
    headers = {"content-type": "text/event-stream"} if why == "events" else {}

    def story(client):
        begun = time.monotonic()
        with pytest.raises(users.guards.CallTimeoutError) as caught, deadline(0.4):
            response = yield client.send(client.build_request("GET", origin.url), stream=is_streamed)
            try:
                yield users.pieces(response)
            finally:
                yield users.close(response)
        assert 0.3 < time.monotonic() - begun < 1.5
        assert caught.value.reason == "deadline passed"
        assert counted(client) == (0, 1)

    with Origin(then=drip(60, every=0.05, headers=headers)) as origin:
        users.run(story, timeout=30, **options)


@EVERY_HANG
def test_an_attempt_that_takes_too_long_is_a_failure_and_tried_again(users, step):
    """Each of two attempts gets its time, the breaker counts both, and the error is ours."""

    def story(client):
        with pytest.raises(users.guards.CallTimeoutError, match="0.5 s") as caught:
            yield client.get(origin.url)
        assert (caught.value.reason, caught.value.seconds) == ("timeout", 0.5)
        assert counted(client) == (2, 2)

    with Origin(then=step) as origin:
        users.run(story, timeout=30, attempt_timeout=0.5, attempts=2, backoff=Fixed(0))
    assert origin.count() == 2


@pytest.mark.worlds("asyncio", "trio", reason="headers that drip cannot be ended from outside in a thread")
def test_headers_that_drip_are_ended_where_that_can_be(users):
    """Each byte comes in time, the headers never: a task is cancelled, whatever its socket does."""

    def story(client):
        begun = time.monotonic()
        with pytest.raises(users.guards.CallTimeoutError):
            yield client.get(origin.url)
        assert time.monotonic() - begun < 1.5

    with Origin(then=drip_headers(every=0.1)) as origin:
        users.run(story, timeout=30, attempt_timeout=0.3, attempts=1)


def test_a_write_that_takes_too_long_is_not_repeated(users):
    """Nobody knows how far it came: one attempt, one failure."""

    def story(client):
        with pytest.raises(users.guards.CallTimeoutError):
            yield client.post(origin.url, content=b"x")
        assert counted(client) == (1, 1)

    with Origin(then=hang_before_headers) as origin:
        users.run(story, timeout=30, attempt_timeout=0.2)


@pytest.mark.parametrize("url", ["hang", "hole"])
def test_the_clients_own_timeouts_stay_its_own(users, url):
    """Where the client's timeout is the shorter one, its error is httpx's, counted and retried as such."""

    def story(client, target):
        with pytest.raises(users.package.TimeoutException) as caught:
            yield client.get(target)
        assert not isinstance(caught.value, CallTimeoutError)
        assert counted(client) == (2, 2)

    with Origin(then=hang_before_headers) as origin, black_hole() as hole:
        target = origin.url if url == "hang" else hole
        users.run(lambda client: story(client, target), timeout=0.1, attempts=2, backoff=Fixed(0))


def test_all_attempts_together_have_a_limit(users):
    """`total_timeout` ends the second attempt, whatever is left of its own time."""

    def story(client):
        begun = time.monotonic()
        with pytest.raises(users.guards.CallTimeoutError):
            yield client.get(origin.url)
        assert 0.3 < time.monotonic() - begun < 1.2
        assert counted(client) == (1, 2)

    with Origin(then=hang_before_headers) as origin:
        users.run(story, timeout=30, attempt_timeout=0.3, total_timeout=0.45, attempts=9, backoff=Fixed(0))


def test_a_request_past_the_deadline_never_leaves(users):
    """It is refused at once; neither the breaker nor the origin hears of it."""

    def story(client):
        with pytest.raises(users.guards.CallTimeoutError, match="deadline"), deadline(0):
            yield client.get(origin.url)
        assert counted(client) == (0, 0)

    with Origin() as origin:
        users.run(story)
    assert origin.count() == 0


@pytest.mark.parametrize("is_streamed", [False, True], ids=["read", "streamed"])
def test_the_time_of_an_attempt_ends_with_the_body_where_the_client_reads_it(users, is_streamed):
    """A download that is streamed may take its time; one that is read whole is a part of the attempt."""

    def story(client):
        response = yield client.send(client.build_request("GET", origin.url), stream=is_streamed)
        pieces = yield users.pieces(response)
        assert b"".join(pieces) == b"x" * 20
        yield users.close(response)

    with Origin(then=drip(20, every=0.02)) as origin:
        if is_streamed:
            users.run(story, attempt_timeout=0.2)
        else:
            with pytest.raises(users.guards.CallTimeoutError):
                users.run(story, attempt_timeout=0.2, attempts=1)


def test_time_that_is_enough_changes_nothing(users):
    """A generous deadline, and none at all."""

    def story(client):
        with deadline(30):
            assert len((yield client.get(f"{origin.url}/big")).content) == 300_000
        assert (yield client.get(origin.url)).text == "ok"

    with Origin(then=answer()).at("/big", then=big(300_000)) as origin:
        users.run(story, attempt_timeout=None, timeout=None)
