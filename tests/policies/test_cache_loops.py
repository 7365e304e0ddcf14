"""Single flight across threads, asyncio and trio at once."""

import asyncio
import gc
import threading

import pytest
import trio
from tests.policies.flights import wait_for

from resilience import Cache
from resilience.testing import FakeClock


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


def test_a_fake_clock_does_not_drift_while_a_thread_waits_for_a_load():
    """Looking whether a load can still end is done by real time: a test's clock stays where it is."""
    clock = FakeClock()
    cache = Cache(ttl=30, clock=clock)
    gate, values = threading.Event(), []

    def load():
        gate.wait(30)
        return "rows"

    threads = [threading.Thread(target=lambda: values.append(cache.call(load))) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_for(lambda: cache.snapshot().misses == 2)
    threading.Event().wait(0.1)
    gate.set()
    for thread in threads:
        thread.join(30)
    assert values == ["rows", "rows"]
    assert clock.now() == 0
