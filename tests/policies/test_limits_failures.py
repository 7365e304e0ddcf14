"""The known ways of failing that all admission policies share: clocks, gaps, listeners, loops."""

import asyncio
import threading
import time

import pytest

import resilience
from resilience import (
    AdaptiveLimit,
    Bulkhead,
    CircuitBreaker,
    Consecutive,
    FixedWindow,
    RateLimiter,
    RejectedError,
    SlidingWindow,
    Throttle,
)
from resilience.testing import FakeClock

# One that refuses the second of two calls that are under way at once, or within a second.
STRICT = {
    "rate-limiter": lambda **options: RateLimiter(1, **options),
    "sliding-window": lambda **options: SlidingWindow(1, **options),
    "fixed-window": lambda **options: FixedWindow(1, **options),
    "bulkhead": lambda **options: Bulkhead(1, **options),
    "adaptive-limit": lambda **options: AdaptiveLimit(initial=1, maximum=1, **options),
    "throttle": lambda **options: Throttle(min_requests=0, random=lambda: 0.0, **options),
}
ALL = pytest.mark.parametrize("make", STRICT.values(), ids=STRICT)


def refused(policy):
    """Is the next call refused?"""
    try:
        policy.acquire()
    except RejectedError:
        return True
    return False


@ALL
def test_row_20_a_clock_that_goes_back_lets_nothing_through(make):
    """A day back: what is refused stays refused; forward again: it goes on."""
    clock = FakeClock(start=100_000)
    policy = make(clock=clock)
    held = policy.acquire()
    clock._now -= 86_400
    assert refused(policy)
    clock._now += 86_400
    assert refused(policy)
    held.success()
    clock.advance(1000)
    assert not refused(policy)


@ALL
def test_row_21_a_gap_of_ten_years_costs_no_loop(make):
    """A thousand gaps take less time than one loop over the seconds of a single one would."""
    clock = FakeClock()
    policy = make(clock=clock)
    begun = time.perf_counter()
    for _ in range(1000):
        clock.advance(10 * 365 * 86_400)
        policy.acquire().success()
    assert time.perf_counter() - begun < 10
    assert policy.snapshot().rejected == 0


@ALL
@pytest.mark.parametrize("shadow", [False, True])
def test_row_30_and_31_a_listener_may_raise_and_call_the_policy(make, shadow):
    """It is told outside the lock: it may call back, fifty deep, and what it raises changes nothing."""
    policy = make(clock=FakeClock(), shadow=shadow)
    depth = 0

    def hostile(event):
        nonlocal depth
        depth += 1
        if depth < 50:
            refused(policy)
        raise ValueError("listener")

    policy.listen(hostile)
    held = policy.acquire()
    assert refused(policy) is not shadow
    assert depth == 50
    assert policy.explain()
    held.release()


@ALL
def test_row_42_no_state_belongs_to_a_loop(make):
    """Three loops in a row and two at once in threads share one policy; none of them breaks the next."""
    clock = FakeClock()
    policy = make(clock=clock)

    async def work():
        await asyncio.sleep(0)
        return 7

    for _ in range(3):
        clock.advance(1000)
        assert asyncio.run(policy.acall(work)) == 7
    clock.advance(1000)
    ended = []

    def in_thread():
        try:
            ended.append(asyncio.run(policy.acall(work)))
        except RejectedError:
            ended.append("refused")

    threads = [threading.Thread(target=in_thread) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(ended) == 2
    assert 7 in ended


@pytest.mark.parametrize("make", [STRICT["bulkhead"], STRICT["adaptive-limit"]], ids=["bulkhead", "adaptive-limit"])
def test_row_29_ten_thousand_waiters_that_gave_up_are_passed_over(make):
    """The slot goes to the one whose time is not over, in one step."""
    clock = FakeClock()
    policy = make(clock=clock, max_queue=20_000, wait=0.001)
    held = policy.acquire()
    expired = [policy.admit((), {}).ticket for _ in range(10_000)]
    clock.advance(0.002)
    policy.wait = 60.0
    last = policy.admit((), {}).ticket
    held.release()
    assert last.held
    assert all(ticket.done and ticket.expired for ticket in expired)
    policy.released(last.redeem())
    assert (policy.snapshot().active, policy.snapshot().waiting) == (0, 0)


def test_row_42_reset_in_a_child_frees_every_lock():
    """What threads of the parent held does not exist there."""
    breaker = CircuitBreaker(trip=Consecutive(1), shadow=True)
    for policy in (breaker, *(make(clock=FakeClock()) for make in STRICT.values())):
        policy.reset_after_fork()
        assert resilience.Pipeline(policy).call(int, "7") == 7
