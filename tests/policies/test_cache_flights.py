"""Single flight: one load for each key, in all worlds at once, whoever comes, goes or fails."""

import asyncio
import contextvars
import gc
import threading
import time

import pytest
import trio

import resilience
from resilience import Cache, Pipeline, Timeout, events
from resilience.policies import cache as cache_module
from resilience.testing import FakeClock, Recorder

ASYNC = pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")


def run(world, main):
    return asyncio.run(main()) if world.name == "asyncio" else trio.run(main)


def test_row_36_a_thousand_callers_one_load():
    """A thousand tasks that miss together load once."""
    loads = []

    async def main():
        gate = asyncio.Event()

        @Cache(ttl=30)
        async def load(key):
            loads.append(key)
            await gate.wait()
            return "rows"

        tasks = [asyncio.create_task(load(1)) for _ in range(1000)]
        await asyncio.sleep(0)
        gate.set()
        assert set(await asyncio.gather(*tasks)) == {"rows"}

    asyncio.run(main())
    assert loads == [1]


def test_threads_share_one_load():
    """Fifty threads that miss together load once."""
    loads, gate = [], threading.Event()
    cache = Cache(ttl=30)

    def load():
        loads.append(1)
        gate.wait(30)
        return "rows"

    values = []
    threads = [threading.Thread(target=lambda: values.append(cache.call(load))) for _ in range(50)]
    for thread in threads:
        thread.start()
    while cache.snapshot().misses < 50:
        time.sleep(0.001)
    gate.set()
    for thread in threads:
        thread.join(30)
    assert (len(loads), values) == (1, ["rows"] * 50)


def test_a_failing_load_ends_for_all_at_once(world):
    """All waiters get the error, with a traceback that does not grow with their number."""
    gate = threading.Event()
    cache = Cache(ttl=30)
    calls = []

    def body():
        calls.append(1)
        if world.name == "sync":
            gate.wait(30)
        else:
            yield asyncio.sleep(0.01) if world.name == "asyncio" else trio.sleep(0.01)
        raise ConnectionError("down")

    guarded = cache(world.function(body) if world.is_async else lambda: (calls.append(1), gate.wait(30), fail()))
    errors = gather(world, guarded, 50, lambda: (wait_for(lambda: cache.snapshot().misses == 50), gate.set()))
    assert len(calls) == 1
    assert {type(error) for error in errors} == {ConnectionError}
    depth, link = 0, errors[0].__traceback__
    while link is not None:
        depth, link = depth + 1, link.tb_next
    assert depth < 25


def fail():
    raise ConnectionError("down")


def wait_for(condition):
    for _ in range(10_000):
        if condition():
            return
        time.sleep(0.001)
    raise AssertionError("it did not come to pass")


def gather(world, guarded, number, between):
    outcomes = []
    if world.name == "sync":

        def one():
            try:
                outcomes.append(guarded())
            except Exception as error:
                outcomes.append(error)

        threads = [threading.Thread(target=one) for _ in range(number)]
        for thread in threads:
            thread.start()
        between()
        for thread in threads:
            thread.join(30)
        return outcomes

    async def each():
        try:
            outcomes.append(await guarded())
        except Exception as error:
            outcomes.append(error)

    async def main():
        if world.name == "asyncio":
            await asyncio.gather(*[each() for _ in range(number)])
            return
        async with trio.open_nursery() as nursery:
            for _ in range(number):
                nursery.start_soon(each)

    run(world, main)
    return outcomes


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


@ASYNC
def test_context_variables_stay_in_the_load(world):
    """What an async load sets does not come back."""
    variable = contextvars.ContextVar("variable", default="unset")

    def body():
        variable.set("inside")
        return variable.get()

    def story():
        assert (yield world.method(Cache(ttl=3))(world.function(body))) == "inside"
        assert variable.get() == "unset"

    world.session(story)


def test_a_load_that_asks_for_its_own_key(world):
    """At any depth it runs the function instead of waiting for itself."""
    cached = []

    def same(n):
        state["depth"] += 1
        return "deep" if state["depth"] == 3 else (yield cached[0](n))

    state = {"depth": 0}
    cached.append(Cache(ttl=3)(world.function(same)))
    assert world.run(cached[0], 1) == "deep"


def test_sync_call_on_the_leaders_loop_runs_the_function():
    """A sync caller on the thread of the loop that loads would wait for itself: it runs the function."""

    def keyer():
        return "shared"

    async def main():
        cache = Cache(ttl=30)

        async def load():
            await asyncio.sleep(0.01)
            return "async"

        task = asyncio.create_task(drive_with(cache, load, keyer))
        await asyncio.sleep(0)
        assert len(cache._flights) == 1
        assert drive_sync(cache, lambda: "sync", keyer) == "sync"
        assert await task == "async"

    asyncio.run(main())


def test_a_sync_ticket_on_a_loop_goes_alone():
    """A boarding pass that cannot be waited for is redeemed as: run the function yourself."""
    from resilience._world import attend

    async def main():
        cache = Cache(ttl=30)

        async def load():
            await asyncio.sleep(0.01)

        task = asyncio.create_task(cache.acall(load))
        await asyncio.sleep(0)
        (flight,) = cache._flights.values()
        place = flight.board()
        assert attend(place.ticket, cache.clock) is None
        flight.leave(place.ticket)
        await task

    asyncio.run(main())


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


