"""The fake clock among threads: time moves only when none of them has anything left to do."""

import _thread
import threading
import time

import pytest

from resilience import _fake_clock
from resilience._world import async_world, block
from resilience.testing import FakeClock


class Looked(FakeClock):
    """Counts how often a blocked thread looks whether it may jump."""

    looks = 0

    def idle(self, event):
        self.looks += 1
        super().idle(event)


@pytest.fixture
def clock(monkeypatch):
    """A clock that gives a working thread all the time it needs, and one other thread that sleeps for long."""
    alive = threading.enumerate
    others = set(alive()) - {threading.current_thread()}  # such as what other tests left in a pool
    monkeypatch.setattr(threading, "enumerate", lambda: [thread for thread in alive() if thread not in others])
    monkeypatch.setattr(_fake_clock, "_QUIET", 60)
    clock = Looked(autojump=False)
    thread = threading.Thread(target=clock.sleep, args=(1000,))
    thread.start()
    while not clock._timers:
        time.sleep(0.001)
    clock.autojump = True
    yield clock
    clock.advance(2000)
    thread.join()


def work(clock):
    """Until the sleeping thread has looked some times more, or has been woken."""
    looks = clock.looks
    while clock.looks < looks + 3 and clock._timers:
        time.sleep(0.001)


def test_a_thread_that_the_clock_has_woken_is_not_jumped_past(clock):
    """What it does before it waits again takes no time of this clock."""
    for turn in range(1, 21):  # either thread may be the one that lets time pass
        clock.sleep(1)
        work(clock)
        assert clock.now() == turn


def test_a_thread_that_another_has_woken_is_not_jumped_past(clock):
    """An event set outside the clock, and cleared for its next use, ends the wait as well."""
    event = threading.Event()
    for _ in range(5):
        setter = threading.Timer(0.001, event.set)
        setter.start()
        block(event, 500, clock)
        event.clear()
        setter.join()
        work(clock)
        assert clock.now() == 0


def test_a_thread_of_the_interpreters_user_holds_nothing_up(clock):
    """One begun without `threading`, as pytest-xdist does, is not waited for: each jump would cost its patience."""
    gate = _thread.allocate_lock()
    gate.acquire()
    _thread.start_new_thread(gate.acquire, ())
    clock.sleep(2000)  # which would last for a minute
    assert clock.now() == 2000
    gate.release()


@pytest.mark.worlds("asyncio", "trio", reason="a direct call has no loop")
def test_a_loop_that_a_thread_has_woken_is_not_jumped_past(world, clock):
    """The loop was idle when its watcher looked last, and what has woken it is over."""

    async def story():
        cancel = clock.call_at(500, lambda: None)  # so that the loop is watched
        for _ in range(5):
            event = async_world().event()
            setter = threading.Timer(0.005, event.set)
            setter.start()
            await event.wait()
            setter.join()
            work(clock)
            assert clock.now() == 0
        cancel()

    world.run(story)


def test_two_threads_that_look_at_once_jump_once(clock, monkeypatch):
    """Both find that all are blocked; the jump of the first has woken somebody."""
    both, look = threading.Barrier(2), clock._others_wait

    def look_together(me):
        waits = look(me)
        if waits and not clock.now():
            both.wait(30)
        return waits

    monkeypatch.setattr(clock, "_others_wait", look_together)
    clock.sleep(1)
    work(clock)
    assert clock.now() == 1


def test_who_looked_before_a_jump_has_lost_its_turn():
    """What it found is of a time that is over."""
    clock, seen = FakeClock(autojump=False), []
    for when in (1, 2):
        clock.call_at(when, lambda: seen.append(clock.now()))
    turn = clock._turn
    clock._jump_together(turn)
    clock._jump_together(turn)
    assert seen == [1]
    clock._jump_together(clock._turn)
    assert seen == [1, 2]
