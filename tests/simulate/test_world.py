"""The virtual world: tasks, timers and cancellation on a time that nobody waits for; and the policies in it."""

from contextvars import Context, ContextVar
from functools import partial

import pytest

import resilience as r
from resilience import _world, events
from resilience.simulate._clock import VirtualClock
from resilience.simulate._world import Cancelled, VirtualWorld
from resilience.testing import Recorder


@pytest.fixture
def virtual(monkeypatch):
    """A virtual world that is the world of this thread."""
    made = VirtualWorld()
    monkeypatch.setattr(_world, "virtual", made)
    return made


@pytest.fixture
def clock(virtual):
    """Its clock."""
    return VirtualClock(virtual)


def play(virtual, *works, until=100.0):
    """Runs coroutine functions as tasks, and gives what each returned or raised, and when."""
    outcomes = [None] * len(works)

    async def one(index, work):
        try:
            outcomes[index] = (virtual.now, await work())
        except Exception as error:
            outcomes[index] = (virtual.now, type(error).__name__)
        outcomes[index] = (virtual.now, outcomes[index][1])

    for index, work in enumerate(works):
        virtual.begin(one(index, work), Context())
    virtual.run(until)
    return outcomes


def test_time_jumps_to_the_next_timer(virtual, clock):
    """Tasks interleave by time; those of one time in the order that they went to sleep."""
    seen = []

    async def sleeper(name, seconds):
        await clock.asleep(seconds)
        seen.append((name, clock.now()))

    play(virtual, *(partial(sleeper, *pair) for pair in [("c", 3), ("a", 1), ("b", 1)]))
    assert seen == [("a", 1), ("b", 1), ("c", 3)]
    assert clock.now() == 100


def test_a_task_has_a_context_of_its_own(virtual):
    """What one sets no other sees."""
    variable = ContextVar("variable", default="none")
    seen = []

    async def task(value):
        variable.set(value)
        await virtual.sleep(1)
        seen.append(variable.get())

    play(virtual, partial(task, "a"), partial(task, "b"))
    assert seen == ["a", "b"]
    assert variable.get() == "none"


def test_an_event_wakes_who_waits_and_a_cancelled_wait_is_over(virtual):
    """Set before or after; a task that is cancelled hears no more."""
    event, order = virtual.event(), []

    async def waiter():
        await event.wait()
        order.append("woken")
        event.clear()
        await event.wait()
        order.append("never")

    task = virtual.begin(waiter(), Context())
    virtual.call_at(1, event.set)
    virtual.call_at(2, task.cancel)
    virtual.call_at(3, event.set)
    virtual.run(5)
    assert order == ["woken"]
    assert task.is_over
    task.wake()
    assert not virtual.ready


def test_what_is_left_is_closed_at_the_end(virtual):
    """A task that never ends is ended with the simulation, its `finally` run."""
    ended = []

    async def endless():
        try:
            await virtual.event().wait()
        finally:
            ended.append(True)

    virtual.begin(endless(), Context())
    virtual.run(1)
    assert ended == [True]
    assert not virtual.tasks


def test_what_a_task_raises_ends_the_run(virtual):
    """A mistake is not hidden."""

    async def wrong():
        raise KeyError("oops")

    virtual.begin(wrong(), Context())
    with pytest.raises(KeyError):
        virtual.run(1)


def test_timeouts_and_nested_ones(virtual, clock):
    """The inner expiry is the inner's; an outer one that ends sooner wins; a caller's cancellation passes."""
    inner, outer = r.Timeout(2, clock=clock, name="inner"), r.Timeout(1, clock=clock, name="outer")

    async def slow():
        await clock.asleep(5)

    async def told(policy):
        try:
            await policy.acall(slow)
        except r.CallTimeoutError as error:
            return error.policy

    cancelled = []

    async def cancellable():
        try:
            await inner.acall(slow)
        except Cancelled:
            cancelled.append(virtual.now)
            raise

    task = virtual.begin(cancellable(), Context())
    virtual.call_at(0.5, task.cancel)
    assert play(virtual, partial(told, inner), partial(told, r.Pipeline(outer, inner))) == [(2, "inner"), (1, "outer")]
    assert cancelled == [0.5]


def test_a_retry_waits_on_virtual_time(virtual, clock):
    """Its sleeps take none of ours."""
    calls = []

    async def failing():
        calls.append(virtual.now)
        raise ConnectionError

    policy = r.Retry(attempts=3, backoff=r.Fixed(10), clock=clock)
    assert play(virtual, partial(policy.acall, failing)) == [(20, "ConnectionError")]
    assert calls == [0, 10, 20]


def test_bulkhead_and_limiter_queue_here(virtual, clock):
    """Tickets are granted across tasks, and by time."""
    bulkhead = r.Bulkhead(1, max_queue=5, clock=clock)
    limiter = r.RateLimiter(1, burst=1, wait=None, clock=clock)

    async def work():
        await clock.asleep(2)
        return "done"

    first = play(virtual, *[partial(bulkhead.acall, work)] * 3, until=50)
    assert first == [(2, "done"), (4, "done"), (6, "done")]
    second = play(virtual, *[partial(limiter.acall, work)] * 3, until=100)
    assert [at for at, _ in second] == pytest.approx([52, 53, 54])


def test_one_load_for_all_who_want_one_key(virtual, clock):
    """Single flight holds among virtual tasks as well, and a stale answer is refreshed behind them."""
    loads = []
    cache = r.Cache(ttl=5, stale=60, jitter=0, clock=clock)

    @cache
    async def load():
        loads.append(virtual.now)
        await clock.asleep(1)
        return len(loads)

    async def later():
        await clock.asleep(10)
        first = await load()
        await clock.asleep(2)
        return first, await load()

    assert play(virtual, load, load, later) == [(1, 1), (1, 1), (12, (1, 2))]
    assert loads == [0, 10]


def test_a_flight_that_is_waited_for_is_looked_at(virtual, clock):
    """Looks at a flight's life are timers here as well, and cost no real time."""
    cache = r.Cache(ttl=5, clock=clock)

    @cache
    async def load():
        await clock.asleep(5)
        return "late"

    with Recorder(events.CacheLoaded) as recorder:
        assert play(virtual, load, load) == [(5, "late"), (5, "late")]
    assert [event.elapsed for event in recorder.events] == [5]


def test_the_clock_refuses_to_block(clock):
    """Plain functions would stop all clients; the message says what to use."""
    with pytest.raises(TypeError, match=r"\.acall\(\)"):
        clock.sleep(1)
    assert repr(clock) == "VirtualClock(now=0)"
    fired = []
    clock.call_at(1, lambda: fired.append(1))()
    assert not fired


def test_other_threads_have_their_own_world(virtual):
    """The virtual world is that of its thread alone."""
    import asyncio
    import threading

    names = []

    def other():
        async def main():
            names.append(_world.async_world().name)

        asyncio.run(main())

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(30)
    assert (names, _world.async_world().name) == (["asyncio"], "virtual")
