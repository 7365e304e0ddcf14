"""One stream of turns: the generic cell rate algorithm, and those who wait for their turn.

Rules: everything is guarded by the limiter's lock. `arrival` is the theoretical arrival time of the next call: it moves on
by one interval for each unit of cost, and never back but for a turn that is given back. Turns wait in the order of their
reservation; one that is given back in the middle moves the later ones forward and wakes them, and they wait anew.
`paused` is when the last pause ends: a change of pace keeps that time, and rescales what was used.
Source: ITU-T I.371, the virtual scheduling form of GCRA.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from .._gate import Park
from .._ticket import Ticket

if TYPE_CHECKING:
    from .limiter import RateLimiter

_ROUNDING = 1e-9


class Pace(NamedTuple):
    """Seconds for one unit, and how far ahead of time units may pass."""

    interval: float
    tolerance: float


class Stream:
    """What one key has used of its rate."""

    __slots__ = ("arrival", "paused", "turns")

    def __init__(self) -> None:
        self.arrival = self.paused = float("-inf")
        self.turns: deque[Turn] = deque()

    def idle(self, now: float) -> bool:
        """Would a new stream answer the same?"""
        return self.arrival <= now and not self.turns

    def delay_locked(self, now: float, cost: float, interval: float, tolerance: float) -> float:
        """Seconds until so much may pass."""
        earliest = max(self.arrival, now) + cost * interval - tolerance
        return max(0.0, earliest - now - _ROUNDING)

    def take_locked(self, now: float, cost: float, interval: float) -> None:
        self.arrival = max(self.arrival, now) + cost * interval

    def return_locked(self, turn: Turn, pace: Pace) -> list[Turn]:
        """Give a waiting turn back; those that come forward by it, to be woken."""
        later, found = [], False
        for other in self.turns:
            found = found or other is turn
            if found and other is not turn:
                other.arrival -= turn.cost * pace.interval
                later.append(other)
        if found:
            self.turns.remove(turn)
            self.arrival -= turn.cost * pace.interval
        return [other for other in later if other.sooner_locked(pace)]

    def pause_locked(self, until: float, pace: Pace) -> None:
        self.paused = max(self.paused, until)
        self.arrival = max(self.arrival, _full(until, pace))

    def retune_locked(self, now: float, old: Pace, new: Pace) -> list[Turn]:
        """The units that were used stay used, at the new pace; the turns that come forward by it, to be woken.

        While it is paused, only what was reserved behind the pause moves.
        """
        begin, moved = (now, now) if self.paused <= now else (_full(self.paused, old), _full(self.paused, new))
        scale = new.interval / old.interval
        if self.arrival >= begin:
            self.arrival = moved + (self.arrival - begin) * scale
        behind = [turn for turn in self.turns if turn.arrival >= begin]
        for turn in behind:
            turn.arrival = moved + (turn.arrival - begin) * scale
        return [turn for turn in behind if turn.sooner_locked(new)]


def _full(until: float, pace: Pace) -> float:
    """The arrival that lets nothing pass before `until`."""
    return until + pace.tolerance - pace.interval


class Turn(Ticket):
    """A reserved place in time; nobody grants it but time.

    `arrival` is the stream's once this turn has passed; `due` may be sooner, where the pace became slower meanwhile.
    """

    __slots__ = ("arrival", "cost", "due", "limiter", "stream")

    def __init__(self, limiter: RateLimiter, stream: Stream, cost: float, due: float, now: float) -> None:
        super().__init__(max(0.0, due - now), time_only=True)
        self.limiter = limiter
        self.stream = stream
        self.cost = cost
        self.arrival = stream.arrival
        self.due = due

    def sooner_locked(self, pace: Pace) -> bool:
        """Come forward, if the stream says so. Nobody who waits comes later than it was told."""
        due = self.arrival - pace.tolerance - _ROUNDING
        sooner = due < self.due
        if sooner:
            self.due = due
        return sooner

    def redeem(self) -> Any:
        """Its time has come: nothing more to say; or it was moved, and waits anew."""
        now = self.limiter.clock.now()
        with self.limiter.lock:
            if now >= self.due - _ROUNDING:
                self.stream.turns.remove(self)
                return None
            moved = Turn(self.limiter, self.stream, self.cost, self.due, now)
            moved.arrival = self.arrival
            self.stream.turns[self.stream.turns.index(self)] = moved
        return Park(moved)

    def forsake(self) -> None:
        with self.limiter.lock:
            later = self.stream.return_locked(self, self.limiter.pace())
        for turn in later:
            turn.grant()
