"""Events whole: each with every field, in the order in which they are told."""

import pytest
from tests.policies.told import BEGIN, fail, told

import resilience
from resilience import (
    AIMD,
    AdaptiveLimit,
    Bulkhead,
    Cache,
    Chaos,
    Fallback,
    Fixed,
    RateLimiter,
    ResilienceWarning,
    Retry,
    RetryBudget,
    Throttle,
    events,
)
from resilience.testing import FakeClock, Recorder


@pytest.fixture
def clock():
    return FakeClock(start=BEGIN)


def test_events_of_a_cache(clock):
    """Hit, miss, load, failed load, eviction: with age, elapsed time, reason and count."""
    cache = Cache("told-cache", ttl=10, stale_if_error=50, max_size=2, jitter=0.0, clock=clock)
    cached = cache(lambda key: clock.advance(2) or key)
    failing_one = cache(lambda key: fail())
    at = {"policy": "told-cache", "key": None}
    with Recorder() as recorder:
        cached(1)
        clock.advance(3)
        cached(1)
        with pytest.raises(ConnectionError) as caught:
            failing_one(1)
        cached(2)
        cached(3)
        cached.invalidate(3)
        cache.set("a", 1, ttl=1)
        clock.advance(61)
        cache.expire()
        cache.set("a", 1)
        cache.set("b", 1)
        cache.retune(max_size=1)
        cache.retune(max_size=2)
        cache.set("c", 1)
        cache.clear()
    assert told(recorder) == [
        ("CacheMiss", {**at, "at": 0.0}),
        ("CacheLoaded", {**at, "at": 2.0, "elapsed": 2.0, "stored": True}),
        ("CacheHit", {**at, "at": 5.0, "age": 3.0, "stale": False}),
        ("CacheMiss", {**at, "at": 5.0}),
        ("CacheLoadFailed", {**at, "at": 5.0, "error": caught.value, "refresh": False}),
        ("CacheMiss", {**at, "at": 5.0}),
        ("CacheLoaded", {**at, "at": 7.0, "elapsed": 2.0, "stored": True}),
        ("CacheMiss", {**at, "at": 7.0}),
        ("CacheLoaded", {**at, "at": 9.0, "elapsed": 2.0, "stored": True}),
        ("CacheEvicted", {**at, "at": 9.0, "reason": "size", "count": 1}),
        ("CacheEvicted", {**at, "at": 9.0, "reason": "invalidated", "count": 1}),
        ("CacheEvicted", {**at, "at": 70.0, "reason": "expired", "count": 2}),
        ("CacheEvicted", {**at, "at": 70.0, "reason": "size", "count": 1}),
        ("CacheEvicted", {**at, "at": 70.0, "reason": "cleared", "count": 2}),
    ]


def test_events_of_retries(clock):
    """Scheduled, succeeded, given up, refused by a budget, superseded: every field."""
    budget = RetryBudget(0.0, min_per_second=0.1, window=10, clock=clock)
    retry = Retry(3, backoff=Fixed(2), budget=budget, name="told-retries", clock=clock)
    at = {"policy": retry.name, "key": None}
    answers = iter([ConnectionError("first"), None, ConnectionError("second")])

    def body():
        answer = next(answers)
        if answer is not None:
            raise answer

    with Recorder() as recorder:
        retry.call(body)
        with pytest.raises(ConnectionError) as caught:
            retry.call(body)
        with pytest.raises(ConnectionError):
            Retry(2, name="told-outer", clock=clock).call(Retry(1, name="told-inner", clock=clock)(fail))
    scheduled = recorder.of(events.RetryScheduled)[0]
    assert (str(scheduled.error), scheduled.error.__traceback__) == ("first", None)
    last = recorder.of(events.RetrySuperseded)[0].error
    assert told(recorder) == [
        (
            "RetryScheduled",
            {
                **at,
                "at": 0.0,
                "attempt": 1,
                "delay": 2.0,
                "elapsed": 0.0,
                "error": scheduled.error,
                "server_delay": False,
            },
        ),
        ("RetrySucceeded", {**at, "at": 2.0, "attempt": 2, "elapsed": 2.0}),
        ("BudgetRefused", {**at, "at": 2.0, "balance": 0.0}),
        ("RetryGaveUp", {**at, "at": 2.0, "attempt": 1, "elapsed": 0.0, "reason": "budget", "error": caught.value}),
        (
            "RetryGaveUp",
            {"policy": "told-inner", "key": None, "at": 2.0, "attempt": 1, "elapsed": 0.0}
            | {"reason": "attempts", "error": last},
        ),
        ("RetrySuperseded", {"policy": "told-outer", "key": None, "at": 2.0, "attempt": 1, "error": last}),
    ]


