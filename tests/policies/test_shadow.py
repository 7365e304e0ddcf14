"""Shadow mode: every admission policy counts what it would have refused, refuses nothing, and names a threshold."""

import gc
from contextlib import suppress
from random import Random

import pytest

from resilience import (
    AIMD,
    AdaptiveLimit,
    Bulkhead,
    BulkheadFullError,
    FixedWindow,
    Gradient2,
    RateLimitedError,
    RateLimiter,
    SlidingWindow,
    Throttle,
    Vegas,
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
        "at most 3 ran at once, so minimum=3, maximum=3 would have refused none"
    )


def test_what_an_adaptive_limit_suggests_refuses_nothing(clock):
    """A limit that never falls below what ran at once, whatever it learns; before any call it names none."""
    options = {"initial": 4, "maximum": 20, "clock": clock}
    shadow = AdaptiveLimit(AIMD(), shadow=True, **options)
    assert shadow.explain() == "shadow: a limit of 4 now, as learned, would have refused 0 of 0 calls"
    real = AdaptiveLimit(AIMD(), minimum=9, **options)
    for _ in range(20):
        clock.advance(1)
        for permit in [policy.acquire() for policy in (shadow, real) for _ in range(9)]:
            permit.failure(ConnectionError())
    assert shadow.explain().endswith("at most 9 ran at once, so minimum=9 would have refused none")
    assert real.snapshot().rejected == 0


@pytest.mark.parametrize("algorithm", [Gradient2(probe=1), Vegas(probe=1)], ids=repr)
def test_an_adaptive_limit_in_shadow_takes_no_probe(algorithm, clock):
    """Nothing would end it: where nobody is held back, no call is without others."""
    shadow = AdaptiveLimit(algorithm, initial=20, maximum=40, shadow=True, clock=clock)
    held = []
    for _ in range(1000):
        held.append(shadow.acquire())
        clock.advance(0.01)
        if len(held) > 38:
            held.pop(0).success()
    assert shadow.limit == 40
    assert shadow.snapshot().would_reject < 60


@pytest.mark.parametrize(
    "make",
    [lambda **options: Bulkhead(4, **options), lambda **options: AdaptiveLimit(initial=4, maximum=4, **options)],
    ids=["bulkhead", "adaptive"],
)
def test_who_would_have_been_refused_takes_no_place(make, clock):
    """Five calls at once, where four may be: one of the five is refused, in shadow as it would be in earnest."""
    shadow, real = make(shadow=True, clock=clock), make(clock=clock)
    held = []
    for _ in range(10):
        for _ in range(5):
            clock.advance(1)
            held.append((shadow.acquire(), entered(real)))
        for permit, other in held:
            permit.success()
            if other is not None:
                other.success()
        held.clear()
    assert shadow.snapshot().would_reject == real.snapshot().rejected == 10
    lasting = make(shadow=True, clock=clock)
    calls = [lasting.acquire() for _ in range(5)]
    for _ in range(100):
        calls.pop(0).success()
        calls.append(lasting.acquire())
    assert lasting.snapshot().would_reject == 21
    assert lasting.snapshot().active == 5


def entered(policy):
    try:
        return policy.acquire()
    except BulkheadFullError:
        return None


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


def test_a_throttle_in_shadow_whose_callee_accepts_nothing(clock):
    """No multiplier is enough then: as many requests must be let through uncounted."""
    shadow = Throttle(min_requests=4, shadow=True, clock=clock)
    pattern = [False] * 9 + [True, False, True] + [False] * 5
    play(shadow, pattern)
    said = shadow.explain()
    assert said.endswith(
        "there were at most 11 requests for each that was accepted and of 9 requests none was accepted, "
        "so multiplier=11, min_requests=10 would have refused none"
    )
    real = Throttle(multiplier=11, min_requests=10, clock=clock, random=lambda: 0.0)
    play(real, pattern)
    assert real.snapshot().rejected == 0


def end(error):
    if error is not None:
        raise error


def test_what_a_throttle_suggests_is_rounded_up(clock):
    """Rounded down it would have refused a little."""
    shadow = Throttle(min_requests=1, shadow=True, clock=clock)
    play(shadow, [True] * 3 + [False] * 4)
    assert "so multiplier=2.34 would have refused none" in shadow.explain()


@pytest.mark.parametrize("accepted", [None, TypeError, KeyboardInterrupt], ids=str)
def test_a_throttle_in_shadow_counts_as_one_in_earnest_would(accepted, clock):
    """A call that it would have refused would not have been accepted either, however that shows; two of three fail."""
    draws = Random(7).random
    chances = [draws() for _ in range(3000)]
    refused = []
    for shadow in (True, False):
        throttle = Throttle(min_requests=10, window=60, shadow=shadow, clock=clock, random=iter(chances).__next__)
        for number in range(3000):
            clock.advance(0.01)
            with suppress(RateLimitedError, ConnectionError, TypeError, KeyboardInterrupt):
                throttle.call(end, ConnectionError if number % 3 else accepted)
        refused.append(throttle.snapshot().would_reject + throttle.snapshot().rejected)
        clock.advance(1000)
    assert refused[0] == refused[1] > 1500


def play(throttle, pattern):
    for accepted in pattern:
        permit = throttle.acquire()
        permit.success() if accepted else permit.failure()
