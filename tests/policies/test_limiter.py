"""Rate limiter: each line of its contract, in every world."""

import asyncio
import itertools

import pytest

import resilience
from resilience import RateLimitedError, RateLimiter, events
from resilience.testing import FakeClock, Recorder


def test_a_burst_and_then_the_rate(world, clock):
    """`burst` at once, then one each interval."""
    limiter = RateLimiter(10, per=1, clock=clock)
    for _ in range(10):
        assert world.call(limiter, int) == 0
    with Recorder(events.CallRejected) as recorder, pytest.raises(RateLimitedError) as caught:
        world.call(limiter, lambda: pytest.fail("called"))
    assert caught.value.retry_after == pytest.approx(0.1)
    assert caught.value.reason == "rate"
    assert recorder.events[0].retry_after == pytest.approx(0.1)
    assert "more than 10 calls each 1 s; the next turn is in 0.1 s" in str(caught.value)
    clock.advance(0.1)
    assert world.call(limiter, int) == 0
    assert (limiter.snapshot().admitted, limiter.snapshot().rejected) == (11, 1)


def test_burst_one_paces_evenly(world, clock):
    """With `burst=1` and a wait, calls come one interval apart."""
    limiter = RateLimiter(20, burst=1, wait=10, clock=clock)
    times = []

    def story():
        for _ in range(5):
            yield world.method(limiter)(world.function(lambda: times.append(clock.now())))

    world.session(story)
    assert times == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])


def test_a_wait_that_cannot_fit_is_refused_at_once(world, clock):
    """Longer than `wait`, or than the deadline: refused without waiting."""
    limiter = RateLimiter(1, per=10, wait=5, clock=clock)
    world.call(limiter, int)
    with pytest.raises(RateLimitedError, match="may wait 5 s"):
        world.call(limiter, int)
    patient = RateLimiter(1, per=10, wait=None, clock=clock)
    world.call(patient, int)

    def story():
        with resilience.deadline(4, clock=clock), pytest.raises(RateLimitedError):
            yield world.method(patient)(world.function(int))

    world.session(story)
    assert clock.now() == 0
    assert world.call(patient, int) == 0
    assert clock.now() == pytest.approx(10)


def test_turns_come_in_order_of_reservation():
    """Tasks that wait are served in the order they asked, each at its own time."""

    async def main():
        clock = FakeClock()
        limiter = RateLimiter(10, burst=1, wait=60, clock=clock)
        served = []

        async def one(number):
            await limiter.acall(note, number)

        async def note(number):
            served.append((number, round(clock.now(), 3)))

        await asyncio.gather(*[one(number) for number in range(6)])
        assert served == [(number, round(number / 10, 3)) for number in range(6)]

    asyncio.run(main())


def test_a_turn_given_back_in_the_middle():
    """Those behind a cancelled waiter come forward; nobody shares an instant."""

    async def main():
        clock = FakeClock(autojump=False)
        limiter = RateLimiter(20, burst=1, wait=60, clock=clock)
        times = []

        async def note():
            times.append(round(clock.now(), 4))

        tasks = [asyncio.create_task(limiter.acall(note)) for _ in range(4)]
        await asyncio.sleep(0)
        assert limiter.snapshot().waiting == 3
        tasks[2].cancel()
        await asyncio.wait([tasks[2]])
        late = asyncio.create_task(limiter.acall(note))
        await asyncio.sleep(0)
        for _ in range(40):
            clock.advance(0.01)
            for _ in range(6):
                await asyncio.sleep(0)
        await asyncio.gather(tasks[0], tasks[1], tasks[3], late)
        gaps = [round(after - before, 3) for before, after in itertools.pairwise(times)]
        assert gaps == [0.05, 0.05, 0.05]

    asyncio.run(main())


def test_cost_is_weighted(world, clock):
    """A fixed cost, or one by the arguments; more than the burst could never pass."""
    limiter = RateLimiter(10, cost=5, clock=clock)
    world.call(limiter, int)
    world.call(limiter, int)
    with pytest.raises(RateLimitedError):
        world.call(limiter, int)
    by_size = RateLimiter(10, cost=lambda rows: len(rows), clock=clock)
    world.call(by_size, len, [1] * 8)
    with pytest.raises(RateLimitedError):
        world.call(by_size, len, [1] * 3)
    world.call(by_size, len, [1] * 2)
    with pytest.raises(ValueError, match="at most burst=10"):
        world.call(by_size, len, [1] * 11)
    with pytest.raises(ValueError, match="at most burst=2"):
        RateLimiter(2, cost=3)


