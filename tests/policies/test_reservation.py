"""Turns that are reserved without waiting, and what a server says of its own limit."""

import pytest

from resilience import RateLimiter
from resilience.testing import FakeClock


def test_reservations_stand_in_one_line_with_calls(clock):
    """Each is one interval behind the other, whoever asked; time brings them."""
    limiter = RateLimiter(10, burst=1, wait=60, clock=clock)
    first, second, third = (limiter.reserve() for _ in range(3))
    assert [first.seconds, second.seconds, third.seconds] == pytest.approx([0, 0.1, 0.2])
    limiter.call(int)
    assert clock.now() == pytest.approx(0.3)
    assert (first.seconds, third.seconds) == (0, 0)
    assert repr(third) == "<Reservation of 1 in 0 s>"


def test_row_24_a_cancelled_reservation_gives_its_turn_back(clock):
    """Those behind it come forward; a second cancel, or one too late, does nothing."""
    limiter = RateLimiter(10, burst=1, clock=clock)
    first, second, third = (limiter.reserve() for _ in range(3))
    assert second.cancel()
    assert not second.cancel()
    assert repr(second) == "<Reservation of 1 cancelled>"
    assert third.seconds == pytest.approx(0.1)
    assert not first.cancel()
    clock.advance(5)
    assert not third.cancel()
    assert limiter.peek().remaining == 1


def test_a_reservation_of_several_units(clock):
    """Its turn has come when all of them have."""
    limiter = RateLimiter(10, clock=clock)
    assert limiter.reserve(10).seconds == 0
    assert limiter.reserve(5).seconds == pytest.approx(0.5)
    with pytest.raises(ValueError, match="at most burst=10"):
        limiter.reserve(11)


def test_forgotten_reservations_leave_nothing_behind(clock):
    """Their turns are swept once their time has come; keys with one are busy until then."""
    limiter = RateLimiter(10, burst=1, max_keys=1, clock=clock)
    for _ in range(100):
        limiter.reserve(key="a")
    assert limiter.snapshot().waiting == 99
    assert limiter.reserve(key="b").seconds == 0
    assert limiter.snapshot().other == 1
    clock.advance(11)
    limiter.reserve(key="b")
    assert limiter.snapshot().waiting == 2
    assert limiter.snapshot().other == 1


def test_a_turn_that_came_long_ago_frees_nothing(clock):
    """A waiter that is cancelled after its time gives nothing back, whatever passed meanwhile."""
    limiter = RateLimiter(1, burst=1, wait=60, clock=clock)
    limiter.reserve()
    ticket = limiter.admit((), {}).ticket
    clock.advance(100)
    limiter.call(int)
    ticket.forsake()
    assert not limiter.peek().allowed
    assert limiter.snapshot().waiting == 0


def test_learn_makes_it_stricter_and_never_laxer(clock):
    """Fewer left than it would let pass: used. More left than that: nothing changes."""
    limiter = RateLimiter(10, per=10, clock=clock)
    limiter.learn(remaining=4, reset=30)
    assert limiter.peek().remaining == 4
    limiter.learn(remaining=9, reset=30)
    assert limiter.peek().remaining == 4
    limiter.learn(remaining=0, reset=30)
    assert limiter.peek().retry_after == pytest.approx(30)
    clock.advance(30)
    assert limiter.peek().remaining == 1
    limiter.learn(remaining=0, reset=5, key="ann")
    assert not limiter.try_acquire(key="ann")
    assert limiter.try_acquire(key="bob")


@pytest.mark.parametrize("said", [{"remaining": -1, "reset": 1}, {"remaining": 1, "reset": -1}], ids=str)
def test_row_54_what_makes_no_sense_is_refused(said):
    """By name."""
    with pytest.raises(ValueError, match="=-1: must be"):
        RateLimiter(1, clock=FakeClock()).learn(**said)
