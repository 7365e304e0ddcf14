"""Sliding and fixed window: each line of their contract, in every world."""

import asyncio
import threading

import pytest

from resilience import FixedWindow, RateLimitedError, SlidingWindow, events
from resilience.testing import FakeClock, Recorder

BOTH = pytest.mark.parametrize("kind", [SlidingWindow, FixedWindow])


@BOTH
def test_the_limit_and_then_a_refusal(kind, world, clock):
    """`limit` calls pass; the next is refused, with the time until one would pass."""
    limiter = kind(3, per=10, clock=clock)
    for _ in range(3):
        assert world.call(limiter, int) == 0
    clock.advance(4)
    with Recorder(events.CallRejected) as recorder, pytest.raises(RateLimitedError) as caught:
        world.call(limiter, lambda: pytest.fail("called"))
    assert (caught.value.retry_after, caught.value.reason) == (pytest.approx(6), "rate")
    assert recorder.events[0].retry_after == pytest.approx(6)
    assert "more than 3 calls each 10 s; the next turn is in 6 s" in str(caught.value)
    clock.advance(6)
    assert world.call(limiter, int) == 0
    assert (limiter.snapshot().admitted, limiter.snapshot().rejected) == (4, 1)


def test_only_the_fixed_window_has_an_edge(clock):
    """Three at the end of a window and three behind it: the fixed one lets all six pass, the sliding one three."""
    counts = []
    for kind in (FixedWindow, SlidingWindow):
        limiter = kind(4, per=10, clock=clock)
        limiter.try_acquire()
        clock.advance(9.9)
        before = sum(limiter.try_acquire() for _ in range(5))
        clock.advance(0.2)
        counts.append(before + sum(limiter.try_acquire() for _ in range(5)))
        clock.advance(100)
    assert counts == [7, 4]


@BOTH
def test_calls_wait_their_turn_in_order(kind):
    """Those who wait are served as they came, each at the first moment that has room."""

    async def main():
        clock = FakeClock()
        limiter = kind(2, per=10, wait=60, clock=clock)
        served = []

        async def note(number):
            served.append((number, clock.now()))

        await asyncio.gather(*[limiter.acall(note, number) for number in range(6)])
        assert served == [(0, 0), (1, 0), (2, 10), (3, 10), (4, 20), (5, 20)]
        assert limiter.snapshot().waiting == 0

    asyncio.run(main())


@BOTH
def test_a_wait_that_cannot_fit_is_refused_at_once(kind, world, clock):
    """Nobody waits for nothing."""
    limiter = kind(1, per=10, wait=5, clock=clock)
    world.call(limiter, int)
    with pytest.raises(RateLimitedError, match="may wait 5 s"):
        world.call(limiter, int)
    assert clock.now() == 0


@BOTH
def test_row_24_a_turn_given_back_moves_the_later_ones_forward(kind):
    """The cancelled one's place goes to those behind it; none comes sooner than the limit allows."""

    async def main():
        clock = FakeClock(autojump=False)
        limiter = kind(1, per=10, wait=60, clock=clock)
        times = []

        async def note():
            times.append(clock.now())

        tasks = [asyncio.create_task(limiter.acall(note)) for _ in range(4)]
        await asyncio.sleep(0)
        assert limiter.snapshot().waiting == 3
        tasks[1].cancel()
        await asyncio.wait([tasks[1]])
        assert limiter.snapshot().waiting == 2
        for _ in range(12):
            clock.advance(5)
            for _ in range(6):
                await asyncio.sleep(0)
        await asyncio.gather(tasks[0], *tasks[2:])
        assert times == [0, 10, 20]

    asyncio.run(main())


@BOTH
def test_a_turn_whose_time_has_come_is_not_given_back(kind, clock):
    """It was its own: those behind it stay where they are."""
    limiter = kind(1, per=10, clock=clock)
    limiter.reserve()
    second, third = limiter.reserve(), limiter.reserve()
    clock.advance(12)
    assert not second.cancel()
    assert third.seconds == pytest.approx(8)
    assert third.cancel()
    assert not third.cancel()


