"""Circuit breaker: gradual recovery, a rising share of the calls after it closed."""

import pytest
from tests.policies.breakers import fail, failing, fine, opened

from resilience import CircuitBreaker, CircuitOpenError, Consecutive, SlowCalls, events
from resilience.testing import Recorder


def recovered(clock, **options):
    """A breaker that has just closed."""
    breaker = opened(clock, ramp=10, trip=Consecutive(1), **options)
    clock.advance(30)
    breaker.call(fine)
    assert breaker.state == "closed"
    return breaker


def admitted(breaker, calls):
    """How many of so many calls go through."""
    count = 0
    for _ in range(calls):
        try:
            breaker.call(fine)
            count += 1
        except CircuitOpenError:
            pass
    return count


def test_row_22_a_rising_share_after_it_closed(clock):
    """A twentieth first, then as much as there is time gone, then all."""
    breaker = recovered(clock)
    shares = []
    for _ in range(11):
        shares.append(admitted(breaker, 100))
        clock.advance(1)
    assert shares == pytest.approx([6, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], abs=1)
    assert breaker.circuit.admission is not None  # the short way again


def test_the_first_call_goes_through(world, clock):
    """Who comes alone is not refused."""
    breaker = recovered(clock)
    assert world.call(breaker, fine) == "fine"
    with Recorder() as recorder, pytest.raises(CircuitOpenError) as caught:
        world.call(breaker, fine)
    assert str(caught.value).startswith(
        f"{breaker.name}: circuit closed for 95% of the calls, to recover gradually for 10 s more; the call was not made; "
    )
    assert caught.value.retry_after == 10
    assert [event.retry_after for event in recorder.of(events.CallRejected)] == [10]


def test_the_ramp_tells_itself(clock):
    """In words and in the snapshot."""
    breaker = recovered(clock)
    clock.advance(4)
    assert breaker.explain() == (
        "closed: 0 failures in a row; opens at 1; recovering: 40% of the calls go through, all in 6 s"
    )
    assert breaker.snapshot().share == 0.4
    clock.advance(6)
    assert breaker.explain() == "closed: 0 failures in a row; opens at 1"
    assert breaker.snapshot().share == 1.0


def test_failures_on_the_ramp_open_it(world, clock):
    """What is let through is counted as ever."""
    breaker = recovered(clock)
    clock.advance(5)
    failing(world, breaker, 1)
    assert breaker.state == "open"
    assert breaker.snapshot().share == 1.0


def test_slow_calls_are_measured_on_the_ramp(clock):
    """A call let through is timed where slowness counts."""
    breaker = recovered(clock, slow=SlowCalls(1, min_calls=1))
    clock.advance(9)
    breaker.call(lambda: clock.advance(2))
    assert breaker.state == "open"


@pytest.mark.parametrize("how", ["close", "initial"])
def test_only_a_recovery_has_a_ramp(clock, how):
    """What was closed by hand, or always was, lets all through."""
    breaker = recovered(clock) if how == "close" else CircuitBreaker(ramp=10, clock=clock)
    if how == "close":
        breaker.close()
    assert admitted(breaker, 100) == 100


def test_an_isolation_on_the_ramp(clock):
    """Isolated is isolated; afterwards the ramp goes on."""
    breaker = recovered(clock)
    with breaker.isolate():
        assert admitted(breaker, 10) == 0
    clock.advance(5)
    assert admitted(breaker, 100) == 51


def test_one_that_goes_down_again_begins_anew(clock):
    """Each recovery has a ramp of its own."""
    breaker = recovered(clock)
    clock.advance(9)
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    clock.advance(40)
    breaker.call(fine)
    assert breaker.snapshot().share == 0.05


@pytest.mark.parametrize("value", [0, -1, True, float("nan"), "10"], ids=repr)
def test_row_54_a_bad_ramp_names_itself(value):
    """Refused by name."""
    with pytest.raises((ValueError, TypeError), match="ramp="):
        CircuitBreaker(ramp=value)
