"""The fixed window: how much of the current one is used.

Rules: guarded by the limiter's lock. A window begins with the first unit that finds none open, and the next one, while
somebody waits, where it ends; so the last window that has units may begin in the future. A turn's mark is the window
before it.
"""

from __future__ import annotations

from ._spans import Span, Spans
from ._turn import ROUNDING, Turn


class WindowCount(Spans):
    """The window of one key."""

    __slots__ = ("_begin", "_used")

    def __init__(self) -> None:
        super().__init__()
        self._begin = float("-inf")
        self._used = 0.0

    def _place_locked(self, now: float, cost: float, numbers: Span) -> tuple[float, float, float]:
        """The first moment that has room, with the begin of its window and what is used of that."""
        when, end = max(now, self.paused), self._begin + numbers.per
        if when >= end - ROUNDING:
            return when, when, 0.0
        if self._used + cost <= numbers.limit:
            return max(when, self._begin), self._begin, self._used
        return end, end, 0.0

    def when_locked(self, now: float, cost: float, numbers: Span) -> float:
        return self._place_locked(now, cost, numbers)[0]

    def take_locked(self, now: float, cost: float, numbers: Span) -> tuple[float, float]:
        before = self._begin, self._used
        _, self._begin, used = self._place_locked(now, cost, numbers)
        self._used = used + cost
        self.free_at = self._begin + numbers.per
        return before

    def undo_locked(self, turn: Turn) -> None:
        self._begin, self._used = turn.mark

    def left_locked(self, now: float, numbers: Span) -> int:
        when, _, used = self._place_locked(now, 1, numbers)
        return int(numbers.limit - used) if when - now <= ROUNDING else 0
