"""Single flight: loads that end by what is no `Exception`, and what they leave behind."""

import asyncio
import gc
import weakref

import pytest
import trio
from tests.policies.caches import Counter
from tests.policies.flights import ASYNC

from resilience import Cache
from resilience.testing import FakeClock


class Stop(BaseException):
    """Ends a program, as `SystemExit` does, or a test."""


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, Stop])
def test_row_10_what_is_no_exception_passes_a_load(world, kind):
    """It reaches the caller, after one call: neither trio's run breaks, nor is the load begun again and again."""
    count = Counter()

    def body():
        if count() == 2:
            return "again"
        raise kind

    with pytest.raises(kind):
        world.call(Cache(ttl=30), body)
    assert count.calls == 1


@pytest.mark.parametrize("waiters", [1, 3])
def test_a_load_whose_own_await_was_cancelled(waiters):
    """Of asyncio's: nobody cancelled the load, so it is not begun again for the one who led, as often as it ends so."""
    count = Counter()

    @Cache(ttl=30)
    async def load():
        number = count()
        await asyncio.sleep(0)
        if number == 1:
            shared = asyncio.get_running_loop().create_future()
            shared.cancel()
            await shared
        return "rows"

    async def main():
        return await asyncio.gather(*[load() for _ in range(waiters)], return_exceptions=True)

    first, *others = asyncio.run(main())
    assert isinstance(first, asyncio.CancelledError)
    assert others == ["rows"] * (waiters - 1)
    assert count.calls == min(waiters, 2)


@ASYNC
def test_what_is_no_exception_ends_one_waiter(world):
    """The one who led; of the others the first leads anew."""
    cache, count = Cache(ttl=30), Counter()
    pause = asyncio.sleep if world.name == "asyncio" else trio.sleep

    def load():
        number = count()
        yield pause(0.01)
        if number == 1:
            raise Stop
        return "rows"

    cached = cache(world.function(load))

    def caller():
        try:
            return (yield cached())
        except Stop:
            return "stopped"

    def story():
        return (yield world.together(caller, caller, caller))

    assert sorted(world.session(story)) == ["rows", "rows", "stopped"]
    assert count.calls == 2


@ASYNC
def test_a_load_that_nobody_waits_for_lets_what_it_loaded_go(world):
    """No cycle of load, task and context keeps a value once it is forgotten."""

    class Value:
        pass

    cached = Cache(ttl=30)(world.function(Value))

    def story():
        value = weakref.ref((yield cached()))
        cached.invalidate()
        yield asyncio.sleep(0.01) if world.name == "asyncio" else trio.sleep(0.01)
        return value()

    gc.collect()
    gc.disable()
    try:
        assert world.session(story) is None
    finally:
        gc.enable()


def test_a_refresh_that_ends_the_program_ends_it():
    """Nobody waits for a refresh behind an old value, so nobody else could."""
    clock, count = FakeClock(autojump=False), Counter()

    @Cache(ttl=10, stale=50, jitter=0, clock=clock)
    async def load():
        if count() == 2:
            raise SystemExit(3)
        return "rows"

    async def main():
        await load()
        clock.advance(20)
        assert await load() == "rows"
        await asyncio.sleep(5)

    with pytest.raises(SystemExit, match="3"):
        asyncio.run(main())
