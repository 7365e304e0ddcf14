"""The breaker's verdict: on headers, on bodies, and on what says nothing of the origin."""

from __future__ import annotations

import io

import pytest
from tests.origins import (
    Origin,
    answer,
    closed_port,
    drip,
    unavailable,
)

from resilience import CircuitBreaker, Consecutive, FailureRate


def breakers(**options):
    """A maker of breakers that open at the first failure and let one probe through after a while."""
    return lambda origin: CircuitBreaker(origin, **{"trip": Consecutive(1), "reset_timeout": 10, **options})


def state_of(client):
    """The state of the only origin's breaker."""
    (origin,) = client.snapshot().origins
    return origin.breaker.state


@pytest.mark.parametrize("status", [500, 502, 503, 504, 507, 599])
def test_answers_from_500_are_failures(users, skipping, status):
    """The circuit opens, and the next request never leaves."""

    def story(client):
        yield client.get(origin.url)
        with pytest.raises(users.guards.CircuitOpenError) as caught:
            yield client.get(origin.url)
        assert 0 < caught.value.retry_after <= 11
        assert caught.value.policy.startswith(f"http://127.0.0.1:{origin.port}")

    with Origin(then=answer(status)) as origin:
        users.run(story, clock=skipping, breaker=breakers(), attempts=1)
    assert origin.count() == 1


@pytest.mark.parametrize("status", [200, 304, 400, 401, 404, 408, 425, 429, 501, 505])
def test_other_answers_are_none(users, skipping, status):
    """The client's mistakes, its haste, and what a healthy server does not do."""

    def story(client):
        yield client.get(origin.url)
        assert state_of(client) == "closed"

    with Origin(then=answer(status)) as origin:
        users.run(story, clock=skipping, breaker=breakers(), attempts=1)


def test_a_429_is_no_success_either(users, skipping):
    """It leaves the count of failures in a row as it is; a 200 ends it."""

    def story(client):
        for path, expected in (("500", 1), ("429", 1), ("500", 2), ("200", 0)):
            yield client.get(f"{origin.url}/{path}")
            (state,) = client.snapshot().origins
            assert state.breaker.failures == expected

    with Origin() as origin:
        for status in (500, 429):
            origin.at(f"/{status}", then=answer(status))
        users.run(story, clock=skipping, attempts=1)


def test_a_503_with_retry_after_opens_for_as_long(users, skipping):
    """At once, exactly as long as asked; then a probe is let through. A 429 that asks the same opens nothing."""

    def story(client):
        yield client.get(origin.url)
        with pytest.raises(users.guards.CircuitOpenError) as caught:
            yield client.get(origin.url)
        assert 119 < caught.value.retry_after <= 120
        skipping.skipped += 120
        assert (yield client.get(origin.url)).status_code == 200
        assert state_of(client) == "closed"

    with Origin(unavailable("120"), then=answer(200)) as origin:
        users.run(story, clock=skipping, attempts=1, max_server_delay=600)


def test_row_07_an_answer_does_not_close_a_service_off_for_ever(users, skipping):
    """`Retry-After: 9999999999` opens for `max_server_delay` at most."""

    def story(client):
        yield client.get(origin.url)
        (state,) = client.snapshot().origins
        assert 59 < state.breaker.open_for <= 60

    with Origin(then=unavailable("9999999999")) as origin:
        users.run(story, clock=skipping)


def test_connection_errors_are_failures_and_full_pools_are_not(users, skipping):
    """A refused connection is the origin's; no free connection in our own pool is ours."""

    def story(client):
        for _ in range(2):
            with pytest.raises((users.package.ConnectError, users.guards.CircuitOpenError)):
                yield client.get(f"http://127.0.0.1:{closed_port()}/")
        held = yield users.stream(client, "GET", origin.url)
        with pytest.raises(users.package.PoolTimeout):
            yield client.get(origin.url)
        yield users.close(held)
        states = {state.origin: state.breaker.state for state in client.snapshot().origins}
        assert states.pop(f"http://127.0.0.1:{origin.port}") == "closed"
        assert set(states.values()) == {"open"}

    limits = users.package.Limits(max_connections=1)
    timeout = users.package.Timeout(5, pool=0.05)
    with Origin(then=drip(10, every=0.01)) as origin:
        users.run(story, clock=skipping, breaker=breakers(), attempts=1, limits=limits, timeout=timeout)


def test_a_breaker_of_ones_own_judges_by_its_own_rules(users, skipping):
    """Its `on_result` sees the response and decides, its `ignore` the errors; one breaker may serve all origins."""
    own = CircuitBreaker(
        "own",
        trip=FailureRate(0.5, min_calls=2),
        on_result=lambda response: response.status_code == 404,
        ignore=users.package.ConnectError,
        clock=skipping,
    )

    def story(client):
        with pytest.raises(users.package.ConnectError):
            yield client.get(f"http://127.0.0.1:{closed_port()}/")
        yield client.get(f"{origin.url}/500")
        assert own.snapshot().failures == 0
        yield client.get(f"{origin.url}/404")
        assert own.state == "open"
        with pytest.raises(users.guards.CircuitOpenError):
            yield client.get(f"{origin.url}/500")

    with Origin().at("/500", then=answer(500)).at("/404", then=answer(404)) as origin:
        users.run(story, clock=skipping, breaker=own, attempts=1)


def test_what_a_judge_raises_goes_to_the_caller(users, skipping):
    """The user's logic is the user's: its error comes out, the answer is closed, the permit is back."""

    def judge(response):
        raise LookupError("no such status")

    own = CircuitBreaker("own", on_result=judge, trip=Consecutive(1), clock=skipping)

    def story(client):
        with pytest.raises(LookupError):
            yield client.get(origin.url)
        pool = client._transport.inner._pool
        assert all(connection.is_idle() or connection.is_closed() for connection in pool.connections)
        assert own.snapshot().calls == 0

    with Origin() as origin:
        users.run(story, clock=skipping, breaker=own)


class BrokenFile(io.BytesIO):
    """Its disk is gone."""

    def read(self, size=-1, /):
        raise OSError("the disk is gone")


def uploads(users):
    """Bodies that break while they are sent, and what comes of them: a generator's, a file's, and one from elsewhere."""

    def generator():
        yield b"x"
        raise ValueError("no more rows")

    async def agenerator():
        yield b"x"
        raise ValueError("no more rows")

    def download():
        raise users.package.ReadError("another origin broke off")
        yield

    async def adownload():
        raise users.package.ReadError("another origin broke off")
        yield

    is_async = users.world.is_async
    return {
        "program": ({"content": agenerator() if is_async else generator()}, ValueError),
        "download": ({"content": adownload() if is_async else download()}, users.package.ReadError),
        "file": ({"files": {"rows": BrokenFile(b"rows")}}, OSError),
    }


@pytest.mark.parametrize("kind", ["program", "download", "file"])
def test_what_goes_wrong_in_the_body_that_is_sent_is_not_the_origins_doing(users, skipping, kind):
    """Whoever made the body is to blame: the error goes through as it is, and the circuit stays closed."""
    body, error = uploads(users)[kind]

    def story(client):
        with pytest.raises(error):
            yield client.post(origin.url, **body)
        assert (yield client.get(origin.url)).status_code == 200
        assert state_of(client) == "closed"

    with Origin() as origin:
        users.run(story, clock=skipping, breaker=breakers(), attempts=1)
