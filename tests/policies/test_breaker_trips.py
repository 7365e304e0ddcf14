"""Circuit breaker: what opens it: rates, windows, slow calls, bad results, verdicts of one's own."""

import pytest
from tests.policies.breakers import fail, failing, fine, opened

import resilience
from resilience import CircuitBreaker, CircuitOpenError, Consecutive, FailureRate, SlowCalls
from resilience.policies._state import State


@pytest.mark.parametrize("trip", [FailureRate(0.5, window=30), FailureRate(0.5, calls=10), Consecutive(3)])
def test_row_21_a_gap_of_ten_years_costs_no_loop(clock, trip):
    """After ten years the window is empty, found out in a bounded number of steps."""
    breaker = CircuitBreaker(trip=trip, clock=clock)
    breaker.call(fine)  # builds its chain, which is not what is counted
    failing_twice(breaker)
    clock.advance(10 * 365 * 86_400)
    steps = count_lines(lambda: breaker.call(fine))
    assert steps < 400
    calls, _ = breaker.circuit.tally.counted(clock.now())
    if isinstance(trip, FailureRate) and trip.window:
        assert calls == 1


def failing_twice(breaker):
    for _ in range(2):
        with pytest.raises(ConnectionError):
            breaker.call(fail)


def count_lines(function):
    import sys

    lines = 0

    def trace(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return lines


def test_row_23_rate_needs_volume(world, clock):
    """Below `min_calls` nothing trips; at it the share decides, with `>=`."""
    breaker = CircuitBreaker(trip=FailureRate(0.5, window=30, min_calls=4), clock=clock)
    failing(world, breaker, 2)
    world.call(breaker, fine)
    assert breaker.state == "closed"
    assert breaker.explain() == "closed: 3 of the 4 calls it needs, 2 failed; opens at 50 %"
    world.call(breaker, fine)
    assert breaker.state == "open"


def test_rate_over_calls(clock):
    """The last N calls, older ones forgotten."""
    breaker = CircuitBreaker(trip=FailureRate(0.5, calls=4, min_calls=4), clock=clock)
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    for _ in range(4):
        breaker.call(fine)
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    assert breaker.state == "closed"
    assert breaker.snapshot().calls == 4
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    assert breaker.state == "open"


def test_rate_over_time_forgets(clock):
    """What is older than the window counts no more."""
    breaker = CircuitBreaker(trip=FailureRate(0.5, window=10, min_calls=2), clock=clock)
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    clock.advance(11)
    for _ in range(2):
        breaker.call(fine)
    assert breaker.snapshot().failures == 0
    assert breaker.state == "closed"


def test_slow_calls_open_it(world, clock):
    """Calls that take longer than the limit open it, whatever they return."""
    breaker = CircuitBreaker(slow=SlowCalls(2, rate=0.5, min_calls=2), clock=clock)

    def slow():
        yield world.sleep(clock, 3)

    guarded = breaker(world.function(slow))
    world.run(guarded)
    assert breaker.state == "closed"
    world.run(guarded)
    assert breaker.state == "open"
    clock.advance(40)
    world.run(guarded)
    assert breaker.state == "open"
    clock.advance(40)
    assert world.call(breaker, fine) == "fine"
    assert breaker.state == "closed"


def test_fast_calls_with_a_slow_limit(world, clock):
    """With a limit for slowness, fast failures open by the trip and are refused then."""
    breaker = CircuitBreaker(trip=Consecutive(2), slow=SlowCalls(2), clock=clock)
    assert world.call(breaker, fine) == "fine"
    failing(world, breaker, 2)
    with pytest.raises(CircuitOpenError):
        world.call(breaker, fine)
    breaker.close()
    with breaker.isolate(), pytest.raises(CircuitOpenError):
        world.call(breaker, fine)


def test_bad_results_count(world, clock):
    """`on_result` makes a result a failure; the caller still gets it."""
    breaker = CircuitBreaker(trip=Consecutive(2), on_result=lambda value: value >= 500, clock=clock)
    assert world.call(breaker, lambda: 500) == 500
    assert world.call(breaker, lambda: 200) == 200
    for _ in range(2):
        assert world.call(breaker, lambda: 503) == 503
    assert breaker.state == "open"


def test_failure_open_for_opens_at_once(world, clock):
    """`Failure(open_for=...)` opens exactly so long, from an error or a result, and reopens a half-open one."""
    breaker = CircuitBreaker(on=lambda error: resilience.Failure(open_for=12), clock=clock)
    failing(world, breaker, 1)
    assert breaker.snapshot().open_for == 12
    clock.advance(12)
    failing(world, breaker, 1)
    assert breaker.snapshot().open_for == 12
    by_result = CircuitBreaker(on_result=lambda value: resilience.Failure(open_for=3), clock=clock)
    world.call(by_result, fine)
    assert by_result.snapshot().open_for == 3


def test_what_on_raises_goes_to_the_caller_and_returns_the_permit(world, clock):
    """The user's logic that raises: its error, the slot free, nothing counted."""

    def broken(value):
        raise ZeroDivisionError

    for option in ("on", "on_result"):
        breaker = opened(clock, **{option: broken})
        clock.advance(30)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                world.call(breaker, fail if option == "on" else fine)
        assert breaker.state == "half-open"


def test_refusals_of_others_are_no_failures(world, clock):
    """A refusal that comes from within counts nothing."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)

    def refused():
        raise resilience.RateLimitedError("busy")

    with pytest.raises(resilience.RateLimitedError):
        world.call(breaker, refused)
    assert breaker.state == "closed"


@pytest.mark.parametrize(
    ("trip", "option"),
    [
        (lambda: Consecutive(0), "failures"),
        (lambda: FailureRate(0), "rate"),
        (lambda: FailureRate(1.1), "rate"),
        (lambda: FailureRate(True), "rate"),
        (lambda: FailureRate(0.5, window=0), "window"),
        (lambda: FailureRate(0.5, calls=0), "calls"),
        (lambda: FailureRate(0.5, window=3, calls=3), "calls"),
        (lambda: FailureRate(0.5, calls=5, min_calls=6), "min_calls"),
        (lambda: FailureRate(0.5, min_calls=0), "min_calls"),
        (lambda: SlowCalls(0), "longer_than"),
    ],
)
def test_row_54_bad_trips_name_themselves(trip, option):
    """The parts check their options as well."""
    with pytest.raises((ValueError, TypeError), match=f"{option}="):
        trip()


def test_rates_shown():
    """Parts show what they are."""
    assert repr(FailureRate(0.5, calls=5)) == "FailureRate(0.5, calls=5, min_calls=5)"
    assert repr(FailureRate(0.5)) == "FailureRate(0.5, window=30, min_calls=10)"
    assert "closed trip=Consecutive(5)" in repr(CircuitBreaker())
    assert f"{State.HALF_OPEN}" == "half-open"
