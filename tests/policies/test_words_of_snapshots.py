"""Snapshots whole: every field, each with a number of its own; and what policies explain meanwhile."""

import pytest
from tests.policies.told import BEGIN, fail, failing, told

import resilience
from resilience import (
    AIMD,
    AdaptiveLimit,
    Bulkhead,
    Cache,
    CircuitBreaker,
    Consecutive,
    RateLimiter,
    ResilienceWarning,
    Throttle,
    Timeout,
)
from resilience.testing import FakeClock, Recorder


@pytest.fixture
def clock():
    return FakeClock(start=BEGIN)


def test_snapshots_of_limits(clock):
    """Every field, each with a number of its own."""
    limiter = RateLimiter(3, per=9, wait=6, key=lambda key: key, max_keys=1, name="snap-limiter", clock=clock)
    limiter.try_acquire(3, key="a")
    limiter.reserve(1, key="a")
    limiter.try_acquire(3, key="b")
    assert not limiter.try_acquire(1, key="b")
    limiter.wait = 0.0
    for _ in range(2):
        with pytest.raises(resilience.RateLimitedError):
            limiter.call(lambda key: key, "a")
    assert limiter.snapshot().as_dict() == {
        "name": "snap-limiter",
        "admitted": 3,
        "rejected": 3,
        "waiting": 1,
        "keys": 1,
        "other": 2,
        "would_reject": 0,
    }
    bulkhead = Bulkhead(3, max_queue=2, name="snap-bulkhead", clock=clock)
    bulkhead.call(int)
    held = [bulkhead.acquire() for _ in range(3)]
    waiting = [bulkhead.admit((), {}) for _ in range(2)]
    for _ in range(4):
        with pytest.raises(resilience.BulkheadFullError):
            bulkhead.acquire()
    assert bulkhead.snapshot().as_dict() == {
        "name": "snap-bulkhead",
        "active": 3,
        "max_concurrent": 3,
        "waiting": 2,
        "max_queue": 2,
        "admitted": 4,
        "rejected": 4,
        "would_reject": 0,
    }
    assert bulkhead.explain() == ("3 of 3 slots are taken, 2 of 2 places in the queue; 4 of 8 calls were refused")
    assert (len(held), len(waiting)) == (3, 2)


def test_snapshots_of_what_adapts(clock):
    """An adaptive limit and a throttle."""
    limit = AdaptiveLimit(AIMD(backoff=0.5), initial=4, maximum=9, max_queue=2, name="snap-adaptive", clock=clock)
    failing(limit)
    held = [limit.acquire() for _ in range(2)]
    waiting = []
    limit.wait = None
    waiting.append(limit.admit((), {}))
    limit.wait = 0.0
    for _ in range(5):
        with pytest.raises(resilience.BulkheadFullError):
            limit.acquire()
    assert limit.snapshot().as_dict() == {
        "name": "snap-adaptive",
        "active": 2,
        "limit": 2,
        "waiting": 1,
        "max_queue": 2,
        "admitted": 3,
        "rejected": 5,
        "dropped": 1,
        "would_reject": 0,
    }
    assert limit.explain() == "2 of 2 calls are under way, as AIMD(backoff=0.5) learned; 5 of 8 were refused"
    assert (len(held), len(waiting)) == (2, 1)
    chances = iter([0.0] * 5 + [1.0])
    throttle = Throttle(min_requests=3, name="snap-throttle", clock=clock, random=lambda: next(chances))
    assert throttle.call(int) == 0
    failing(throttle, 2)
    for _ in range(2):
        with pytest.raises(resilience.RateLimitedError):
            throttle.acquire()
    assert throttle.snapshot().as_dict() == {
        "name": "snap-throttle",
        "requests": 5,
        "accepts": 1,
        "share": 0.5,
        "admitted": 3,
        "rejected": 2,
        "would_reject": 0,
    }


def test_snapshots_of_a_breaker_and_its_events(clock):
    """Open, with what led there; every field of every event."""
    breaker = CircuitBreaker(
        "snap-breaker", trip=Consecutive(2), reset_timeout=10, ramp=5, clock=clock, random=lambda: 0.0
    )
    at = {"policy": "snap-breaker", "key": None}
    with Recorder() as recorder:
        failing(breaker, 2)
        with pytest.raises(resilience.CircuitOpenError):
            breaker.call(int)
        clock.advance(10)
        probe = breaker.acquire()
        failing_probe = probe.failure
        failing_probe(ConnectionError("again"))
        clock.advance(4)
    opened = {"old": "closed", "new": "open", "reason": "failures", "retry_after": 10.0}
    half = {"old": "open", "new": "half-open", "reason": "the reset timeout is over", "retry_after": None}
    reopened = {"old": "half-open", "new": "open", "reason": "a probe failed", "retry_after": 10.0}
    assert told(recorder) == [
        ("BreakerStateChanged", {**at, "at": 0.0, **opened}),
        ("CallRejected", {**at, "at": 0.0, "reason": "open", "retry_after": 10.0}),
        ("BreakerStateChanged", {**at, "at": 10.0, **half}),
        ("BreakerStateChanged", {**at, "at": 10.0, **reopened}),
    ]
    assert breaker.snapshot().as_dict() == {
        "name": "snap-breaker",
        "state": "open",
        "calls": 2,
        "failures": 2,
        "open_for": 6.0,
        "share": 1.0,
        "opened": 2,
        "rejected": 1,
        "failed_recoveries": 1,
        "would_reject": 0,
    }


def test_snapshots_of_a_cache_and_a_timeout(clock):
    """Every count apart from every other."""
    cache = Cache("snap-cache", ttl=10, stale=5, max_size=2, jitter=0.0, clock=clock)
    cached = cache(lambda key: key if key >= 0 else fail())
    for key in (1, 2, 3, 3, 3):
        cached(key)
    with pytest.raises(ConnectionError):
        cached(-1)
    assert cache.snapshot().as_dict() == {
        "name": "snap-cache",
        "hits": 2,
        "misses": 4,
        "hit_rate": 2 / 6,
        "loads": 3,
        "load_errors": 1,
        "evictions": 1,
        "expirations": 0,
        "stale_served": 0,
        "size": 2,
        "max_size": 2,
    }
    clock.advance(15)
    assert cache.expire() == 2
    assert (cache.snapshot().expirations, cache.snapshot().size) == (2, 0)
    timeout = Timeout(2, name="snap-timeout", clock=clock)
    with Recorder() as recorder:
        for _ in range(3):
            timeout.expired(timeout.begin(within=False))
        with pytest.warns(ResilienceWarning):
            timeout.call(clock.advance, 3)
        timeout.abandoned(1)
    at = {"policy": "snap-timeout", "key": None}
    assert told(recorder) == [
        *([("CallTimedOut", {**at, "at": 15.0, "seconds": 2.0, "abandoned": False})] * 3),
        ("CallOverran", {**at, "at": 18.0, "seconds": 2.0, "elapsed": 3.0}),
    ]
    assert timeout.snapshot().as_dict() == {
        "name": "snap-timeout",
        "seconds": 2,
        "timed_out": 3,
        "overran": 1,
        "abandoned": 1,
    }
