"""Clients whose limiter learns from what a real origin answers."""

import pytest
from tests.origins import Origin, answer, unavailable

from resilience import CircuitBreaker, RateLimitedError, RateLimiter
from resilience.http import Origins


def test_each_attempt_takes_a_turn(users, skipping):
    """Retries too; a refusal is ours, an error of the package, and no failure of the origin."""
    limiter = RateLimiter(3, per=60, clock=skipping)

    def story(client):
        assert (yield client.get(origin.url)).status_code == 200
        assert limiter.peek().remaining == 1
        yield client.get(origin.url)
        with pytest.raises(RateLimitedError) as caught:
            yield client.get(origin.url)
        assert isinstance(caught.value, users.package.HTTPError)
        assert not isinstance(caught.value, users.package.RequestError)
        (state,) = client.snapshot().origins
        assert state.breaker.failures == 0
        assert origin.count() == 3

    with Origin(answer(500)) as origin:
        users.run(story, clock=skipping, rate_limiter=limiter)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_pauses_everybody(users, skipping, status):
    """The next request is not sent before that time, whoever sends it."""
    limiter = RateLimiter(100, clock=skipping)

    def story(client):
        assert (yield client.get(origin.url)).status_code == status
        with pytest.raises(RateLimitedError) as caught:
            yield client.get(origin.url)
        assert caught.value.retry_after == pytest.approx(30, abs=1)
        assert origin.count() == 1
        skipping.sleep(caught.value.retry_after)
        assert (yield client.get(origin.url)).status_code == 200

    with Origin(unavailable("30", status)) as origin:
        users.run(story, clock=skipping, attempts=1, breaker=None, rate_limiter=limiter)


def test_a_retry_that_waits_as_asked_is_not_refused_by_the_pause(users, skipping):
    """The pause began before the wait did, so it is over first."""

    def story(client):
        assert (yield client.get(origin.url)).status_code == 200
        assert origin.count() == 2

    with Origin(unavailable("30", 429)) as origin:
        users.run(story, clock=skipping, rate_limiter=RateLimiter(100, clock=skipping))


def test_ratelimit_headers_are_obeyed(users, skipping):
    """Two left means two; none left means a pause to the reset."""

    def story(client):
        yield client.get(origin.url)
        assert limiter.peek().remaining == 2
        yield client.get(origin.url)
        assert limiter.peek().retry_after == pytest.approx(40, abs=1)

    left = answer(headers={"ratelimit-policy": '"a";q=9;w=60', "ratelimit": '"a";r=2;t=40'})
    limiter = RateLimiter(9, per=60, clock=skipping)
    with Origin(left, answer(headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "40"})) as origin:
        users.run(story, clock=skipping, rate_limiter=limiter)


def test_a_limiter_for_each_origin(users, skipping):
    """Made by a function of the origin; one that is paused leaves the other alone."""
    made = {}

    def limiter(origin):
        return made.setdefault(origin, RateLimiter(100))

    def story(client):
        yield client.get(busy.url)
        with pytest.raises(RateLimitedError):
            yield client.get(busy.url)
        assert (yield client.get(idle.url)).status_code == 200
        assert len(made) == 2
        assert all(each.clock is skipping for each in made.values())

    with Origin(then=unavailable("30", 429)) as busy, Origin() as idle:
        users.run(story, clock=skipping, attempts=1, rate_limiter=limiter)


@pytest.mark.parametrize(("wrong", "kind"), [(5, "a RateLimiter, a function"), (lambda origin: 5, "a function that")])
def test_row_54_what_is_no_limiter_is_refused(wrong, kind):
    """By name, when it is given or when it is first made."""
    with pytest.raises(TypeError, match=f"rate_limiter=.*must be {kind}"):
        Origins(rate_limiter=wrong).of(__import__("httpx").URL("http://a/"))


def test_the_longest_pause_is_that_of_a_retry():
    """`max_server_delay`, or an hour where that says nothing."""
    assert Origins().plan.longest_pause == 60
    assert Origins(max_server_delay=0).plan.longest_pause == 3600
    assert Origins(max_server_delay=float("inf")).plan.longest_pause == 3600
    assert Origins(breaker=CircuitBreaker("x")).snapshot().origins == ()
