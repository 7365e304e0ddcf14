"""Bulkhead: each line of its contract, in every world."""

import asyncio
import gc
import threading

import pytest
import trio

import resilience
from resilience import Bulkhead, BulkheadFullError, events
from resilience.testing import Recorder


def test_slots_are_bounded(world, clock):
    """With all slots taken a call is refused, unmade; afterwards there is room again."""
    bulkhead = Bulkhead(1, clock=clock)
    held = bulkhead.acquire()
    with Recorder(events.CallRejected) as recorder, pytest.raises(BulkheadFullError) as caught:
        world.call(bulkhead, lambda: pytest.fail("called"))
    assert (caught.value.policy, caught.value.reason) == (bulkhead.name, "full")
    assert recorder.events[0].reason == "full"
    held.release()
    assert world.call(bulkhead, lambda: 7) == 7
    assert bulkhead.snapshot().as_dict() == {
        "name": bulkhead.name,
        "active": 0,
        "max_concurrent": 1,
        "waiting": 0,
        "max_queue": 0,
        "admitted": 2,
        "rejected": 1,
        "would_reject": 0,
    }


@pytest.mark.parametrize("kind", [ConnectionError, KeyboardInterrupt, GeneratorExit])
def test_row_10_every_exit_returns_the_slot(kind):
    """Also errors and interrupts."""
    bulkhead = Bulkhead(1)

    def stop():
        raise kind

    for _ in range(3):
        with pytest.raises(kind):
            bulkhead.call(stop)
    assert bulkhead.snapshot().active == 0


def test_slots_are_made_when_they_are_needed():
    """A bulkhead of a billion costs nothing; after a smaller number, as many as were asked for run at once."""
    bulkhead = Bulkhead(10**9)
    held = [bulkhead.acquire() for _ in range(5)]
    assert len(bulkhead._slots.slots) == 5
    bulkhead.retune(max_concurrent=2)
    for permit in held[:4]:
        with pytest.raises(BulkheadFullError):
            bulkhead.call(int)
        permit.release()
    held[4].release()
    assert bulkhead.call(int) == 0
    assert (bulkhead.snapshot().active, bulkhead.snapshot().admitted, len(bulkhead._slots.slots)) == (0, 6, 2)
    bulkhead.acquire()
    bulkhead.reset_after_fork()
    assert bulkhead.snapshot().active == 0


def test_the_queue_is_first_in_first_out(world, clock):
    """Waiters are served in the order they came."""
    bulkhead = Bulkhead(1, max_queue=10, clock=clock)
    order = []

    def body(number):
        order.append(number)
        yield world.sleep(clock, 1)

    guarded = bulkhead(world.function(body))
    together(world, clock, guarded, 5, bulkhead)
    assert order == sorted(order)
    assert bulkhead.snapshot().active == 0


def together(world, clock, guarded, number, bulkhead):
    if world.name == "sync":
        threads = []
        for index in range(number):
            thread = threading.Thread(target=guarded, args=(index,))
            thread.start()
            threads.append(thread)
            wait_for(lambda: bulkhead.snapshot().admitted + bulkhead.snapshot().waiting > len(threads) - 1)
        for thread in threads:
            thread.join(30)
        return

    async def main():
        if world.name == "asyncio":
            await asyncio.gather(*[guarded(index) for index in range(number)])
            return
        async with trio.open_nursery() as nursery:
            for index in range(number):
                nursery.start_soon(guarded, index)
                await trio.testing.wait_all_tasks_blocked()

    import trio.testing

    asyncio.run(main()) if world.name == "asyncio" else trio.run(main)


def wait_for(condition):
    pause = threading.Event()
    for _ in range(5000):
        if condition():
            return
        pause.wait(0.001)
    raise AssertionError("it did not come to pass")


