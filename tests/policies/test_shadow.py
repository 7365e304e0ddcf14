"""Shadow mode: every admission policy counts what it would have refused, refuses nothing, and names a threshold."""

import gc

import pytest

from resilience import (
    AIMD,
    AdaptiveLimit,
    Bulkhead,
    CircuitBreaker,
    Consecutive,
    FailureRate,
    FixedWindow,
    RateLimiter,
    SlidingWindow,
    Throttle,
    events,
)
from resilience.testing import Recorder

LIMITERS = pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])


@LIMITERS
def test_a_limiter_in_shadow_refuses_and_delays_nothing(kind, world, clock):
    """Three over the limit pass; each is counted and told."""
    limiter = kind(2, per=10, wait=12, shadow=True, clock=clock)
    with Recorder(events.WouldReject, events.CallRejected) as recorder:
        for _ in range(7):
            world.call(limiter, int)
    assert clock.now() == 0
    # Two at once, and those who would have waited up to 12 s.
    assert [type(event) for event in recorder.events] == [events.WouldReject] * 3
    assert limiter.snapshot().would_reject == 3
    assert (limiter.snapshot().admitted, limiter.snapshot().rejected) == (7, 0)


@LIMITERS
def test_the_limit_that_a_limiter_suggests_refuses_nothing(kind, clock):
    """What came is let through, all of it, by a limiter of the limit that `explain()` names."""
    shadow = kind(2, per=10, shadow=True, clock=clock)
    pattern = [0, 0, 3, 0, 0, 6, 0.5, 0, 30, 0, 0, 9, 0, 0, 0]
    for gap in pattern:
        clock.advance(gap)
        assert shadow.try_acquire()
    said = shadow.explain()
    assert "2 calls each 10 s would have refused" in said
    assert "at most 8 came in any 10 s, so limit=8 would have refused none" in said
    real = kind(8, per=10, clock=clock)
    clock.advance(100)
    for gap in pattern:
        clock.advance(gap)
        assert real.try_acquire()


@LIMITERS
def test_a_reservation_in_shadow_is_not_delayed(kind, clock):
    """It is counted as used; what comes over the limit is not told to wait."""
    limiter = kind(2, per=10, shadow=True, clock=clock)
    assert [limiter.reserve().seconds for _ in range(5)] == [0.0] * 5
    assert limiter.snapshot().waiting == 1
    assert not limiter.peek().allowed


@pytest.mark.parametrize(("burst", "options"), [(1, {"limit": 5, "burst": 5}), (9, {"limit": 5, "burst": 5})])
def test_the_burst_is_named_where_it_is_not_the_limit(burst, options, clock):
    """A limit alone would still refuse what comes at once."""
    shadow = RateLimiter(2, per=60, burst=burst, shadow=True, clock=clock)
    for _ in range(5):
        shadow.call(int)
    assert "so limit=5, burst=5 would have refused none" in shadow.explain()
    real = RateLimiter(per=60, clock=clock, **options)
    assert all(real.try_acquire() for _ in range(5))


def test_a_limiter_explains_itself(clock):
    """In one sentence; with keys, without a number that would be nobody's."""
    limiter = RateLimiter(5, per=2, clock=clock)
    limiter.try_acquire(5)
    limiter.try_acquire()
    assert limiter.explain() == "5 calls each 2 s: 0 more may pass now; 1 of 2 calls were refused"
    keyed = RateLimiter(5, key=str, clock=clock)
    assert keyed.explain() == "5 calls each 1 s for each key; 0 of 0 calls were refused"
    assert RateLimiter(5, shadow=True).explain() == "shadow: 5 calls each 1 s would have refused 0 of 0 calls"


def test_a_bulkhead_in_shadow_refuses_nothing(clock):
    """It counts those over slots and queue, and names the slots that would do; lost permits come back."""
    bulkhead = Bulkhead(1, max_queue=1, shadow=True, clock=clock)
    assert bulkhead.explain() == "shadow: 1 slots would have refused 0 of 0 calls"
    with Recorder(events.WouldReject) as recorder:
        held = [bulkhead.acquire() for _ in range(4)]
    assert [event.reason for event in recorder.events] == ["full", "full"]
    assert (bulkhead.snapshot().active, bulkhead.snapshot().would_reject) == (4, 2)
    held.pop().success()
    held.pop().failure(ConnectionError())
    held.clear()
    gc.collect()
    assert bulkhead.call(int) == 0
    assert bulkhead.snapshot().active == 0
    assert bulkhead.explain() == (
        "shadow: 1 slots would have refused 2 of 5 calls; "
        "at most 4 ran at once, so max_concurrent=4 would have refused none"
    )
    assert Bulkhead(1, max_queue=9, wait=0, shadow=True).call(int) == 0
    bulkhead.acquire().release()
    bulkhead.reset_after_fork()
    assert bulkhead.snapshot().active == 0


def test_an_adaptive_limit_in_shadow_learns_and_refuses_nothing(clock):
    """The limit moves as it would; those over it are counted."""
    limit = AdaptiveLimit(AIMD(), initial=1, maximum=1, shadow=True, clock=clock)
    with Recorder(events.WouldReject) as recorder:
        held = [limit.acquire() for _ in range(3)]
    assert [event.reason for event in recorder.events] == ["limit", "limit"]
    for permit in held:
        permit.success()
    assert limit.explain() == (
        "shadow: a limit of 1 now, as learned, would have refused 2 of 3 calls; "
        "at most 3 ran at once, so maximum=3 leaves room for all"
    )


def test_a_throttle_in_shadow_refuses_nothing(clock):
    """The multiplier that it names would have refused nothing."""
    throttle = Throttle(min_requests=4, shadow=True, clock=clock, random=lambda: 0.0)
    assert throttle.explain() == "shadow: multiplier=2 would have refused 0 of 0 calls"
    throttle.acquire().success()
    with Recorder(events.WouldReject) as recorder:
        for _ in range(5):
            throttle.acquire().failure()
    assert [event.reason for event in recorder.events] == ["throttled", "throttled"]
    assert throttle.snapshot().would_reject == 2
    assert throttle.explain() == (
        "shadow: multiplier=2 would have refused 2 of 6 calls; there were at most 6 requests for each that was "
        "accepted, so multiplier=6 would have refused none"
    )


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


def fail():
    raise ConnectionError
