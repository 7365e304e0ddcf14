"""The parts of limiters and bulkheads by themselves: bounded tables of keys, slots that come and go, ramps, counts."""

import pytest

from resilience.policies._crowd import Crowd
from resilience.policies._log import Log
from resilience.policies._probes import Probes
from resilience.policies._ramp import Ramp
from resilience.policies._slots import Slots
from resilience.policies._spans import Span
from resilience.policies._streams import Streams


class Busy:
    """A stream that is idle when it is told so."""

    def __init__(self):
        self.is_idle, self.turns = False, []

    def idle(self, now):
        return self.is_idle


def test_keys_are_made_kept_and_shared():
    """Up to the size; then an idle one goes; if all are busy, new keys share one, counted."""
    streams = Streams(3, Busy)
    made = {key: streams.of_locked(key, 0.0) for key in "abc"}
    assert streams.of_locked(None, 0.0) is streams.common
    assert [streams.of_locked(key, 0.0) for key in "abc"] == list(made.values())
    assert (len(streams), streams.other_calls) == (3, 0)
    first, second = streams.of_locked("d", 0.0), streams.of_locked("e", 0.0)
    assert first is second is streams._other
    assert (len(streams), streams.other_calls) == (3, 2)
    made["b"].is_idle = True
    new = streams.of_locked("d", 0.0)
    assert new not in (*made.values(), streams._other, streams.common)
    assert streams.look_locked("b") is None
    assert (streams.look_locked("d"), streams.look_locked(None)) == (new, streams.common)
    assert streams.look_or_new_locked("gone", 0.0) is streams._other
    assert streams.look_or_new_locked("d", 0.0) is new
    assert set(streams.all_locked()) == {streams.common, streams._other, new, made["a"], made["c"]}


def test_the_least_recently_used_idle_one_goes_first():
    """A look is a use; and eight are looked at, no more, the next eight at the next call."""
    streams = Streams(3, Busy)
    made = {key: streams.of_locked(key, 0.0) for key in "abc"}
    for stream in made.values():
        stream.is_idle = True
    streams.of_locked("a", 0.0)
    streams.of_locked("d", 0.0)
    assert [streams.look_locked(key) is not None for key in "abcd"] == [True, False, True, True]
    many = Streams(20, Busy)
    streams = [many.of_locked(number, 0.0) for number in range(20)]
    streams[8].is_idle = True
    assert many.of_locked("new", 0.0) is many._other
    assert many.of_locked("new", 0.0) is not many._other
    assert many.look_locked(8) is None


def test_who_waits_is_counted_and_forgotten():
    """Over all keys."""
    streams = Streams(3, Busy)
    streams.common.turns.append(1)
    streams._other.turns.append(1)
    streams.of_locked("a", 0.0).turns.extend([1, 2])
    assert streams.waiting_locked() == 4
    streams.forget_turns()
    assert streams.waiting_locked() == 0


class Waiter:
    def __init__(self, due=99.0):
        self.due, self.permit, self.expired = due, None, False


def test_slots_are_made_taken_and_given_back():
    """The last one that came back goes out first; each counts its uses."""
    slots = Slots(2)
    one, two = slots.take_locked(), slots.take_locked()
    assert slots.take_locked() is None
    assert (slots.taken_locked(), slots.used_locked(), slots.waiting_locked()) == (2, 2, 0)
    slots.free.append(one)
    assert (slots.taken_locked(), slots.take_locked()) == (1, one)
    assert (one.used, two.used, slots.used_locked()) == (2, 1, 3)
    late, first, second = Waiter(due=1.0), Waiter(), Waiter()
    slots.queue.extend([late, first, second])
    assert slots.serve_locked(0.5) == []
    slots.free.append(two)
    assert slots.serve_locked(1.0) == [late, first]
    assert (late.expired, late.permit, first.expired, first.permit) == (True, None, False, two)
    assert (slots.waiting_locked(), slots.used_locked()) == (1, 4)
    slots.forget_holders()
    assert (slots.waiting_locked(), slots.taken_locked(), len(slots.free)) == (0, 0, 2)


