"""Permits in two steps, on a policy that queues: what the base gives to every policy with permits."""

import pytest
import trio
from tests.engine.gates import Scripted, Slots

from resilience import ResilienceError
from resilience._flight import Flight
from resilience._gate import Lead
from resilience._permit import Acquirable


class Rooms(Slots, Acquirable):
    """So many slots, held by permits."""

    __slots__ = ()

    def released(self, permit):
        self.give_back()


class Leading(Scripted, Acquirable):
    """Wants a load to be led, which a permit alone cannot do."""

    __slots__ = ()


def test_every_way_out_gives_it_back_once():
    """Success, failure with an error or without, release, and leaving; what comes later gives nothing back."""
    rooms = Rooms(1)
    for leave in ("success", "failure", "release"):
        permit = rooms.acquire()
        assert rooms.free == 0
        getattr(permit, leave)()
        permit.release()
        assert rooms.free == 1
    with pytest.raises(ConnectionError), rooms.acquire():
        raise ConnectionError
    assert rooms.free == 1


def test_who_must_wait_waits(clock):
    """Admission that parks is waited for, in a thread and in a task; out of time the gate says so."""
    rooms = Rooms(1, timeout=3, clock=clock)
    held = rooms.acquire()
    with pytest.raises(BlockingIOError):
        rooms.acquire()

    async def main():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(leave_soon)
            async with await rooms.aacquire():
                assert rooms.free == 0

    async def leave_soon():
        held.release()

    trio.run(main)
    assert (rooms.free, list(rooms.queue)) == (1, [])


def test_a_permit_leads_no_load():
    """A gate that wants a load to be run has no function here to run."""
    with pytest.raises(ResilienceError, match="has no function for it"):
        Leading(admits=[Lead(Flight())]).acquire()
