"""Limiters and bulkheads whose numbers change while they are used: what was used stays, and so does who waits."""

import asyncio

import pytest

from resilience import Bulkhead, BulkheadFullError, RateLimitedError, RateLimiter
from resilience.testing import FakeClock


def turn(limiter):
    """A reserved turn, as somebody who waits holds it."""
    return limiter.admit((), {}).ticket


def test_what_was_used_stays_used(world, clock):
    """A guarded function meets the new numbers at its next call; neither a slower nor a faster pace gives units back."""
    limiter = RateLimiter(10, clock=clock)
    call = limiter(world.function(lambda: 0))
    for _ in range(8):
        world.run(call)
    limiter.retune(limit=1)
    assert limiter.peek().remaining == 2
    limiter.retune(limit=1000)
    assert limiter.peek().remaining == 2
    assert limiter.peek().reset_after == pytest.approx(0.008)
    limiter.retune(burst=9)
    world.run(call)
    with pytest.raises(RateLimitedError, match="more than 1000 calls each 1 s"):
        world.run(call)
    limiter.retune(limit=3, per=60)
    with pytest.raises(RateLimitedError) as caught:
        world.run(call)
    assert caught.value.retry_after == pytest.approx(20)


def test_what_is_left_out_stays(clock):
    """Each number can change alone; the same numbers again change nothing."""
    limiter = RateLimiter(10, per=2, burst=5, wait=3, clock=clock)
    limiter.retune()
    assert (limiter.limit, limiter.per, limiter.burst, limiter.wait) == (10, 2, 5, 3)
    limiter.retune(wait=None)
    limiter.retune(per=4)
    assert (limiter.limit, limiter.per, limiter.burst, limiter.wait) == (10, 4, 5, None)
    bulkhead = Bulkhead(3, max_queue=2, wait=1, clock=clock)
    bulkhead.retune()
    assert (bulkhead.max_concurrent, bulkhead.max_queue, bulkhead.wait) == (3, 2, 1)
    bulkhead.retune(wait=None, max_queue=0)
    assert (bulkhead.max_concurrent, bulkhead.max_queue, bulkhead.wait) == (3, 0, None)


def test_time_that_passed_is_not_rescaled(clock):
    """A limiter that is full again is full at every pace."""
    limiter = RateLimiter(10, clock=clock)
    assert limiter.try_acquire(10)
    clock.advance(1)
    limiter.retune(limit=1)
    assert limiter.peek().remaining == 10


def test_keys_follow(clock):
    """Every key's stream takes the new pace, and keeps what it used."""
    limiter = RateLimiter(10, key=lambda name: name, clock=clock)
    limiter.call(str, "a")
    limiter.retune(limit=2, burst=2)
    assert [limiter.peek(key).remaining for key in "ab"] == [1, 2]


def test_who_waits_comes_sooner_at_a_faster_pace():
    """Tasks that wait are woken by a faster pace, and served at it."""

    async def main():
        clock = FakeClock(autojump=False)
        limiter = RateLimiter(1, burst=1, wait=None, clock=clock)
        times = []

        async def note():
            times.append(round(clock.now(), 3))

        tasks = [asyncio.create_task(limiter.acall(note)) for _ in range(4)]
        await asyncio.sleep(0)
        clock.advance(0.5)
        limiter.retune(limit=10)
        for _ in range(30):
            for _ in range(6):
                await asyncio.sleep(0)
            clock.advance(0.01)
        await asyncio.gather(*tasks)
        assert times == pytest.approx([0, 0.55, 0.65, 0.75], abs=0.011)
        assert limiter.snapshot().waiting == 0

    asyncio.run(main())


def test_nobody_who_waits_comes_later(clock):
    """A slower pace keeps the times that were told, and the pace from before brings back nothing faster."""
    limiter = RateLimiter(10, burst=1, wait=None, clock=clock)
    assert limiter.admit((), {}) is None
    turns = [turn(limiter) for _ in range(3)]
    told = pytest.approx([0.1, 0.2, 0.3])
    assert [each.due for each in turns] == told
    limiter.retune(limit=1)
    assert [each.due for each in turns] == told
    assert turn(limiter).due == pytest.approx(4)
    limiter.retune(limit=10)
    assert [each.due for each in turns] == told
    limiter.retune(limit=1)
    turns.pop(0).forsake()
    assert [each.due for each in turns] == pytest.approx([0.2, 0.3])


def test_a_larger_burst_lets_who_waits_pass(clock):
    """What a larger burst allows, those who wait get first."""
    limiter = RateLimiter(1, burst=1, wait=None, clock=clock)
    assert limiter.admit((), {}) is None
    turns = [turn(limiter) for _ in range(3)]
    limiter.retune(burst=3)
    assert [each.done for each in turns] == [True, True, True]
    assert [each.due <= clock.now() for each in turns] == [True, True, False]
    assert [each.redeem() for each in turns[:2]] == [None, None]
    assert turns[2].redeem().ticket.due == pytest.approx(1)


