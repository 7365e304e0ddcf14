"""A breaker in shadow mode: it opens as it would, refuses nothing, and names a threshold."""

import pytest

from resilience import CircuitBreaker, Consecutive, Failure, FailureRate, SlowCalls, events
from resilience.testing import Recorder


def test_a_breaker_in_shadow_opens_as_it_would_and_refuses_nothing(world, clock):
    """Its state moves, probes are chosen among the calls, and all others pass; the threshold would have done."""
    breaker = CircuitBreaker("rates", trip=Consecutive(2), reset_timeout=10, shadow=True, clock=clock)
    with Recorder(events.WouldReject, events.CallRejected) as recorder:
        for _ in range(5):
            with pytest.raises(ConnectionError):
                world.call(breaker, fail)
    assert [(type(event), event.reason) for event in recorder.events] == [(events.WouldReject, "open")] * 3
    assert breaker.state == "open"
    assert (breaker.snapshot().rejected, breaker.snapshot().would_reject) == (0, 3)
    assert breaker.explain() == (
        "shadow: Consecutive(2) would have opened 1 times and refused 3 calls; "
        "at most 5 failed in a row, so Consecutive(6) would have refused none"
    )
    clock.advance(12)
    assert world.call(breaker, int) == 0
    assert breaker.state == "closed"
    breaker.disable()
    assert world.call(breaker, int) == 0


def test_a_breaker_in_shadow_with_a_rate(clock):
    """The rate is seen over all calls, also those that it would have refused; results may be judged."""
    breaker = CircuitBreaker(
        trip=FailureRate(0.5, window=60, min_calls=4), on_result=lambda value: value < 0, shadow=True, clock=clock
    )
    for value in (1, -1, 1, -1, -1, -1, -1, -1):
        breaker.call(int, value)
    assert breaker.snapshot().would_reject == 4
    assert breaker.explain() == (
        "shadow: FailureRate(0.5, window=60, min_calls=4) would have opened 1 times and refused 4 calls; "
        "at most 75% of the calls that count failed, so a rate above that would have refused none"
    )
    with pytest.raises(TypeError, match="shadow=1"):
        CircuitBreaker(shadow=1)


def test_a_breaker_in_shadow_that_is_tripped_by_slowness(clock):
    """The share of slow calls is seen too, over all calls, also those that it would have refused."""
    slow = SlowCalls(1, rate=0.5, window=60, min_calls=5)
    breaker = CircuitBreaker(slow=slow, shadow=True, clock=clock)
    for seconds in (2, 2, 2, 0, 0, 2, 2, 2):
        breaker.call(clock.sleep, seconds)
    assert breaker.snapshot().would_reject == 3
    assert breaker.explain() == (
        "shadow: Consecutive(5) and SlowCalls(1, rate=0.5, window=60, min_calls=5) would have opened 1 times and refused "
        "3 calls; at most 0 failed in a row and at most 75% were slow, so Consecutive(1) and for the slow ones a rate "
        "above that would have refused none"
    )


@pytest.mark.parametrize(
    ("failed", "calls", "words"),
    [
        (3, 3, "at most 100% of the calls that count failed, so only more min_calls would have refused none"),
        (504, 1000, "at most 51% of the calls that count failed, so a rate above that would have refused none"),
        (997, 1000, "at most 100% of the calls that count failed, so a rate of 1 would have refused none"),
        (7, 100, "at most 7% of the calls that count failed, so a rate above that would have refused none"),
    ],
)
def test_the_rate_that_a_breaker_suggests_would_not_have_been_reached(failed, calls, words, clock):
    """It is rounded up; where everything failed, no rate is enough."""
    breaker = CircuitBreaker(trip=FailureRate(0.05, calls=calls, min_calls=calls), shadow=True, clock=clock)
    for number in range(calls):
        permit = breaker.acquire()
        permit.failure() if number < failed else permit.success()
    assert breaker.explain().endswith(words)


def test_a_breaker_in_shadow_tells_that_the_callee_asked(clock):
    """No threshold is above that."""
    breaker = CircuitBreaker(on=lambda error: Failure(open_for=5), shadow=True, clock=clock)
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    assert breaker.explain().endswith(
        "so Consecutive(2) would have refused none, but for 1 times that the callee asked for it to open"
    )


def fail():
    raise ConnectionError
