"""The exact sliding window: when each unit of the last span was taken.

Rules: guarded by the limiter's lock. `_times` never goes down; `_totals` are the units taken up to each of them since the
log was made, `_gone` those of the entries that were dropped, so both are searched by bisection. Entries that are too old
are dropped when the log has doubled, so that a call costs no loop whatever the gap.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from ._spans import Span, Spans
from ._turn import ROUNDING, Turn

_LEAST_ROOM = 16


class Log(Spans):
    """The units of one key, each with its moment."""

    __slots__ = ("_gone", "_room", "_times", "_totals")

    def __init__(self) -> None:
        super().__init__()
        self._times: list[float] = []
        self._totals: list[float] = []
        self._gone = 0.0
        self._room = _LEAST_ROOM

    def _total(self) -> float:
        return self._totals[-1] if self._totals else self._gone

    def when_locked(self, now: float, cost: float, numbers: Span) -> float:
        when = max(now, self.paused, self._times[-1] if self._times else now)
        leaving = self._total() + cost - numbers.limit
        if leaving <= self._gone:
            return when
        # The unit that must be out of the window before this one is in it.
        return max(when, self._times[bisect_left(self._totals, leaving)] + numbers.per)

    def take_locked(self, now: float, cost: float, numbers: Span) -> None:
        self.add_locked(self.when_locked(now, cost, numbers), cost, now, numbers.per)

    def add_locked(self, when: float, cost: float, now: float, per: float) -> None:
        """Enter so many units at that moment, which no entry is behind."""
        self._totals.append(self._total() + cost)
        self._times.append(when)
        self.free_at = when + per
        if len(self._times) > self._room:
            old = bisect_right(self._times, now - per)
            if old:
                self._gone = self._totals[old - 1]
                del self._times[:old], self._totals[:old]
            self._room = max(_LEAST_ROOM, 2 * len(self._times))

    def undo_locked(self, turn: Turn) -> None:
        self._times.pop()
        self._totals.pop()

    def used_locked(self, now: float, per: float) -> float:
        """Units of the last span, and those reserved."""
        old = bisect_right(self._times, now - per + ROUNDING)
        return self._total() - (self._totals[old - 1] if old else self._gone)

    def left_locked(self, now: float, numbers: Span) -> int:
        return 0 if self.paused > now else max(0, int(numbers.limit - self.used_locked(now, numbers.per)))