@pytest.mark.parametrize("limit", [1, 1000])
def test_a_pause_stays_as_long_as_it_was_asked_for(clock, limit):
    """A server's 429 holds at every pace; what was reserved behind it keeps its distance, what was before it its time."""
    limiter = RateLimiter(10, burst=1, wait=None, clock=clock)
    assert limiter.admit((), {}) is None
    before = turn(limiter)
    limiter.pause(60)
    behind = [turn(limiter) for _ in range(2)]
    limiter.retune(limit=limit)
    assert before.due == pytest.approx(0.1)
    assert [each.due for each in behind] == pytest.approx([60, 60 + min(0.1, 1 / limit)])
    assert limiter.peek().retry_after == pytest.approx(60 + 2 / limit)
    clock.advance(60)
    limiter.retune(limit=100)
    assert limiter.peek().retry_after == pytest.approx(0.02)


def test_patience_of_those_who_come(clock):
    """A new `wait` holds for the next call."""
    limiter = RateLimiter(1, clock=clock)
    assert limiter.call(int) == 0
    limiter.retune(wait=5)
    assert limiter.call(int) == 0
    assert clock.now() == pytest.approx(1)
    limiter.retune(wait=0)
    with pytest.raises(RateLimitedError):
        limiter.call(int)


def test_a_burst_that_a_fixed_cost_needs(clock):
    """A burst below a fixed cost would let nothing pass: refused, and nothing changes."""
    limiter = RateLimiter(10, cost=5, clock=clock)
    with pytest.raises(ValueError, match="burst=4: must be at least cost=5, else it could never pass"):
        limiter.retune(limit=1, burst=4)
    assert (limiter.limit, limiter.burst) == (10, 10)
    limiter.retune(burst=5)
    weighed = RateLimiter(10, cost=lambda: 5, clock=clock)
    weighed.retune(burst=1)
    with pytest.raises(ValueError, match="cost=5: must be at most burst=1"):
        weighed.call(int)


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"limit": True}, {"per": 0}, {"burst": 0}, {"burst": 1.5}, {"wait": -1}]
)
def test_row_54_limiter_refuses(wrong):
    """Numbers are judged as at construction, and name themselves."""
    with pytest.raises((ValueError, TypeError), match=next(iter(wrong))):
        RateLimiter(10).retune(**wrong)


def test_a_smaller_bulkhead_lets_running_calls_end(world, clock):
    """What runs comes to its end; nothing begins, by guarded functions and by permits, until there is room."""
    bulkhead = Bulkhead(3, clock=clock)
    call = bulkhead(world.function(lambda: 0))
    held = [bulkhead.acquire() for _ in range(3)]
    bulkhead.retune(max_concurrent=1)
    for permit in held:
        with pytest.raises(BulkheadFullError, match="all 1 slots are taken"):
            world.run(call)
        with pytest.raises(BulkheadFullError):
            bulkhead.acquire()
        permit.release()
    assert world.run(call) == 0
    assert bulkhead.snapshot().active == 0
    with bulkhead.acquire(), pytest.raises(BulkheadFullError):
        world.run(call)


def test_calls_that_end_in_a_smaller_bulkhead(world, clock):
    """The slot of a call that was running is not given out again, neither to who comes nor to who waits."""
    bulkhead = Bulkhead(2, max_queue=1, clock=clock)

    def body():
        bulkhead.retune(max_concurrent=1)
        return "done"

    held = bulkhead.acquire()
    assert world.call(bulkhead, body) == "done"
    assert bulkhead.snapshot().active == 1
    place = bulkhead.admit((), {}).ticket
    bulkhead.retune(max_concurrent=2)
    assert place.done
    other = bulkhead.admit((), {}).ticket
    bulkhead.retune(max_concurrent=1)
    held.release()
    assert not other.done
    bulkhead.released(place.redeem())
    assert other.done
    bulkhead.released(other.redeem())
    assert bulkhead.snapshot().active == 0


def test_a_larger_bulkhead_serves_who_waits(clock):
    """New slots go to the first in the queue whose time is not over, at once."""
    bulkhead = Bulkhead(1, max_queue=5, wait=1, clock=clock)
    held = bulkhead.acquire()
    late = bulkhead.admit((), {}).ticket
    clock.advance(2)
    first, second, third = (bulkhead.admit((), {}).ticket for _ in range(3))
    bulkhead.retune(max_concurrent=3)
    assert [place.done for place in (late, first, second, third)] == [True, True, True, False]
    assert [place.held for place in (late, first, second)] == [False, True, True]
    assert (bulkhead.snapshot().active, bulkhead.snapshot().waiting) == (3, 1)
    held.release()
    assert third.held


def test_a_shorter_queue_keeps_who_waits(clock):
    """Those who wait keep their places and their time; those who come find no place, or the new patience."""
    bulkhead = Bulkhead(1, max_queue=2, wait=10, clock=clock)
    held = bulkhead.acquire()
    places = [bulkhead.admit((), {}).ticket for _ in range(2)]
    bulkhead.retune(max_queue=1, wait=1)
    with pytest.raises(BulkheadFullError, match="2 of 1 places"):
        bulkhead.acquire()
    bulkhead.retune(max_queue=3)
    third = bulkhead.admit((), {}).ticket
    assert [place.due for place in (*places, third)] == [10, 10, 1]
    held.release()
    assert places[0].held
    assert not places[1].done


@pytest.mark.parametrize(
    "wrong", [{"max_concurrent": 0}, {"max_concurrent": 2.5}, {"max_queue": -1}, {"wait": float("nan")}]
)
def test_row_54_bulkhead_refuses(wrong):
    """Numbers are judged as at construction, and name themselves."""
    with pytest.raises((ValueError, TypeError), match=next(iter(wrong))):
        Bulkhead(2).retune(**wrong)
