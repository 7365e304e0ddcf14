"""Who waits before a bulkhead: dropped when late, handed on when cancelled, never lost."""

import asyncio
import random
import threading

import pytest
import trio

from resilience import AdaptiveLimit, Bulkhead, BulkheadFullError, deadline
from resilience.testing import FakeClock


def test_row_29_expired_waiters_are_dropped_first():
    """A slot goes to the first waiter whose time is not over; the others are refused."""

    async def main():
        clock = FakeClock(autojump=False)
        bulkhead = Bulkhead(1, max_queue=200, wait=1, clock=clock)
        held = bulkhead.acquire()

        async def body():
            return "served"

        late = [asyncio.create_task(bulkhead.acall(body)) for _ in range(100)]
        await asyncio.sleep(0)
        clock._now = 1.5  # time has passed, but no timer has run yet
        fresh = asyncio.create_task(bulkhead.acall(body))
        await asyncio.sleep(0)
        held.release()
        assert await fresh == "served"
        outcomes = await asyncio.gather(*late, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {BulkheadFullError}
        assert bulkhead.snapshot().active == 0
        assert bulkhead.snapshot().waiting == 0

    asyncio.run(main())


@pytest.mark.parametrize("wait", [None, 60])
@pytest.mark.parametrize("make", [Bulkhead, lambda slots, **options: AdaptiveLimit(initial=slots, **options)])
def test_row_29_a_waiter_past_its_deadline_is_passed_over(make, wait, clock):
    """Its own deadline counts, not only `wait`: nobody is there any more to use the slot."""
    policy = make(1, max_queue=2, wait=wait, clock=clock)
    held = policy.acquire()
    with deadline(5, clock=clock):
        late = policy.admit((), {}).ticket
    patient = policy.admit((), {}).ticket
    clock.advance(5)
    held.success()
    assert (late.expired, late.held, patient.held) == (True, False, True)
    with pytest.raises(BulkheadFullError, match="waited too long"):
        late.redeem()
    policy.released(patient.redeem())
    assert (policy.snapshot().active, policy.snapshot().waiting) == (0, 0)


def test_row_24_a_slot_granted_to_a_cancelled_waiter_is_handed_on():
    """A waiter cancelled as it is woken loses no slot; one cancelled while it waits leaves the queue."""

    async def main():
        bulkhead = Bulkhead(1, max_queue=5)
        held = bulkhead.acquire()

        async def body():
            return "served"

        first, second, third = (asyncio.create_task(bulkhead.acall(body)) for _ in range(3))
        await asyncio.sleep(0)
        third.cancel()
        await asyncio.wait([third])
        assert bulkhead.snapshot().waiting == 2
        held.release()
        first.cancel()
        await asyncio.wait([first])
        assert await second == "served"
        assert bulkhead.snapshot().active == 0

    asyncio.run(main())


def test_cancelled_after_it_expired():
    """A waiter that was dropped as expired and then cancelled leaves nothing behind."""

    async def main():
        clock = FakeClock(autojump=False)
        bulkhead = Bulkhead(1, max_queue=5, wait=1, clock=clock)
        held = bulkhead.acquire()

        async def body():
            return None

        task = asyncio.create_task(bulkhead.acall(body))
        await asyncio.sleep(0)
        clock._now = 2.0
        held.release()
        task.cancel()
        await asyncio.wait([task])
        assert (bulkhead.snapshot().active, bulkhead.snapshot().waiting) == (0, 0)

    asyncio.run(main())


@pytest.mark.stress
def test_stress_limits_hold_and_counts_add_up():
    """Two hundred threads and a thousand tasks of two loops on one bulkhead: never more than its slots, none lost."""
    bulkhead = Bulkhead(5, max_queue=2000)
    running, peak, lock = [0], [0], threading.Lock()
    chance = random.Random(11)

    def enter():
        with lock:
            running[0] += 1
            peak[0] = max(peak[0], running[0])

    def leave():
        with lock:
            running[0] -= 1

    def sync_body():
        enter()
        leave()

    async def aio_body():
        enter()
        await asyncio.sleep(0)
        leave()

    async def trio_body():
        enter()
        await trio.lowlevel.checkpoint()
        leave()

    async def in_asyncio():
        async def one():
            task = asyncio.create_task(bulkhead.acall(aio_body))
            if chance.random() < 0.2:
                await asyncio.sleep(0)
                task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                cancelled.append(1)

        cancelled = []
        await asyncio.gather(*[one() for _ in range(500)])

    async def in_trio():
        async with trio.open_nursery() as nursery:
            for _ in range(500):
                nursery.start_soon(bulkhead.acall, trio_body)

    runners = [threading.Thread(target=bulkhead.call, args=(sync_body,)) for _ in range(200)]
    runners.append(threading.Thread(target=asyncio.run, args=(in_asyncio(),)))
    runners.append(threading.Thread(target=trio.run, args=(in_trio,)))
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(60)
    assert not any(runner.is_alive() for runner in runners)
    assert peak[0] <= 5
    assert (bulkhead.snapshot().active, bulkhead.snapshot().waiting) == (0, 0)
