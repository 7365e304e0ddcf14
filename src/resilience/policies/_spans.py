"""What the two windows share: so many units in so many seconds, and turns that are taken anew when one is given back.

Rules: guarded by the limiter's lock. Units are taken in order of time, so what is reserved stands at the end, and a turn
that is given back is undone with all behind it, the last first, and those are taken again.
"""

from __future__ import annotations

from typing import NamedTuple

from ._turn import ROUNDING, Stream, Turn


class Span(NamedTuple):
    """So many units in so many seconds."""

    limit: int
    per: float


class Spans(Stream):
    """A stream that counts units in a span of time."""

    __slots__ = ("free_at",)

    def __init__(self) -> None:
        super().__init__()
        self.free_at = float("-inf")

    def when_locked(self, now: float, cost: float, numbers: Span) -> float:
        """The first moment that has room for so much."""
        raise NotImplementedError

    def undo_locked(self, turn: Turn) -> None:
        """As if the last turn had never been taken."""
        raise NotImplementedError

    def delay_locked(self, now: float, cost: float, numbers: Span) -> float:
        delay = self.when_locked(now, cost, numbers) - now
        return 0.0 if delay <= ROUNDING else delay

    def used_until_locked(self, now: float, numbers: Span) -> float:
        return max(0.0, self.free_at - now, self.paused - now)

    def return_locked(self, turn: Turn, now: float, numbers: Span) -> list[Turn]:
        later = self.behind_locked(turn)
        if later is None or turn.due <= now:
            return []
        for other in reversed([turn, *later]):
            self.undo_locked(other)
        sooner, paused = [], self.paused
        ahead = self.turns[-len(later) - 1].due if len(self.turns) > len(later) else now
        for other in later:
            # What was promised for a time within a pause stays outside its rule; all else stays outside the pause.
            self.paused = max(other.paused, paused if other.due >= paused - ROUNDING else now)
            due = ahead = max(ahead, self.when_locked(now, other.cost, numbers))
            other.mark = self.take_locked(now, other.cost, numbers)
            if other.sooner_locked(due):
                sooner.append(other)
        self.paused = paused
        return sooner

    def pause_locked(self, until: float, numbers: Span) -> None:
        self.paused = max(self.paused, until)

    def idle(self, now: float) -> bool:
        self.sweep_locked(now)
        return self.free_at <= now and self.paused <= now and not self.turns