def test_events_of_fallbacks(clock):
    """Used and failed."""
    at = {"policy": "told-fallback", "key": None, "at": 0.0}

    def worse(error):
        raise OSError("worse")

    fallback = Fallback(call=worse, name="told-fallback", clock=clock)
    with Recorder() as recorder, pytest.raises(OSError, match="worse") as caught:
        fallback.call(fail)
    original = caught.value.__cause__
    assert told(recorder) == [
        ("FallbackUsed", {**at, "error": original, "degraded": True}),
        ("FallbackFailed", {**at, "error": caught.value, "original": original}),
    ]
    assert fallback.snapshot().as_dict() == {"name": "told-fallback", "used": 1}


def test_events_of_injected_faults(clock):
    """An error, a result, latency alone: each told as what it is."""

    def injected(policy, **fields):
        return "ChaosInjected", {"policy": policy, "key": None, **fields}

    with pytest.warns(ResilienceWarning), Recorder() as recorder:
        with pytest.raises(OSError) as caught:
            Chaos(error=OSError, rate=1, enabled=True, name="told-error", clock=clock).call(int)
        for name, fault in (("told-result", {"result": 3, "latency": 2}), ("told-latency", {"latency": 1})):
            Chaos(rate=1, enabled=True, name=name, clock=clock, **fault).call(int)
    assert told(recorder) == [
        injected("told-error", at=0.0, fault="error", latency=0.0, error=caught.value),
        injected("told-result", at=2.0, fault="result", latency=2.0, error=None),
        injected("told-latency", at=3.0, fault="latency", latency=1.0, error=None),
    ]


def test_events_of_limits(clock):
    """Refusals, and a limit that moved."""
    limiter = RateLimiter(1, per=4, name="told-limiter", clock=clock)
    bulkhead = Bulkhead(1, name="told-bulkhead", clock=clock)
    limit = AdaptiveLimit(AIMD(backoff=0.5), initial=2, name="told-adaptive", clock=clock)
    throttle = Throttle(min_requests=0, name="told-throttle", clock=clock, random=lambda: 0.0)
    limiter.try_acquire()
    held = bulkhead.acquire(), limit.acquire(), limit.acquire()
    throttle.acquire().failure()
    with Recorder() as recorder:
        for policy in (limiter, bulkhead, limit, throttle):
            with pytest.raises(resilience.RejectedError):
                policy.call(int)
        held[1].failure()
    assert told(recorder) == [
        (
            "CallRejected",
            {"policy": "told-limiter", "key": None, "at": 0.0, "reason": "rate", "retry_after": pytest.approx(4)},
        ),
        ("CallRejected", {"policy": "told-bulkhead", "key": None, "at": 0.0, "reason": "full", "retry_after": None}),
        ("CallRejected", {"policy": "told-adaptive", "key": None, "at": 0.0, "reason": "limit", "retry_after": None}),
        (
            "CallRejected",
            {"policy": "told-throttle", "key": None, "at": 0.0, "reason": "throttled", "retry_after": None},
        ),
        ("LimitChanged", {"policy": "told-adaptive", "key": None, "at": 0.0, "old": 2, "new": 1}),
    ]
