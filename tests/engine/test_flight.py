"""One flight, with nobody around it: it lands once, and who comes too late is answered all the same."""

import pytest

from resilience._flight import Flight, may_wait_locked
from resilience._gate import Answer, Lead


def test_it_lands_once():
    """What comes after the first end changes nothing."""
    flight = Flight()
    flight.land("rows")
    flight.land("later rows")
    flight.abandon()
    assert flight.fail(ConnectionError()) is None
    assert flight.result().value == "rows"


def test_who_boards_too_late_is_answered_at_once():
    """A ticket of a flight that has landed needs no wait."""
    flight = Flight()
    flight.land("rows")
    ticket = flight.board().ticket
    assert ticket.done
    assert ticket.redeem().value == "rows"


def test_a_failure_is_everybodys():
    """Without a rescue all get the error itself."""
    flight = Flight()
    ticket = flight.board().ticket
    assert flight.fail(ConnectionError("down")) is None
    with pytest.raises(ConnectionError, match="down"):
        ticket.redeem()


def test_a_rescue_is_everybodys():
    """What a gate gives instead of the error, all get."""

    class Rescued(Flight):
        __slots__ = ()

        def rescue(self, error):
            return Answer("old rows")

    flight = Rescued()
    ticket = flight.board().ticket
    assert flight.fail(ConnectionError()).value == "old rows"
    assert ticket.redeem().value == "old rows"


def test_an_abandoned_flight_has_a_new_leader():
    """The first waiter to look leads; one that is still under way gives nobody anything."""
    flight = Flight()
    ticket = flight.board().ticket
    assert ticket.redeem() is None
    flight.abandon()
    assert isinstance(ticket.redeem(), Lead)


def test_the_last_to_leave_ends_the_load():
    """Not the first; and who leaves twice, or after the landing, ends nothing."""
    ended = []
    flight = Flight()
    flight.cancel = lambda: ended.append("ended")
    first, second = flight.board().ticket, flight.board().ticket
    first.forsake()
    first.forsake()
    assert ended == []
    second.forsake()
    assert ended == ["ended"]
    landed = Flight()
    landed.cancel = flight.cancel
    late = landed.board().ticket
    landed.land("rows")
    late.forsake()
    assert ended == ["ended"]


def test_a_wait_may_be_reached_in_two_ways():
    """Two loads wait for a third, and one for both: looked at once, and nobody waits for himself."""
    outer, left, right, shared, mine = (Flight() for _ in range(5))
    outer.waits = [left, right]
    left.waits = right.waits = [shared]
    assert may_wait_locked(outer, (mine,))
    assert not may_wait_locked(outer, (shared,))
    assert may_wait_locked(outer, ())


def test_a_loader_that_vanished_abandons_its_flight():
    """A waiter finds out, and the flight is over for all."""
    flight = Flight()
    ticket = flight.board().ticket
    assert ticket.alive()
    flight.alive = lambda: False
    assert not ticket.alive()
    assert isinstance(ticket.redeem(), Lead)


def test_the_last_to_look_gets_the_error_itself():
    """The others copies; who comes after all of them leads anew."""
    flight = Flight()
    tickets = [flight.board().ticket for _ in range(3)]
    error = ConnectionError("down")
    assert flight.fail(error) is None
    seen = []
    for ticket in tickets:
        with pytest.raises(ConnectionError, match="down") as caught:
            ticket.redeem()
        seen.append(caught.value)
    assert [one is error for one in seen] == [False, False, True]
    assert isinstance(flight.board().ticket.redeem(), Lead)
    abandoned = Flight()
    abandoned.abandon()
    assert (flight.state, abandoned.state) == ("failed", "abandoned")


def test_a_circle_of_waits_is_walked_once():
    """Wherever it leads."""
    one, two, other = Flight(), Flight(), Flight()
    one.waits, two.waits = [two], [one]
    assert may_wait_locked(one, (other,))
    assert not may_wait_locked(one, (two,))
