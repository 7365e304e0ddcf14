"""Shadow mode: every admission policy counts what it would have refused, refuses nothing, and names a threshold."""

import pytest

from resilience import FixedWindow, RateLimiter, SlidingWindow, events
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


def test_a_limiter_explains_itself(clock):
    """In one sentence; with keys, without a number that would be nobody's."""
    limiter = RateLimiter(5, per=2, clock=clock)
    limiter.try_acquire(5)
    limiter.try_acquire()
    assert limiter.explain() == "5 calls each 2 s: 0 more may pass now; 1 of 2 calls were refused"
    keyed = RateLimiter(5, key=str, clock=clock)
    assert keyed.explain() == "5 calls each 1 s for each key; 0 of 0 calls were refused"
    assert RateLimiter(5, shadow=True).explain() == "shadow: 5 calls each 1 s would have refused 0 of 0 calls"