def test_slots_that_are_too_many_are_swallowed_as_they_come_back():
    """Before anybody who waits; their uses stay counted."""
    slots = Slots(3)
    held = [slots.take_locked() for _ in range(3)]
    slots.resize_locked(1)
    assert (slots.waiting_locked(), len(slots.queue), slots._debt.slots) == (0, 1, 2)
    waiter = Waiter()
    slots.queue.append(waiter)
    for slot in held[:2]:
        slots.free.append(slot)
        assert slots.serve_locked(0.0) == []
        assert slots.waiting_locked() == 1
    assert (slots.waiting_locked(), slots._debt.slots, len(slots.slots), slots.used_locked()) == (1, 0, 1, 3)
    slots.free.append(held[2])
    assert slots.serve_locked(0.0) == [waiter]
    slots.resize_locked(3)
    assert [slots.take_locked() is not None for _ in range(3)] == [True, True, False]
    slots.resize_locked(2)
    slots.resize_locked(1)
    assert (slots._debt.slots, len(slots.queue), slots.waiting_locked()) == (2, 1, 0)
    slots.resize_locked(3)
    assert (slots._debt.slots, len(slots.queue)) == (0, 0)
    slots.resize_locked(1)
    slots.forget_holders()
    assert (len(slots.slots), len(slots.free), slots._debt.slots, slots.waiting_locked()) == (1, 1, 0, 0)


def test_a_crowd():
    """Those over the limit, the most at once, the lost ones."""
    crowd = Crowd()
    guests = [crowd.enter(2) for _ in range(4)]
    assert [guest.over for guest in guests] == [False, False, True, True]
    crowd.leave(guests[3])
    assert (crowd.came, crowd.over, crowd.running, crowd.inside, crowd.most) == (4, 2, 3, 2, 4)
    crowd.lost.extend(guests[1:3])
    assert crowd.enter(2).over is False
    assert (crowd.running, crowd.inside, crowd.most, crowd.lost) == (2, 2, 4, [])
    assert crowd.explain("2 slots", "max_concurrent") == (
        "shadow: 2 slots would have refused 2 of 5 calls; "
        "at most 4 ran at once, so max_concurrent=4 would have refused none"
    )
    lock = crowd.lock
    crowd.forget_holders()
    assert crowd.lock is not lock
    assert (crowd.running, crowd.inside, crowd.came, crowd.enter(2).over) == (0, 0, 5, False)


def test_a_ramp():
    """From a twentieth to all; each call earns its share, the first goes through."""
    ramp = Ramp(100.0, 10.0)
    assert [ramp.share(100.0 + passed) for passed in (0, 0.4, 0.5, 1, 5, 10, 99)] == [
        0.05,
        0.05,
        0.05,
        0.1,
        0.5,
        1.0,
        1.0,
    ]
    assert [ramp.left(100.0 + passed) for passed in (0, 4, 10, 99)] == [10.0, 6.0, 0.0, 0.0]
    assert [ramp.admits(105.0) for _ in range(6)] == [True, True, False, True, False, True]
    late = Ramp(0.0, 10.0)
    assert [late.admits(2.5) for _ in range(8)] == [True, False, False, True, False, False, False, True]


def test_probes():
    """Slots by lease; the first that ends; each lost one told once with its reason."""
    probes = Probes()
    assert probes.earliest(7.0) == 7.0
    first, second = probes.begin(3, 10.0, 15.0), probes.begin(3, 11.0, 14.0)
    assert (first.epoch, first.start, first.number, second.number) == (3, 10.0, 1, 2)
    assert (len(probes), probes.earliest(11.0), probes.reclaim(13.9)) == (2, 14.0, [])
    assert probes.reclaim(14.0) == ["lease"]
    probes.end(second)
    probes.end(first)
    assert (len(probes), first.settled, second.settled) == (0, True, True)
    third = probes.begin(3, 20.0, 25.0)
    del third
    assert probes.reclaim(20.0) == ["collected"]
    assert probes.reclaim(20.0) == []
    fourth = probes.begin(4, 20.0, 25.0)
    probes.clear()
    assert (len(probes), fourth.number) == (0, 4)
    del fourth
    assert probes.reclaim(30.0) == []


@pytest.mark.parametrize("calls", [15, 16, 17, 40, 200])
def test_a_log_forgets_what_is_old(calls):
    """It holds no more than twice what counts, and what it forgot is not missed."""
    log, span = Log(), Span(5, 10.0)
    for number in range(calls):
        now = number * 3.0
        log.take_locked(now, 1, span)
        assert log.used_locked(now, 10.0) == min(4, number + 1)
        assert log.left_locked(now, span) == 5 - min(4, number + 1)
        assert log.free_at == now + 10.0
        assert len(log._times) == len(log._totals) <= 17
    log.pause_locked(now + 5.0, span)
    assert log.left_locked(now, span) == 0
    assert log.when_locked(now, 1, span) == now + 5.0
