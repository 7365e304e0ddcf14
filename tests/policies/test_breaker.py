"""Circuit breaker: it opens, it waits, it closes again, in every world."""

import threading

import pytest
from tests.policies.breakers import fail, failing, fine, opened

import resilience
from resilience import CircuitBreaker, CircuitOpenError, Consecutive, FailureRate, SlowCalls, events
from resilience.policies._state import State
from resilience.testing import FakeClock


def test_opens_at_the_fifth_failure_in_a_row(world, clock):
    """Five failures in a row open it; calls are then refused, unmade, with the time that is left."""
    breaker = CircuitBreaker(clock=clock, random=lambda: 0.0)
    failing(world, breaker, 4)
    assert breaker.state == "closed"
    failing(world, breaker, 1)
    assert breaker.state is State.OPEN
    clock.advance(10)
    with pytest.raises(CircuitOpenError) as caught:
        world.call(breaker, lambda: pytest.fail("called"))
    assert caught.value.retry_after == 20
    assert caught.value.reason == "open"
    assert caught.value.policy == breaker.name
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert str(caught.value).startswith(f"{breaker.name}: circuit open for 20 s more; the call was not made; ")


def test_a_success_ends_the_row(world, clock):
    """One success between failures begins the count anew."""
    breaker = CircuitBreaker(trip=Consecutive(3), clock=clock)
    for _ in range(5):
        failing(world, breaker, 2)
        assert world.call(breaker, fine) == "fine"
    assert breaker.state == "closed"


def test_row_22_reset_timeout_is_jittered():
    """Open times spread over reset timeout to reset timeout + 10 %."""
    clock = FakeClock()
    times = []
    for _ in range(1000):
        breaker = CircuitBreaker(clock=clock)
        breaker.open()
        times.append(breaker.snapshot().open_for)
    assert min(times) >= 30
    assert max(times) <= 33
    buckets = [sum(30 + 0.3 * n <= time < 30 + 0.3 * (n + 1) for time in times) for n in range(10)]
    assert min(buckets) > 50


def test_reset_timeout_may_be_a_backoff(world, clock):
    """Longer after each failed recovery, back to the start on close."""
    backoff = resilience.Exponential(10, multiplier=2, maximum=1000, jitter="none")
    breaker = opened(clock, reset_timeout=backoff)
    for expected in (10, 20, 40):
        assert breaker.snapshot().open_for == expected
        clock.advance(expected)
        failing(world, breaker, 1)
    clock.advance(80)
    world.call(breaker, fine)
    breaker.open()
    assert breaker.snapshot().open_for == 10


def test_row_19_no_lock_while_the_function_runs():
    """Twenty calls run side by side through one breaker."""
    breaker = CircuitBreaker()
    barrier = threading.Barrier(20, timeout=30)
    threads = [threading.Thread(target=breaker.call, args=(barrier.wait,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not barrier.broken


def test_row_20_time_is_monotonic():
    """Wall time is not asked: the default clock is the monotonic one."""
    import time

    assert CircuitBreaker().clock.now is time.monotonic


def test_row_31_a_listener_may_call_back(clock):
    """A listener that uses the same breaker meets no lock."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)
    seen = []

    def back(event):
        seen.append(breaker.state)
        breaker.snapshot()
        with pytest.raises(CircuitOpenError):
            breaker.call(fine)

    with breaker.listen(back, events.BreakerStateChanged), pytest.raises(ConnectionError):
        breaker.call(fail)
    assert seen == ["open"]


def test_row_31_no_event_is_told_under_the_lock(clock):
    """Whatever is told, the lock of the circuit is free by then, so another thread's call meets none either."""
    breaker = CircuitBreaker(trip=Consecutive(1), reset_timeout=10, lease=5, clock=clock)
    told = []
    late = breaker.acquire()
    with breaker.listen(lambda event: told.append((type(event).__name__, breaker.circuit._lock.locked()))):
        with pytest.raises(ConnectionError):
            breaker.call(fail)
        with pytest.raises(CircuitOpenError):
            breaker.call(fine)
        late.success()
        clock.advance(11)
        lost = breaker.acquire()
        clock.advance(5)
        breaker.call(fine)
        lost.release()
    assert {name for name, _ in told} == {"BreakerStateChanged", "CallRejected", "LateResult", "ProbeLost"}
    assert not any(locked for _, locked in told)


@pytest.mark.parametrize(
    "options",
    [
        {"trip": 5},
        {"trip": SlowCalls(1)},
        {"reset_timeout": 0},
        {"reset_timeout": float("inf")},
        {"half_open_max_calls": 0},
        {"half_open_max_calls": True},
        {"lease": 0},
        {"slow": 2.0},
        {"on": 3},
        {"initial_state": "half-open"},
        {"initial_state": 3},
        {"scope": "class"},
    ],
    ids=repr,
)
def test_row_54_bad_options_name_themselves(options):
    """Each bad option is refused by name and value."""
    (option, value), *_ = options.items()
    with pytest.raises((ValueError, TypeError)) as caught:
        CircuitBreaker(**options)
    assert f"{option}={value!r}" in str(caught.value)


@pytest.mark.stress
def test_stress_counts_add_up():
    """Threads and a loop on one breaker: what is counted is what happened, and nothing hangs."""
    import sys

    breaker = CircuitBreaker(trip=FailureRate(1.0, calls=100_000, min_calls=100_000))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=hammer, args=(breaker, number)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(before)
    assert (breaker.snapshot().calls, breaker.snapshot().failures) == (16 * 500, 16 * 250)


def hammer(breaker, number):
    for step in range(500):
        try:
            breaker.call(fail if step % 2 else fine)
        except ConnectionError:
            continue