def test_the_queue_is_bounded(clock):
    """One more than the queue holds is refused at once."""

    async def main():
        bulkhead = Bulkhead(1, max_queue=2, clock=clock)
        held = bulkhead.acquire()

        async def body():
            return None

        waiting = [asyncio.create_task(bulkhead.acall(body)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(BulkheadFullError, match="2 of 2 places"):
            await bulkhead.acall(body)
        held.release()
        await asyncio.gather(*waiting)

    asyncio.run(main())


def test_a_wait_that_takes_too_long(world, clock):
    """After `wait` seconds the waiter is refused and out of the queue."""
    bulkhead = Bulkhead(1, max_queue=5, wait=3, clock=clock)
    held = bulkhead.acquire()
    with pytest.raises(BulkheadFullError, match="waited too long"):
        world.call(bulkhead, int)
    assert clock.now() == 3
    assert bulkhead.snapshot().waiting == 0
    held.release()


def test_the_deadline_bounds_the_wait(world, clock):
    """`wait=None` waits to the deadline, and not past it."""
    bulkhead = Bulkhead(1, max_queue=5, clock=clock)
    held = bulkhead.acquire()

    def story():
        with resilience.deadline(4, clock=clock), pytest.raises(resilience.CallTimeoutError) as caught:
            yield world.method(bulkhead)(world.function(int))
        assert caught.value.reason == "deadline passed"

    world.session(story)
    assert clock.now() == 4
    assert bulkhead.snapshot().waiting == 0
    held.release()


def test_wait_zero_never_queues(clock):
    """`wait=0` refuses at once, whatever the queue."""
    bulkhead = Bulkhead(1, max_queue=5, wait=0, clock=clock)
    with bulkhead.acquire(), pytest.raises(BulkheadFullError):
        bulkhead.call(int)


def test_a_collected_permit_comes_back(clock):
    """A permit that is dropped unsettled gives its slot back, also to a waiter, without a lock in the finalizer."""
    bulkhead = Bulkhead(1, max_queue=1, clock=clock)
    permit = bulkhead.acquire()
    cycle = [permit]
    cycle.append(cycle)
    del permit, cycle
    with bulkhead._lock:
        gc.collect()
    assert bulkhead.call(int, "7") == 7
    assert bulkhead.snapshot().active == 0


def test_a_sync_call_on_a_loop_never_waits():
    """The slot may belong to that very loop: refused at once."""

    async def main():
        bulkhead = Bulkhead(1, max_queue=5)
        with bulkhead.acquire(), pytest.raises(BulkheadFullError):
            bulkhead.call(int)

    asyncio.run(main())
    trio.run(main)


@pytest.mark.worlds("asyncio", "trio", reason="async with")
def test_two_steps_async(world, clock):
    """`async with await bulkhead.aacquire()` waits its turn and gives it back."""
    bulkhead = Bulkhead(1, max_queue=1, clock=clock)

    async def main():
        async with await bulkhead.aacquire():
            assert bulkhead.snapshot().active == 1
        assert bulkhead.snapshot().active == 0

    asyncio.run(main()) if world.name == "asyncio" else trio.run(main)


def test_generators_hold_their_slot():
    """From the first `next` to the close."""
    bulkhead = Bulkhead(1)

    @bulkhead
    def rows():
        yield 1
        yield 2

    stream = rows()
    assert bulkhead.snapshot().active == 0
    next(stream)
    assert bulkhead.snapshot().active == 1
    stream.close()
    assert bulkhead.snapshot().active == 0


def test_forked_children_begin_with_all_slots():
    """Who held a slot in the parent does not hold one in the child."""
    bulkhead = Bulkhead(1, max_queue=1)
    permit = bulkhead.acquire()
    bulkhead.reset_after_fork()
    assert bulkhead.call(int, "7") == 7
    permit.settled = True


@pytest.mark.parametrize(
    "options",
    [
        {"max_concurrent": 0},
        {"max_concurrent": True},
        {"max_concurrent": 1, "max_queue": -1},
        {"max_concurrent": 1, "wait": -1},
        {"max_concurrent": 1, "wait": float("nan")},
    ],
    ids=str,
)
def test_row_54_bad_options_name_themselves(options):
    """Each bad option is refused by name."""
    with pytest.raises((ValueError, TypeError), match=f"{list(options)[-1]}="):
        Bulkhead(**options)


def test_repr():
    """At a glance."""
    assert repr(Bulkhead(3, max_queue=4, name="pool")).endswith("3 at once, queue 4>")