@BOTH
def test_cost_and_keys(kind, world, clock):
    """A price for each call, a window for each key."""
    limiter = kind(10, per=60, cost=lambda user, rows: rows, key=lambda user, rows: user, clock=clock)
    world.call(limiter, lambda user, rows: rows, "ann", 8)
    with pytest.raises(RateLimitedError):
        world.call(limiter, lambda user, rows: rows, "ann", 3)
    world.call(limiter, lambda user, rows: rows, "ann", 2)
    world.call(limiter, lambda user, rows: rows, "bob", 10)
    with pytest.raises(ValueError, match="at most limit=10"):
        world.call(limiter, lambda user, rows: rows, "cat", 11)
    assert limiter.snapshot().keys == 2


@BOTH
def test_row_56_idle_keys_make_room(kind, clock):
    """Busy ones share the overflow; a paused key is not idle."""
    limiter = kind(1, per=60, max_keys=2, clock=clock)
    assert limiter.try_acquire(key="a")
    assert limiter.try_acquire(key="b")
    assert limiter.try_acquire(key="c")
    assert not limiter.try_acquire(key="d")
    assert limiter.snapshot().other == 2
    clock.advance(61)
    limiter.pause(100, key="a")
    assert limiter.try_acquire(key="c")
    assert not limiter.peek(key="a").allowed
    assert limiter.snapshot().keys == 2


@BOTH
def test_peek_and_pause(kind, clock):
    """Look without taking; nothing new passes in a pause."""
    limiter = kind(4, per=10, clock=clock)
    assert limiter.peek().as_dict() == {"allowed": True, "remaining": 4, "retry_after": 0, "reset_after": 0}
    assert limiter.try_acquire(3)
    clock.advance(2)
    assert limiter.peek().as_dict() == {"allowed": True, "remaining": 1, "retry_after": 0, "reset_after": 8}
    limiter.pause(20)
    assert limiter.peek().as_dict() == {"allowed": False, "remaining": 0, "retry_after": 20, "reset_after": 20}
    clock.advance(20)
    assert limiter.peek().remaining == 4
    limiter.reserve(4)
    limiter.reserve(2)
    assert limiter.peek().remaining == 0


def test_what_is_still_in_the_window_is_never_dropped(clock):
    """However often the log makes room: a hundred calls, evenly over most of the window, hold it shut to its end."""
    limiter = SlidingWindow(100, per=10, clock=clock)
    for began in (0.0, 10.0, 20.0):
        for number in range(100):
            clock.advance(began + number * 0.09 - clock.now())
            assert limiter.try_acquire()
        clock.advance(began + 9.5 - clock.now())
        assert limiter.peek().retry_after == pytest.approx(0.5)
        assert not limiter.try_acquire()
        clock.advance(began + 10 - clock.now())


@BOTH
def test_row_21_a_gap_of_ten_years_costs_no_loop(kind, clock):
    """However much was entered before."""
    limiter = kind(1000, per=1, clock=clock)
    for _ in range(5):
        for _ in range(1000):
            assert limiter.try_acquire()
        clock.advance(1)
    clock.advance(10 * 365 * 86400)
    assert limiter.peek().remaining == 1000
    for _ in range(100):
        assert limiter.try_acquire()
    assert limiter.peek().remaining == 900
    if kind is SlidingWindow:
        assert len(limiter._streams.common._times) <= 2100


@BOTH
def test_row_20_a_clock_that_goes_back_gives_nobody_units(kind, clock):
    """Time that is set back makes nothing free."""
    limiter = kind(2, per=10, clock=clock)
    clock.advance(100)
    assert limiter.try_acquire(2)
    clock._now = 50.0
    assert not limiter.try_acquire()


@BOTH
@pytest.mark.stress
def test_stress_never_more_than_the_limit(kind):
    """Two hundred threads take exactly what there is."""
    limiter = kind(1000, per=3600, clock=FakeClock())
    taken = []
    threads = [
        threading.Thread(target=lambda: taken.extend(limiter.try_acquire() for _ in range(10))) for _ in range(200)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(taken) == 1000
    assert (limiter.snapshot().admitted, limiter.snapshot().rejected) == (1000, 1000)


@BOTH
@pytest.mark.parametrize(
    "options",
    [{"limit": 0}, {"limit": True}, {"limit": 1, "per": -1}, {"limit": 1, "cost": 2}, {"limit": 1, "shadow": 1}],
    ids=str,
)
def test_row_54_bad_options_name_themselves(kind, options):
    """Each bad option is refused by name."""
    with pytest.raises((ValueError, TypeError), match=f"{list(options)[-1]}="):
        kind(**options)
    assert "5 each 2 s" in repr(kind(5, per=2))
