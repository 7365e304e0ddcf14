"""One stream of turns: the generic cell rate algorithm, and those who wait for their turn.

Rules: everything is guarded by the limiter's lock. `arrival` is the theoretical arrival time of the next call: it moves on
by one interval for each unit of cost, and never back but for a turn that is given back. Turns wait in the order of their
reservation; one that is given back in the middle moves the later ones forward and wakes them, and they wait anew.
Source: ITU-T I.371, the virtual scheduling form of GCRA.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from .._gate import Park
from .._ticket import Ticket

if TYPE_CHECKING:
    from .limiter import RateLimiter

_ROUNDING = 1e-9


class Stream:
    """What one key has used of its rate."""

    __slots__ = ("arrival", "turns")

    def __init__(self) -> None:
        self.arrival = float("-inf")
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

    def return_locked(self, turn: Turn, interval: float) -> list[Turn]:
        """Give a waiting turn back; those that come forward by it, to be woken."""
        later, found = [], False
        for other in self.turns:
            found = found or other is turn
            if found and other is not turn:
                other.due -= turn.cost * interval
                later.append(other)
        if found:
            self.turns.remove(turn)
            self.arrival -= turn.cost * interval
        return later


class Turn(Ticket):
    """A reserved place in time; nobody grants it but time."""

    __slots__ = ("cost", "due", "limiter", "stream")

    def __init__(self, limiter: RateLimiter, stream: Stream, cost: float, due: float, now: float) -> None:
        super().__init__(max(0.0, due - now), time_only=True)
        self.limiter = limiter
        self.stream = stream
        self.cost = cost
        self.due = due

    def redeem(self) -> Any:
        """Its time has come: nothing more to say; or it was moved, and waits anew."""
        now = self.limiter.clock.now()
        with self.limiter.lock:
            if now >= self.due - _ROUNDING:
                self.stream.turns.remove(self)
                return None
            moved = Turn(self.limiter, self.stream, self.cost, self.due, now)
            self.stream.turns[self.stream.turns.index(self)] = moved
        return Park(moved)

    def forsake(self) -> None:
        with self.limiter.lock:
            later = self.stream.return_locked(self, self.limiter.interval)
        for turn in later:
            turn.grant()
