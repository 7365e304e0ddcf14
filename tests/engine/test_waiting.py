"""Waits that are broken off, clocks of one's own, and loops that end under those who wait."""

import asyncio
import contextlib
import contextvars
import datetime as dt
import functools
import threading
from time import monotonic

import pytest
import trio
import trio.testing
from tests.engine.gates import Slots
from tests.origins.skipping import SkippingClock

import resilience
from resilience import Bulkhead, CallTimeoutError, Timeout, _world
from resilience._deadline import Expired, Scope
from resilience._world import SYSTEM_CLOCK, attend
from resilience._world_asyncio import ASYNCIO
from resilience._world_trio import TRIO


def test_an_interrupted_wait_gives_its_place_back():
    """What breaks into a thread's wait comes out, and the ticket leaves the queue."""

    class Interrupting(SkippingClock):
        def call_at(self, when, callback):
            raise KeyboardInterrupt

    gate = Slots(1, timeout=5)
    gate.admit((), {})
    ticket = gate.admit((), {}).ticket
    with pytest.raises(KeyboardInterrupt):
        attend(ticket, Interrupting())
    assert not gate.queue


def test_threads_end_by_a_clock_of_ones_own():
    """A clock with the four functions of the protocol, and nothing else, is enough for a timeout."""
    release = threading.Event()
    with pytest.raises(CallTimeoutError):
        Timeout(0.05, thread=True, clock=SkippingClock()).call(release.wait, 60)
    release.set()


async def endless(ended, forever):
    """Waits until it is cancelled, and says so."""
    try:
        await forever()
    finally:
        ended.append(1)


def test_asyncio_work_is_cancelled_from_any_thread():
    """From another thread, from its own, and when its loop is long closed."""
    ended = []

    async def main():
        work = functools.partial(endless, ended, asyncio.Event().wait)
        cancels = [ASYNCIO.spawn(work, contextvars.copy_context()) for _ in range(2)]
        await asyncio.sleep(0)
        await asyncio.to_thread(cancels[0])
        cancels[1]()
        while len(ended) < 2:
            await asyncio.sleep(0)
        return cancels[0], ASYNCIO.alive()

    cancel, alive = asyncio.run(main())
    cancel()
    assert (len(ended), alive()) == (2, False)


def test_trio_work_is_cancelled_from_any_thread():
    """The same in trio: another thread, its own, a run that is over."""
    ended = []

    async def main():
        work = functools.partial(endless, ended, trio.sleep_forever)
        cancels = [TRIO.spawn(work, contextvars.copy_context()) for _ in range(2)]
        await trio.testing.wait_all_tasks_blocked()
        await trio.to_thread.run_sync(cancels[0])
        cancels[1]()
        while len(ended) < 2:
            await trio.sleep(0)
        return cancels[0], TRIO.alive()

    cancel, alive = trio.run(main)
    cancel()
    assert (len(ended), alive()) == (2, False)


def test_a_trio_event_may_be_cleared_at_any_time():
    """Also while it is not set; a set one waits anew."""

    async def main():
        event = TRIO.event()
        event.clear()
        event.set()
        await event.wait()
        event.clear()
        with trio.move_on_after(0.01) as scope:
            await event.wait()
        return scope.cancelled_caught

    assert trio.run(main)


def test_an_awaitable_that_is_no_coroutine_is_ended_as_well():
    """A future has no steps to take; it is awaited whole, and its time is bounded too."""

    async def main():
        loop = asyncio.get_running_loop()
        done, never = loop.create_future(), loop.create_future()
        done.set_result("value")
        scope = Scope(monotonic() + 0.01, monotonic, True, 1)
        assert await ASYNCIO.bounded(lambda: done, (), {}, scope, None) == "value"
        with pytest.raises(Expired):
            await ASYNCIO.bounded(lambda: never, (), {}, scope, None)

    asyncio.run(main())


CENTURIES = [1e10, 1e308, dt.timedelta.max]


@pytest.mark.parametrize("seconds", CENTURIES, ids=str)
def test_row_54_a_thread_may_be_told_to_wait_for_centuries(seconds):
    """More than the system can count is no error: it waits as long as it takes."""
    bulkhead = Bulkhead(1, max_queue=1, wait=seconds)
    for within in (resilience.deadline(seconds), contextlib.nullcontext()):
        held = bulkhead.acquire()
        threading.Timer(0.01, held.release).start()
        with within:
            assert bulkhead.call(int, "7") == 7
    assert Timeout(seconds, thread=True).call(threading.Event().wait, 0.01) is False


def test_row_54_a_thread_may_be_told_to_sleep_for_centuries(monkeypatch):
    """It sleeps for 31 years at the most."""
    slept = []
    monkeypatch.setattr(_world, "sleep", slept.append)
    for seconds in (1e308, 2.0):
        SYSTEM_CLOCK.sleep(seconds)
    timer = SYSTEM_CLOCK.call_at(1e308, slept.append)
    timer()
    assert slept == [1e9, 2.0]