def test_row_42_a_loop_that_ends_under_a_flight():
    """The loop that loaded is closed without a word: a thread that waits for it finds out and loads itself."""
    cache = Cache(ttl=30)
    stuck = asyncio.new_event_loop()

    async def never():
        await asyncio.Event().wait()

    def keyer(*args):
        return "shared"

    task = stuck.create_task(drive_with(cache, never, keyer))
    stuck.run_until_complete(asyncio.sleep(0.01))
    task._log_destroy_pending = False
    for pending in asyncio.all_tasks(stuck):
        pending._log_destroy_pending = False
    values = []

    def load():
        return "loaded here"

    waiter = threading.Thread(target=lambda: values.append(drive_sync(cache, load, keyer)))
    waiter.start()
    wait_for(lambda: any(flight._waiters and len(flight._waiters) > 1 for flight in list(cache._flights.values())))
    stuck.close()
    waiter.join(30)
    assert values == ["loaded here"]
    gc.collect()


def drive_with(cache, function, keyer):
    from resilience._drive import adrive
    from resilience.policies._lookup import Reading

    return adrive(Reading(cache, keyer), function, cache.clock)()


def drive_sync(cache, function, keyer):
    from resilience._drive import drive
    from resilience.policies._lookup import Reading

    return drive(Reading(cache, keyer), function, cache.clock)()


def test_row_42_three_runs_and_two_loops_at_once():
    """Three `asyncio.run` in a row and two loops in two threads share one cache."""
    cache = Cache(ttl=30)

    @cache
    async def load(key):
        await asyncio.sleep(0.005)
        return key

    for _ in range(3):
        assert asyncio.run(load(1)) == 1
    values = []
    threads = [threading.Thread(target=lambda: values.append(asyncio.run(load(2)))) for _ in range(2)]
    threads.append(threading.Thread(target=lambda: values.append(trio.run(trio_load, cache))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(values) == [2, 2, 3]
    assert cache._flights == {}


async def trio_load(cache):
    async def load():
        await trio.sleep(0.001)
        return 3

    return await cache.acall(load)


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
    from resilience import _background
    from resilience._threads import Threads

    monkeypatch.setattr(_background, "REFRESHERS", Threads(1, name="few"))
    gate = threading.Event()
    _background.REFRESHERS.submit(contextvars.Context(), lambda: gate.wait(30))
    clock = FakeClock()
    cache = Cache(ttl=10, stale=50, jitter=0, clock=clock)
    numbers = iter(range(10))
    cached = cache(lambda: next(numbers))
    assert cached() == 0
    clock.advance(11)
    assert cached() == 0
    assert cache._flights == {}
    gate.set()
    wait_for(lambda: _background.REFRESHERS.busy == 0)
    assert cached() == 0
    wait_for(lambda: cache.snapshot().loads == 2)
    assert cached() == 1


def test_flights_are_bounded(monkeypatch):
    """With too many loads under way a call goes alone."""
    monkeypatch.setattr(cache_module, "_MOST_FLIGHTS", 0)
    cache = Cache(ttl=30)
    assert cache.call(lambda: "alone") == "alone"
    assert cache.snapshot().size == 0


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


@pytest.mark.stress
def test_threads_and_loops_on_two_keys():
    """Threads, asyncio and trio, a ttl of 3 ms, random cancellations: no wrong value, no flight left."""
    import random

    cache = Cache(ttl=0.003)
    chance = random.Random(3)
    wrong = []

    def check(key, value):
        if value != key:
            wrong.append((key, value))

    def sync_load(key):
        return key

    async def aio_load(key):
        await asyncio.sleep(0.0005)
        return key

    async def trio_one(key):
        await trio.sleep(0.0005)
        return key

    def in_thread():
        for number in range(300):
            check(number % 2, cache.call(sync_load, number % 2))

    async def in_asyncio():
        async def one(number):
            task = asyncio.create_task(cache.acall(aio_load, number % 2))
            if chance.random() < 0.3:
                await asyncio.sleep(chance.random() / 1000)
                task.cancel()
            try:
                check(number % 2, await task)
            except asyncio.CancelledError:
                return

        for _ in range(20):
            await asyncio.gather(*[one(number) for number in range(20)])

    async def in_trio():
        async def one(number):
            with trio.move_on_after(chance.random() / 200):
                check(number % 2, await cache.acall(trio_one, number % 2))

        for _ in range(20):
            async with trio.open_nursery() as nursery:
                for number in range(20):
                    nursery.start_soon(one, number)

    runners = [threading.Thread(target=in_thread) for _ in range(2)]
    runners.append(threading.Thread(target=asyncio.run, args=(in_asyncio(),)))
    runners.append(threading.Thread(target=trio.run, args=(in_trio,)))
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(60)
    assert not any(runner.is_alive() for runner in runners)
    assert wrong == []
    assert cache._flights == {}
