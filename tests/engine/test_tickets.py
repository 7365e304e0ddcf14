"""Queues by tickets: threads and both loops on one gate, cancelled at any moment, lose no slot."""

import asyncio
import random
import threading

import pytest
import trio
from tests.engine.gates import Slots, sweep

import resilience
from resilience.testing import FakeClock


def test_waits_in_order_and_is_granted(world):
    """Callers beyond the slots wait and are served; never more than the slots at once."""
    gate = Slots(2)

    def body():
        return (yield pause(world))

    guarded = gate(world.function(body))
    outcome = run_together(world, [guarded] * 8)
    assert outcome == ["slept"] * 8
    assert gate.peak == 2
    assert gate.free == 2
    assert not gate.queue


def pause(world):
    if world.name == "sync":
        threading.Event().wait(0.002)
        return "slept"
    return asyncio.sleep(0.002, "slept") if world.name == "asyncio" else trio_pause()


async def trio_pause():
    await trio.sleep(0.002)
    return "slept"


def run_together(world, functions):
    if world.name == "sync":
        return world.together(*functions)

    async def main():
        results = []
        if world.name == "asyncio":
            return await asyncio.gather(*[function() for function in functions])

        async def one(function):
            results.append(await function())

        async with trio.open_nursery() as nursery:
            for function in functions:
                nursery.start_soon(one, function)
        return results

    return asyncio.run(main()) if world.name == "asyncio" else trio.run(main)


def test_timeout_of_a_ticket(world, clock):
    """A ticket whose timeout is over is redeemed ungranted: the gate says what that means."""
    gate = Slots(1, timeout=5, clock=clock)
    gate.free = 0
    with pytest.raises(BlockingIOError, match="no slot in time"):
        world.call(gate, int)
    assert clock.now() == 5
    assert not gate.queue


def test_deadline_ends_a_wait(world, clock):
    """The deadline ends a wait before the ticket's own timeout; nobody counts a call that was never begun."""
    gate = Slots(1, timeout=50, clock=clock)
    gate.free = 0
    with (
        pytest.raises(resilience.CallTimeoutError) as caught,
        resilience.deadline(3, clock=clock),
    ):
        world.call(gate, int)
    assert caught.value.reason == "deadline passed"
    assert clock.now() == 3
    assert not gate.queue


def test_row_24_sweep_loses_no_slot():
    """Cancelled at every suspension point, with a slot free, waiting, and just granted: the slots are whole."""

    async def body():
        await asyncio.sleep(0)

    for granted in (False, True):
        gates = []

        def make(gates=gates, granted=granted):
            gate = Slots(1)
            gate.free = 0
            gates.append(gate)
            loop = asyncio.get_running_loop()
            if granted:
                loop.call_soon(lambda: loop.call_soon(gate.give_back))
            return gate.acall(body)

        if not granted:
            # Never granted: the only suspension point is the wait itself.
            async def once(gate):
                task = asyncio.create_task(gate.acall(body))
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])

            gate = Slots(1)
            gate.free = 0
            asyncio.run(once(gate))
            assert not gate.queue
            continue
        points = sweep(make, lambda k: None)
        assert points >= 3
        for gate in gates:
            if gate.queue or gate.free != 1:
                gate.give_back() if gate.free == 0 and not gate.queue else None
            assert not gate.queue
            assert gate.free == 1


def test_row_24_slot_granted_to_a_cancelled_waiter_is_handed_on():
    """A waiter that is cancelled in the very tick it is granted hands its slot to the next."""

    async def body():
        return "served"

    async def main():
        gate = Slots(1)
        gate.free = 0
        first, second = (asyncio.create_task(gate.acall(body)) for _ in range(2))
        await asyncio.sleep(0)
        gate.give_back()
        first.cancel()
        await asyncio.wait([first])
        assert await asyncio.wait_for(second, 5) == "served"
        assert (gate.free, len(gate.queue)) == (1, 0)

    asyncio.run(main())


@pytest.mark.stress
def test_row_24_threads_and_loops_on_one_gate():
    """Threads, asyncio and trio share three slots, half of the tasks cancelled at random: peak 3, free 3, queue empty."""
    gate = Slots(3)
    chance = random.Random(7)

    async def brief_asyncio():
        await asyncio.sleep(chance.random() / 1000)

    async def brief_trio():
        await trio.sleep(chance.random() / 1000)

    def in_thread():
        for _ in range(60):
            gate.call(threading.Event().wait, chance.random() / 1000)

    async def in_asyncio():
        async def one():
            task = asyncio.create_task(gate.acall(brief_asyncio))
            if chance.random() < 0.5:
                await asyncio.sleep(chance.random() / 500)
                task.cancel()
            await asyncio.wait([task])

        await asyncio.gather(*[one() for _ in range(150)])

    async def in_trio():
        async def one():
            with trio.move_on_after(chance.random() / 250):
                await gate.acall(brief_trio)

        async with trio.open_nursery() as nursery:
            for _ in range(150):
                nursery.start_soon(one)

    runners = [threading.Thread(target=in_thread) for _ in range(3)]
    runners.append(threading.Thread(target=asyncio.run, args=(in_asyncio(),)))
    runners.append(threading.Thread(target=trio.run, args=(in_trio,)))
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(60)
    assert not any(runner.is_alive() for runner in runners)
    assert gate.peak == 3
    assert (gate.free, len(gate.queue)) == (3, 0)


def test_sync_call_on_a_loop_does_not_park():
    """A sync call on a loop's thread answers at once: the slot may belong to that very loop."""

    async def main():
        gate = Slots(1)
        gate.free = 0
        with pytest.raises(BlockingIOError):
            gate.call(int)

    asyncio.run(main())
    trio.run(main)


def test_dead_loops_are_nobody_to_wake():
    """Granting to a waiter whose loop has gone raises nothing; its slot is the gate's to mind."""
    gate = Slots(1)
    gate.free = 0
    loop = asyncio.new_event_loop()

    async def body():
        return None

    task = loop.create_task(gate.acall(body))
    loop.run_until_complete(asyncio.sleep(0))
    ticket = gate.queue[0]
    loop.close()
    ticket.granted = True
    ticket.grant()
    assert ticket.done
    task._log_destroy_pending = False


def test_autojump_waits_for_a_grant(world):
    """A fake clock does not jump over a ticket that somebody who can still run will grant."""
    clock = FakeClock()
    gate = Slots(1, timeout=100, clock=clock)

    def body():
        yield world.sleep(clock, 10)
        return clock.now()

    guarded = gate(world.function(body))
    assert sorted(run_together(world, [guarded] * 3)) == [10, 20, 30]