def test_keys_have_a_rate_each(world, clock):
    """`key` says whose rate it is."""
    limiter = RateLimiter(1, per=60, key=lambda user: user, clock=clock)
    world.call(limiter, str, "a")
    world.call(limiter, str, "b")
    with pytest.raises(RateLimitedError):
        world.call(limiter, str, "a")
    assert limiter.snapshot().keys == 2


def test_row_56_keys_are_bounded(clock):
    """Idle keys go first; if all are busy, new ones share one, counted."""
    limiter = RateLimiter(1, per=60, key=lambda key: key, max_keys=3, clock=clock)
    for key in "abc":
        assert limiter.try_acquire(key=key)
    assert limiter.try_acquire(key="d")
    assert not limiter.try_acquire(key="e")
    assert limiter.snapshot().other == 2
    assert limiter.snapshot().keys == 3
    clock.advance(61)
    for number in range(100):
        clock.advance(61)
        assert limiter.try_acquire(key=f"new {number}")
    assert limiter.snapshot().keys == 3


def test_try_acquire_and_peek(clock):
    """Take some or nothing; look without taking."""
    limiter = RateLimiter(10, clock=clock)
    assert limiter.try_acquire(4)
    seen = limiter.peek()
    assert (seen.allowed, seen.remaining, seen.retry_after) == (True, 6, 0)
    assert seen.reset_after == pytest.approx(0.4)
    assert not limiter.try_acquire(7)
    assert limiter.try_acquire(6)
    assert limiter.peek().as_dict() == {
        "allowed": False,
        "remaining": 0,
        "retry_after": pytest.approx(0.1),
        "reset_after": pytest.approx(1.0),
    }
    assert limiter.peek(key="never seen").remaining == 10
    with pytest.raises(ValueError, match="cost=0"):
        limiter.try_acquire(0)


def test_pause(world, clock):
    """After a server's 429 nothing passes for so long, and then no saved-up burst."""
    limiter = RateLimiter(10, clock=clock)
    limiter.pause(5)
    with pytest.raises(RateLimitedError) as caught:
        world.call(limiter, int)
    assert caught.value.retry_after == pytest.approx(5)
    clock.advance(5)
    world.call(limiter, int)
    with pytest.raises(RateLimitedError):
        world.call(limiter, int)


def test_row_20_a_clock_that_goes_back_gives_nobody_tokens(clock):
    """Time that is set back makes nothing free."""
    limiter = RateLimiter(2, per=10, clock=clock)
    clock.advance(100)
    assert limiter.try_acquire()
    assert limiter.try_acquire()
    clock._now = 50.0
    assert not limiter.try_acquire()


def test_a_sync_call_on_a_loop_may_wait_for_time(clock):
    """Only time ends a limiter's wait, so even a sync call on a loop's thread may wait."""

    async def main():
        limiter = RateLimiter(1, per=10, wait=20, clock=clock)
        limiter.call(int)
        assert limiter.call(int, "7") == 7

    asyncio.run(main())
    assert clock.now() == pytest.approx(10)


def test_generators_take_a_turn_at_the_first_next(clock):
    """Not before."""
    limiter = RateLimiter(1, per=10, clock=clock)

    @limiter
    def rows():
        yield 1

    stream = rows()
    assert limiter.snapshot().admitted == 0
    assert list(stream) == [1]
    with pytest.raises(RateLimitedError):
        list(rows())


def test_two_steps(clock):
    """`acquire` takes a turn; nothing comes back."""
    limiter = RateLimiter(2, per=10, clock=clock)
    with limiter.acquire():
        pass
    limiter.acquire().release()
    with pytest.raises(RateLimitedError):
        limiter.acquire()
    with pytest.raises(ConnectionError), RateLimiter(1, clock=clock).acquire():
        raise ConnectionError


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 0},
        {"limit": 1.5},
        {"limit": 1, "per": 0},
        {"limit": 1, "burst": 0},
        {"limit": 1, "wait": -1},
        {"limit": 1, "cost": 0},
        {"limit": 1, "key": 3},
        {"limit": 1, "max_keys": 0},
    ],
    ids=str,
)
def test_row_54_bad_options_name_themselves(options):
    """Each bad option is refused by name."""
    with pytest.raises((ValueError, TypeError), match=f"{list(options)[-1]}="):
        RateLimiter(**options)


def test_coroutine_functions_are_refused():
    """A cost or key that nobody would await."""

    async def answer(*args):
        return 1

    for option in ("cost", "key"):
        with pytest.raises(TypeError, match="nobody would await"):
            RateLimiter(1, **{option: answer})
    assert "5 each 2 s, burst 3" in repr(RateLimiter(5, per=2, burst=3))
