"""Retry: its waits, and whether there is time for them."""

import datetime as dt
import pickle
import warnings
from unittest import mock

import pytest
from tests.policies.failing import Failing, body_of

import resilience
from resilience import Fixed, Pipeline, Retry, events
from resilience.testing import FakeClock, Recorder


def test_max_elapsed_bounds_sleeps_and_attempts(world, clock):
    """No sleep that would end past `max_elapsed`; `attempts=None` leaves it the only bound."""
    failing = Failing(999)
    with pytest.raises(ConnectionError) as caught:
        world.call(Retry(attempts=None, max_elapsed=10, backoff=Fixed(3), clock=clock), body_of(failing))
    assert failing.calls == 4
    assert clock.now() == 9
    assert "(max_elapsed)" in caught.value.__notes__[0]


def test_row_13_no_sleep_past_the_deadline(world, clock):
    """A delay that would end past the deadline: the real error, now."""
    failing = Failing(99)

    def story():
        with resilience.deadline(5, clock=clock), pytest.raises(ConnectionError) as caught:
            yield world.method(retry)(world.function(body_of(failing)))
        assert "(deadline)" in caught.value.__notes__[0]

    retry = Retry(attempts=9, backoff=Fixed(2), clock=clock)
    world.session(story)
    assert failing.calls == 3
    assert clock.now() == 4


def test_row_13_no_attempt_past_the_deadline(world):
    """A sleep that overshoots: the next attempt is not begun, and the real error comes out."""
    clock = FakeClock()
    late = mock.Mock(side_effect=lambda event: clock.advance(4))
    retry = Retry(attempts=9, backoff=Fixed(2), clock=clock, on_retry=late)
    failing = Failing(99)

    def story():
        with resilience.deadline(5, clock=clock), pytest.raises(ConnectionError) as caught:
            yield world.method(retry)(world.function(body_of(failing)))
        assert "(deadline)" in caught.value.__notes__[0]

    world.session(story)
    assert failing.calls == 1


def test_bad_result_when_the_sleep_overshoots(world):
    """The same for a bad result: it is returned."""
    clock = FakeClock()
    retry = Retry(on_result=lambda value: True, backoff=Fixed(2), clock=clock, on_retry=lambda event: clock.advance(4))

    def story():
        with resilience.deadline(5, clock=clock):
            value = yield world.method(retry)(world.function(lambda: "bad"))
        assert value == "bad"

    world.session(story)


def test_a_call_past_the_deadline_is_not_begun(world, clock):
    """It raises `CallTimeoutError(reason="deadline passed")`, and a breaker outside does not count it."""
    breaker = resilience.CircuitBreaker(trip=resilience.Consecutive(1), clock=clock)
    policy = Pipeline(breaker, Retry(on=Exception, clock=clock))
    failing = Failing(0)

    def story():
        with resilience.deadline(0, clock=clock), pytest.raises(resilience.CallTimeoutError) as caught:
            yield world.method(policy)(world.function(body_of(failing)))
        assert caught.value.reason == "deadline passed"
        assert "allow more time" in str(caught.value)

    world.session(story)
    assert failing.calls == 0
    assert breaker.state == "closed"


@pytest.mark.parametrize(("chance", "delay"), [(0.0, 20.0), (1.0, 22.0)])
def test_server_delay_is_never_shortened(world, chance, delay):
    """A named delay is waited in full, with up to 10 % on top."""
    clock = FakeClock()
    retry = Retry(delay_from=lambda outcome: 20, backoff=Fixed(1), clock=clock, random=lambda: chance)
    assert world.call(retry, body_of(Failing(1))) == "rows"
    assert clock.slept == [delay]


def test_server_delay_outcome(clock):
    """`delay_from` sees value, error, attempt and elapsed; `None` leaves it to the backoff; the event tells."""
    seen = []

    def delay_from(outcome):
        seen.append((outcome.value, type(outcome.error), outcome.attempt, outcome.elapsed))
        return 8 if outcome.attempt == 1 else None

    with Recorder() as recorder, pytest.raises(ConnectionError):
        Retry(delay_from=delay_from, backoff=Fixed(1), clock=clock, random=lambda: 0).call(body_of(Failing(9)))
    assert seen == [(None, ConnectionError, 1, 0), (None, ConnectionError, 2, 8), (None, ConnectionError, 3, 9)]
    assert [event.server_delay for event in recorder.of(events.RetryScheduled)] == [True, False]


def test_row_7_server_delay_beyond_reach_means_no_retry(world, clock):
    """Longer than `max_server_delay`, or than the deadline: the outcome, now; and `STOP` likewise."""
    for delay, reason in ((61, "server delay"), (float("inf"), "server delay"), (Retry.STOP, "stop")):
        failing = Failing(9)
        with Recorder(events.RetryGaveUp) as recorder, pytest.raises(ConnectionError):
            world.call(Retry(delay_from=lambda outcome, d=delay: d, clock=clock), body_of(failing))
        assert recorder.events[0].reason == reason
        assert failing.calls == 1
    failing = Failing(9)

    def story():
        with resilience.deadline(5, clock=clock), pytest.raises(ConnectionError):
            yield world.method(Retry(delay_from=lambda outcome: 6, clock=clock))(world.function(body_of(failing)))

    world.session(story)
    assert failing.calls == 1
    assert clock.slept == []
    assert repr(Retry.STOP) == "Retry.STOP"
    assert pickle.loads(pickle.dumps(Retry.STOP)) is Retry.STOP


def test_server_jitter_stays_inside_the_deadline(clock):
    """The jitter on top of a named delay is cut, the delay is not."""
    retry = Retry(delay_from=lambda outcome: 10, clock=clock, random=lambda: 1.0, backoff=Fixed(0))
    with resilience.deadline(10.5, clock=clock):
        assert retry.call(body_of(Failing(1))) == "rows"
    assert clock.slept == [10.25]


@pytest.mark.parametrize("delay", [-1, float("nan"), True, "5"])
def test_nonsense_from_delay_from_goes_to_the_caller(clock, delay):
    """What `delay_from` gives is checked, and the error names it."""
    with pytest.raises((ValueError, TypeError), match="delay_from"):
        Retry(delay_from=lambda outcome: delay, clock=clock).call(body_of(Failing(1)))


def test_row_15_a_sync_sleep_inside_a_loop_warns_once(clock):
    """A sync retry that must sleep on a running loop's thread says so, once."""
    import asyncio

    retry = Retry(backoff=Fixed(0.001), name="blocking")

    async def main():
        for _ in range(2):
            retry.call(body_of(Failing(1)))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
    (warning,) = caught
    assert issubclass(warning.category, resilience.ResilienceWarning)
    assert "blocking" in str(warning.message)
    assert warning.filename == __file__
    assert "acall" in str(warning.message)


def test_durations_may_be_timedeltas(clock):
    """Durations are seconds or `timedelta`."""
    minute = dt.timedelta(minutes=1)
    with pytest.raises(ConnectionError):
        Retry(backoff=Fixed(minute), max_elapsed=2 * minute, clock=clock).call(body_of(Failing(9)))
    assert clock.slept == [60, 60]
