"""One limiter for threads and loops at once, and GCRA against a reference model."""

import asyncio
import threading

import hypothesis.strategies as st
import pytest
import trio
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from resilience import RateLimitedError, RateLimiter
from resilience.testing import FakeClock


@pytest.mark.stress
def test_stress_never_more_than_the_limit():
    """Two hundred threads and a loop take exactly what there is."""
    limiter = RateLimiter(1000, per=3600, clock=FakeClock())
    taken = []

    def in_thread():
        taken.extend(limiter.try_acquire() for _ in range(10))

    async def one():
        taken.append(limiter.try_acquire())

    async def main():
        await asyncio.gather(*[one() for _ in range(1000)])

    threads = [threading.Thread(target=in_thread) for _ in range(200)]
    threads.append(threading.Thread(target=asyncio.run, args=(main(),)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(taken) == 1000


def test_all_worlds_share_one_rate():
    """Sync, asyncio and trio callers take from one stream."""
    limiter = RateLimiter(3, per=3600)

    async def work():
        return "done"

    assert limiter.call(int) == 0
    assert asyncio.run(limiter.acall(work)) == "done"
    assert trio.run(limiter.acall, work) == "done"
    with pytest.raises(RateLimitedError):
        limiter.call(int)
    limiter.reset_after_fork()
    assert not limiter.try_acquire()


class LimiterModel(RuleBasedStateMachine):
    """Against a bucket of tokens that fills by the rate: what GCRA is equal to."""

    def __init__(self):
        super().__init__()
        self.clock = FakeClock(start=1000)
        self.limiter = RateLimiter(4, per=8, burst=6, clock=self.clock)
        self.tokens = 6.0

    @rule(units=st.integers(1, 6))
    def take(self, units):
        allowed = self.tokens >= units - 1e-6
        assert self.limiter.try_acquire(units) == allowed
        if allowed:
            self.tokens -= units

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0, 3.25, 20.0]))
    def wait(self, seconds):
        self.clock.advance(seconds)
        self.tokens = min(6.0, self.tokens + seconds / 2)

    @invariant()
    def same_rest(self):
        seen = self.limiter.peek()
        assert seen.remaining == int(self.tokens + 1e-6)
        assert seen.retry_after == pytest.approx(max(0.0, (1 - self.tokens) * 2), abs=1e-6)


TestLimiterModel = LimiterModel.TestCase
TestLimiterModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
