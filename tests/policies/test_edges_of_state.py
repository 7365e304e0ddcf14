"""Edges of what policies keep: leases that grow, circuits isolated from the start, what a cache lets go."""

import threading

import pytest
from tests.policies.told import fail, failing

import resilience
from resilience import AdaptiveLimit, Cache, CircuitBreaker, CircuitOpenError, Consecutive, Exponential, Hedge
from resilience.testing import FakeClock


@pytest.fixture
def clock():
    return FakeClock(start=1000.0)


def test_a_lease_is_as_long_as_the_circuit_would_stay_open_next(clock):
    """A probe that never comes back frees its place after the reset timeout of just this recovery."""
    breaker = CircuitBreaker(
        trip=Consecutive(1),
        reset_timeout=Exponential(2, multiplier=5, maximum=1000, jitter="none"),
        clock=clock,
        random=lambda: 0.0,
    )
    failing(breaker)
    for seconds in (2, 10):
        clock.advance(seconds)
        lost = breaker.acquire()
        clock.advance(seconds - 0.1)
        with pytest.raises(CircuitOpenError, match="half-open"):
            breaker.acquire()
        clock.advance(0.2)
        found = breaker.acquire()
        found.failure(ConnectionError("still down"))
        lost.release()


def test_a_refused_probe_is_told_when_a_place_comes_free(clock):
    """At the end of the first lease: what is left of it."""
    breaker = CircuitBreaker(trip=Consecutive(1), reset_timeout=8, lease=5, clock=clock, random=lambda: 0.0)
    failing(breaker)
    clock.advance(8)
    permit = breaker.acquire()
    clock.advance(2)
    with pytest.raises(CircuitOpenError) as caught:
        breaker.call(print, "never")
    assert caught.value.retry_after == 3
    permit.release()


def test_what_is_isolated_from_the_start_is_closed_beneath(clock):
    """Released, it lets calls through at once, and its timeline begins there."""
    breaker = CircuitBreaker(initial_state="isolated", clock=clock)
    assert breaker.state == "isolated"
    breaker.close()
    assert breaker.state == "closed"
    assert breaker.call(lambda: 1) == 1
    assert breaker.snapshot().opened == 0


def test_what_a_cache_lets_go_is_dropped_after_its_lock():
    """A finalizer may wait for another thread that writes to the same cache."""
    cache, stuck = Cache(ttl=60), []

    class Value:
        def __del__(self):
            writer = threading.Thread(target=cache.set, args=("other", 2))
            writer.start()
            writer.join(5)
            stuck.append(writer.is_alive())

    cache.set("key", Value())
    cache.set("key", 1)
    assert stuck == [False]
    assert cache.get("key") == 1


def test_each_drop_is_counted(clock):
    """Two calls that failed by overload are two."""
    limit = AdaptiveLimit(clock=clock)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            limit.call(fail)
    with limit.acquire():
        pass
    assert limit.snapshot().dropped == 2


def test_a_judged_circuit_is_asked_for_each_result(clock):
    """`on_result` sees every value, also while all is calm."""
    seen = []
    breaker = CircuitBreaker(on_result=seen.append, clock=clock)
    guarded = breaker(lambda value: value)
    assert [guarded(number) for number in range(3)] == seen == [0, 1, 2]


def test_a_hedge_counts_all_its_calls(clock):
    """Two calls, each hedged once: the figures go on from call to call, and nothing is waited for without a budget."""
    hedge = Hedge(1, clock=clock)

    def body():
        if resilience.current().attempt == 1:
            clock.sleep(9)
        return resilience.current().attempt

    for begun in (1000, 1001):
        assert clock.now() == begun
        assert hedge.call(body) == 2
    now = hedge.snapshot()
    assert (now.calls, now.hedged) == (2, 2)
    assert resilience.shutdown(5)
