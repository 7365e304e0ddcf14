"""Edges: moments that are exactly due, counts that must not drift, arguments that must arrive."""

import pytest

from resilience import (
    AdaptiveLimit,
    Bulkhead,
    CircuitBreaker,
    Consecutive,
    FailureRate,
    FixedWindow,
    RateLimiter,
    SlidingWindow,
)
from resilience.policies._gcra import Cells
from resilience.policies._log import Log
from resilience.policies._slots import Slots
from resilience.policies._spans import Span
from resilience.policies._window_count import WindowCount

LIMITERS = pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])


@pytest.mark.parametrize("stream", [Log, WindowCount])
def test_when_a_stream_is_idle(stream):
    """From the moment on that nothing is used, no pause lasts and nobody waits."""
    span, used = Span(2, 10.0), stream()
    assert used.idle(0.0)
    used.take_locked(5.0, 1, span)
    assert [used.idle(now) for now in (5.0, 14.9, 15.0, 16.0)] == [False, False, True, True]
    paused = stream()
    paused.pause_locked(7.0, span)
    assert [paused.idle(now) for now in (6.9, 7.0, 8.0)] == [False, True, True]


@LIMITERS
def test_who_waits_keeps_a_stream_busy(kind, clock):
    """Until the turn has come."""
    limiter = kind(1, per=10, key=str, max_keys=1, clock=clock)
    limiter.try_acquire(key="a")
    limiter.reserve(key="a")
    stream = limiter._streams.look_locked("a")
    assert not stream.idle(clock.now())
    clock.advance(9)
    assert not stream.idle(clock.now())
    clock.advance(60)
    assert stream.idle(clock.now())
    assert not stream.turns


@LIMITERS
def test_a_turn_that_is_due_is_used(kind, clock):
    """At that very moment it is not given back, and nothing comes back."""
    limiter = kind(1, per=10, clock=clock)
    limiter.try_acquire()
    turn, behind = limiter.reserve(), limiter.reserve()
    clock.advance(10)
    assert (turn.seconds, behind.seconds) == (0.0, pytest.approx(10))
    assert turn.cancel() is False
    assert behind.seconds == pytest.approx(10)
    assert limiter.peek().retry_after == pytest.approx(20)
    assert isinstance(Cells().arrival, float)


@LIMITERS
def test_a_pause_of_one_key(kind, clock):
    """Also where the table is full and makes room first; others go on."""
    limiter = kind(1, per=10, key=str, max_keys=1, clock=clock)
    limiter.try_acquire(key="a")
    clock.advance(30)
    limiter.pause(5, key="b")
    assert limiter.peek("b").retry_after == pytest.approx(5)
    assert limiter.peek("a").allowed
    assert limiter.peek().allowed
    assert limiter.snapshot().keys == 1


def test_free_slots_pay_all_that_is_owed():
    """At once, when a bulkhead shrinks while nobody is in it."""
    slots = Slots(3)
    slots.free.extend([slots.take_locked() for _ in range(3)])
    slots.resize_locked(1)
    assert slots.serve_locked(0.0) == []
    assert (len(slots.slots), len(slots.free), slots._debt.slots, len(slots.queue)) == (1, 1, 0, 0)


def test_how_many_failed_probes_reopen():
    """One at least, and the rate."""
    rate = FailureRate(0.5)
    assert [rate.reopens(failures, 2) for failures in (0, 1, 2)] == [False, True, True]
    assert [rate.reopens(failures, 3) for failures in (1, 2)] == [False, True]
    assert [Consecutive(3).reopens(failures, 9) for failures in (0, 1)] == [False, True]


@pytest.mark.parametrize("make", [lambda **o: Bulkhead(1, **o), lambda **o: AdaptiveLimit(initial=1, maximum=1, **o)])
def test_a_slot_that_was_granted_and_not_taken_counts_as_nobodys(make, clock):
    """It is handed on, and admitted once."""
    policy = make(max_queue=3, wait=None, clock=clock)
    held = policy.acquire()
    first, second = policy.admit((), {}).ticket, policy.admit((), {}).ticket
    held.release()
    first.forsake()
    permit = second.redeem()
    assert (policy.snapshot().active, policy.snapshot().waiting, policy.snapshot().admitted) == (1, 0, 2)
    policy.released(permit)
    third = policy.acquire()
    last = policy.admit((), {}).ticket
    third.release()
    last.forsake()
    assert (policy.snapshot().active, policy.snapshot().waiting, policy.snapshot().admitted) == (0, 0, 3)


def test_a_dump_in_each_state(clock):
    """Seconds that are left; none where it is not open; how often it failed to recover."""
    clock.advance(100)
    breaker = CircuitBreaker(trip=Consecutive(1), reset_timeout=10, clock=clock, random=lambda: 0.0)
    closed = breaker.dump()
    assert {name: closed[name] for name in closed if name != "stamp"} == {
        "format": 1, "state": "closed", "isolated": False, "open_for": 0.0, "failed_recoveries": 0,
    }  # fmt: skip
    breaker.open(0.5)
    assert (breaker.dump()["open_for"], breaker.dump()["state"]) == (0.5, "open")
    clock.advance(0.5)
    breaker.acquire().failure()
    clock.advance(4)
    with breaker.isolate():
        dumped = breaker.dump()
    assert (dumped["open_for"], dumped["failed_recoveries"], dumped["isolated"]) == (6.0, 1, True)
    clock.advance(99)
    assert breaker.dump()["open_for"] == 0.0


def test_a_dump_taken_up(clock, monkeypatch):
    """Less the time that has passed meanwhile; with its failed recoveries, and open no longer than it was."""
    from resilience.policies import _manual

    wall = [1000.0]
    monkeypatch.setattr(_manual, "wall_time", lambda: wall[0])
    state = {"format": 1, "state": "open", "isolated": False, "open_for": 3.0, "failed_recoveries": 2, "stamp": 1000.0}
    breaker = CircuitBreaker(clock=clock)
    wall[0] = 1002.5
    breaker.load(state)
    assert (breaker.snapshot().open_for, breaker.snapshot().failed_recoveries) == (0.5, 2)
    assert breaker.snapshot().opened == 1
    wall[0] = 1010.0
    breaker.load(state)
    assert breaker.state == "half-open"
    breaker.load({**state, "isolated": True})
    assert breaker.state == "isolated"
    breaker.load({**state, "state": "closed", "failed_recoveries": 0})
    assert breaker.dump()["isolated"] is True


def test_circuits_of_instances_after_a_fork(clock):
    """They have locks of their own; new instances get circuits."""
    breaker = CircuitBreaker(trip=Consecutive(1), scope="instance", clock=clock)

    class Client:
        @breaker
        def rows(self):
            return 1

    one, two = Client(), Client()
    one.rows()
    locks = [circuit._lock for circuit in breaker.circuits()]
    breaker.reset_after_fork()
    assert [circuit._lock for circuit in breaker.circuits()] != locks
    assert (one.rows(), two.rows(), len(breaker.circuits())) == (1, 1, 3)
