"""Single flight: invalidation while loading, stale answers and refreshes in the background."""

import asyncio
import contextvars
import threading

import pytest
import trio
from tests.policies.flights import wait_for

from resilience import Cache, events
from resilience.testing import FakeClock, Recorder


def test_row_38_invalidate_beats_a_load_in_flight():
    """A load that began before `invalidate()` is not stored; its waiters still get their value."""

    async def main():
        gate, values = asyncio.Event(), iter(["old", "new"])

        @Cache(ttl=30)
        async def load():
            value = next(values)
            await gate.wait()
            return value

        first = asyncio.create_task(load())
        await asyncio.sleep(0)
        load.invalidate()
        second = asyncio.create_task(load())
        await asyncio.sleep(0)
        gate.set()
        assert (await first, await second) == ("old", "new")
        assert await load() == "new"

    asyncio.run(main())


def test_row_38_refresh_and_clear_beat_it_too():
    """A refresh's result is the one that counts, whichever lands last."""

    async def main():
        gates = [asyncio.Event(), asyncio.Event()]
        numbers = iter(range(2))

        @Cache(ttl=30)
        async def load():
            number = next(numbers)
            await gates[number].wait()
            return number

        slow = asyncio.create_task(load())
        await asyncio.sleep(0)
        refreshed = asyncio.create_task(load.refresh())
        await asyncio.sleep(0)
        gates[1].set()
        assert await refreshed == 1
        gates[0].set()
        assert await slow == 0
        assert await load() == 1
        load.cache.clear()
        assert load.cache.snapshot().size == 0

    asyncio.run(main())


def test_stale_answers_at_once_and_refreshes_once(world):
    """Past its ttl, within `stale`: the old value, and one load in the background."""
    clock = FakeClock()
    cache = Cache(ttl=10, stale=20, jitter=0, clock=clock)
    count = iter(range(1, 100))
    gate = threading.Event()

    def body():
        number = next(count)
        if number > 1 and world.name == "sync":
            gate.wait(30)
        return number

    cached = cache(world.function(body))

    def story():
        assert (yield cached()) == 1
        clock.advance(11)
        with Recorder(events.CacheHit) as recorder:
            for _ in range(3):
                assert (yield cached()) == 1
                if world.is_async:
                    break
        assert all(event.stale for event in recorder.events)
        gate.set()
        if world.is_async:
            for _ in range(10):
                yield asyncio.sleep(0) if world.name == "asyncio" else trio.sleep(0)
        else:
            wait_for(lambda: cache.snapshot().loads == 2)
        assert (yield cached()) == 2

    world.session(story)
    assert cache.snapshot().loads == 2


def test_a_failing_refresh_keeps_the_old_value(world):
    """Nobody sees the error of a background load; an event does."""
    clock = FakeClock()
    cache = Cache(ttl=10, stale=20, jitter=0, clock=clock)
    outcomes = iter(["old"])

    def body():
        try:
            return next(outcomes)
        except StopIteration:
            raise ConnectionError("down") from None

    cached = cache(world.function(body))

    def story():
        assert (yield cached()) == "old"
        clock.advance(11)
        with Recorder(events.CacheLoadFailed) as recorder:
            assert (yield cached()) == "old"
            if world.is_async:
                for _ in range(10):
                    yield asyncio.sleep(0) if world.name == "asyncio" else trio.sleep(0)
            else:
                wait_for(lambda: cache.snapshot().load_errors == 1)
            wait_for(lambda: recorder.events)
        assert recorder.events[0].refresh
        assert (yield cached()) == "old"

    world.session(story)


def test_no_thread_free_for_a_refresh(monkeypatch):
    """With every refresher busy the old value is served, and a later call tries again."""
    from resilience import _threads
    from resilience._threads import Threads

    monkeypatch.setattr(_threads, "REFRESHERS", Threads(1, name="few"))
    gate = threading.Event()
    _threads.REFRESHERS.submit(contextvars.Context(), lambda: gate.wait(30))
    clock = FakeClock()
    cache = Cache(ttl=10, stale=50, jitter=0, clock=clock)
    numbers = iter(range(10))
    cached = cache(lambda: next(numbers))
    assert cached() == 0
    clock.advance(11)
    assert cached() == 0
    assert cache._flights == {}
    gate.set()
    wait_for(lambda: _threads.REFRESHERS.busy == 0)
    assert cached() == 0
    wait_for(lambda: cache.snapshot().loads == 2)
    assert cached() == 1


def test_row_62_a_refresh_does_not_hold_up_the_exit():
    """A process whose refresh hangs exits at once, silently."""
    import subprocess
    import sys

    code = (
        "import resilience, threading\n"
        "from resilience.testing import FakeClock\n"
        "clock = FakeClock(); calls = []\n"
        "def load():\n"
        "    calls.append(1)\n"
        "    if len(calls) > 1: threading.Event().wait()\n"
        "cached = resilience.Cache(ttl=1, stale=100, jitter=0, clock=clock)(load)\n"
        "cached(); clock.advance(2); cached()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_refresh_that_fails_says_so(world, clock):
    """Without `stale_if_error` the error of an explicit refresh comes out; the entry that was there stays."""
    outcomes = iter(["rows", ConnectionError("down")])

    def body():
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    cached = Cache(ttl=10, clock=clock)(world.function(body))

    def story():
        assert (yield cached()) == "rows"
        with pytest.raises(ConnectionError):
            yield cached.refresh()
        assert (yield cached()) == "rows"

    world.session(story)
