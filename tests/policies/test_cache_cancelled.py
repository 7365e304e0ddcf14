"""Single flight: callers that are cancelled or out of time."""

import asyncio
import threading

import pytest
import trio
from tests.policies.flights import ASYNC, run, wait_for

import resilience
from resilience import Cache, Pipeline, Timeout
from resilience.testing import FakeClock


@pytest.mark.parametrize("who", ["leader", "waiter"])
def test_row_37_a_cancelled_caller_harms_nobody(who):
    """The leader or a waiter is cancelled: the others get the value of the one load."""
    loads = []

    async def main():
        gate = asyncio.Event()

        @Cache(ttl=30)
        async def load():
            loads.append(1)
            await gate.wait()
            return "rows"

        tasks = [asyncio.create_task(load()) for _ in range(4)]
        for _ in range(5):
            await asyncio.sleep(0)
        leaver = tasks.pop(0 if who == "leader" else 2)
        leaver.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaver
        gate.set()
        assert await asyncio.gather(*tasks) == ["rows"] * 3

    asyncio.run(main())
    assert loads == [1]


def test_row_37_sweep_with_three_followers():
    """The leader cancelled after each number of steps: the followers always get the value."""
    for steps in range(12):

        async def main(steps=steps):
            @Cache(ttl=30)
            async def load():
                for _ in range(6):
                    await asyncio.sleep(0)
                return "rows"

            leader = asyncio.create_task(load())
            followers = [asyncio.create_task(load()) for _ in range(3)]
            for _ in range(steps):
                await asyncio.sleep(0)
            leader.cancel()
            assert await asyncio.gather(*followers) == ["rows"] * 3

        asyncio.run(main())


@ASYNC
def test_row_37_the_load_is_cancelled_when_the_last_waiter_leaves(world):
    """Nobody waits any more: the work is cancelled, and a newcomer begins afresh."""
    clock = FakeClock(autojump=False)
    cache = Cache(ttl=30, clock=clock)
    ended, calls = [], []

    def body():
        calls.append(1)
        if len(calls) > 1:
            return "fresh"
        try:
            yield clock.asleep(100)
        finally:
            ended.append(1)

    cached = cache(world.function(body))

    def story():
        yield cached()

    async def main():
        assert await world.cancelled(story)
        for _ in range(10):
            await (asyncio.sleep(0) if world.name == "asyncio" else trio.sleep(0))
        assert ended == [1]
        return await cached()

    assert run(world, main) == "fresh"
    assert cache._flights == {}


@ASYNC
def test_the_load_has_no_deadline_of_its_leader(world):
    """Inside an async load `remaining()` is `inf`: the leader's deadline would cut all others short."""
    seen = []
    cache = Cache(ttl=30)

    def body():
        seen.append(resilience.remaining())

    world.call(Pipeline(Timeout(5), cache), body)
    assert seen == [float("inf")]


def test_an_interrupted_leader_hands_on():
    """A sync leader that dies of a `KeyboardInterrupt`: the first waiter to look leads, none hangs."""
    cache = Cache(ttl=30)
    begun, gate = threading.Event(), threading.Event()
    calls = []

    def load():
        calls.append(1)
        if len(calls) == 1:
            begun.set()
            gate.wait(30)
            raise KeyboardInterrupt
        return "rows"

    outcomes = []

    def one():
        try:
            outcomes.append(cache.call(load))
        except KeyboardInterrupt:
            outcomes.append("interrupted")

    threads = [threading.Thread(target=one) for _ in range(4)]
    threads[0].start()
    begun.wait(30)
    for thread in threads[1:]:
        thread.start()
    wait_for(lambda: cache.snapshot().misses == 4)
    gate.set()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["interrupted", "rows", "rows", "rows"]
    assert len(calls) == 2


def test_a_leaders_own_deadline_is_nobody_elses():
    """A sync leader that runs out of its own time: the next waiter leads with more."""
    clock = FakeClock(autojump=False)
    cache = Cache(ttl=30, clock=clock)
    begun, gate = threading.Event(), threading.Event()
    calls = []

    def load():
        calls.append(1)
        if len(calls) == 1:
            begun.set()
            gate.wait(30)
            raise resilience.CallTimeoutError("out of time")
        return "rows"

    outcomes = []

    def hurried():
        with resilience.deadline(5, clock=clock):
            try:
                cache.call(load)
            except resilience.CallTimeoutError:
                outcomes.append("late")

    leader = threading.Thread(target=hurried)
    leader.start()
    begun.wait(30)
    waiter = threading.Thread(target=lambda: outcomes.append(cache.call(load)))
    waiter.start()
    wait_for(lambda: cache.snapshot().misses == 2)
    clock.advance(6)
    gate.set()
    leader.join(30)
    waiter.join(30)
    assert sorted(outcomes) == ["late", "rows"]


def test_a_late_leader_may_be_rescued_by_the_old_value():
    """With `stale_if_error`, a leader out of its own time gets the old value."""
    clock = FakeClock()
    cache = Cache(ttl=10, jitter=0, stale_if_error=60, clock=clock)
    outcomes = iter(["old"])

    def load():
        try:
            return next(outcomes)
        except StopIteration:
            clock.advance(9)
            raise ConnectionError("late") from None

    assert cache.call(load) == "old"
    clock.advance(11)
    with resilience.deadline(5, clock=clock):
        assert cache.call(load) == "old"
    assert cache._flights == {}
