"""Turns: those who wait in a limiter's stream, in the order of their reservation; and what every stream has.

Rules: everything is guarded by the limiter's lock. A stream takes units at one moment after another, never at an earlier
one. A turn that is given back before its time moves the later ones forward and wakes them, and they wait anew. Nobody who
waits comes later than it was told. What only time grants is in `turns` until it is redeemed, or, where nobody waits for
it (a reservation), until the next look after its time.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from .._gate import Park
from .._ticket import Ticket

if TYPE_CHECKING:
    from ._limits import Limits
    from ._log import Log

ROUNDING = 1e-9


class Stream:
    """What one key has used of its limit. A way of counting says the rest; `numbers` are the limiter's own, now."""

    __slots__ = ("paused", "seen", "turns")

    def __init__(self) -> None:
        self.paused = float("-inf")
        self.turns: deque[Turn] = deque()
        self.seen: Log | None = None

    def delay_locked(self, now: float, cost: float, numbers: Any) -> float:
        """Seconds until so much may pass."""
        raise NotImplementedError

    def take_locked(self, now: float, cost: float, numbers: Any) -> Any:
        """Use so much at the first moment that has it; gives what must be kept to undo or move that."""
        raise NotImplementedError

    def left_locked(self, now: float, numbers: Any) -> int:
        """Units that may pass now."""
        raise NotImplementedError

    def used_until_locked(self, now: float, numbers: Any) -> float:
        """Seconds until nothing is used any more."""
        raise NotImplementedError

    def return_locked(self, turn: Turn, now: float, numbers: Any) -> list[Turn]:
        """Give a waiting turn back; those that come forward by it, to be woken."""
        raise NotImplementedError

    def pause_locked(self, until: float, numbers: Any) -> None:
        """Let nothing new pass before that."""
        raise NotImplementedError

    def idle(self, now: float) -> bool:
        """Would a new stream answer the same?"""
        raise NotImplementedError

    def sweep_locked(self, now: float) -> None:
        """Forget the reservations whose time has come."""
        while self.turns and self.turns[0].unattended and self.turns[0].due <= now:
            self.turns.popleft()

    def turn_locked(self, limiter: Limits, now: float, cost: float, delay: float, *, unattended: bool) -> Turn:
        """Reserve a turn."""
        mark = self.take_locked(now, cost, limiter.numbers)
        turn = Turn(limiter, self, cost, now + delay, now, mark, unattended=unattended)
        self.turns.append(turn)
        return turn

    def behind_locked(self, turn: Turn) -> list[Turn] | None:
        """Those who wait behind this turn, which leaves; `None` if its time has come, and there is nothing to give back."""
        if turn not in self.turns:
            return None
        place = self.turns.index(turn)
        later = list(self.turns)[place + 1 :]
        del self.turns[place]
        return later


class Turn(Ticket):
    """A reserved place in time; nobody grants it but time. `mark` is what its stream keeps with it.

    `paused` is when the pause ended behind which it was reserved.
    """

    __slots__ = ("cost", "due", "limiter", "mark", "paused", "stream", "unattended")

    def __init__(
        self, limiter: Limits, stream: Stream, cost: float, due: float, now: float, mark: Any, *, unattended: bool
    ) -> None:
        super().__init__(max(0.0, due - now), time_only=True)
        self.limiter = limiter
        self.stream = stream
        self.cost = cost
        self.mark = mark
        self.due = due
        self.paused = stream.paused
        self.unattended = unattended

    def sooner_locked(self, due: float) -> bool:
        """Come forward, if that is sooner."""
        sooner = due < self.due
        if sooner:
            self.due = due
        return sooner

    def redeem(self) -> Any:
        """Its time has come: nothing more to say; or it was moved, and waits anew."""
        now = self.limiter.clock.now()
        with self.limiter.lock:
            if now >= self.due - ROUNDING:
                self.stream.turns.remove(self)
                return None
            moved = Turn(self.limiter, self.stream, self.cost, self.due, now, self.mark, unattended=False)
            moved.paused = self.paused
            self.stream.turns[self.stream.turns.index(self)] = moved
        return Park(moved)

    def forsake(self) -> None:
        self.give_back()

    def give_back(self) -> bool:
        """Leave; those behind come forward. False if its time had come already."""
        now = self.limiter.clock.now()
        with self.limiter.lock:
            waited = now < self.due and self in self.stream.turns
            later = self.stream.return_locked(self, now, self.limiter.numbers)
        for turn in later:
            turn.grant()
        return waited
