"""A figure over time, in bounded memory: the last minute in steps of a refresh, the last hour in steps of ten seconds.

Rules: who owns a track guards it; nothing here locks.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from math import isnan, nan

SHORT = 60
"""Points of the fine line."""
LONG, COARSE = 360, 10.0
"""Points of the coarse line, and the seconds of each: together an hour."""
_DIGITS = 5


class Track:
    """Values as they come, kept twice: fine for a sparkline, coarse for the hour, where a point is the mean of its step.

    The fine line is replaced, never changed, so that whoever shows it need not have a copy.

    Args:
        step: seconds of a fine point.
        missing: what a step of the fine line is in which nothing came: `None`, or 0 where only what happens is added.
    """

    __slots__ = ("_count", "_hour", "_slot", "_sum", "fine", "missing", "seen", "slot", "step")

    def __init__(self, step: float, missing: float | None = None) -> None:
        self.step = step
        self.missing = missing
        self.slot = 0
        self.seen = 0.0
        self.fine: tuple[float | None, ...] = ()
        self._hour: array[float] | None = None
        self._slot = 0
        self._sum = 0.0
        self._count = 0

    def add(self, at: float, value: float) -> None:
        """A value that was seen at that time; of several within one step of the fine line the last stays."""
        slot, value = int(at / self.step), round(value, _DIGITS)
        if slot <= self.slot and self.fine:
            self.fine = (*self.fine[:-1], value)
        else:
            self._go_on(slot - 1)
            self.fine = (*self.fine[1 - SHORT :], value)
            self.slot = slot
        self.seen = at
        self._add_coarse(int(at / COARSE), value)

    def _go_on(self, slot: int) -> None:
        """Let the fine line go up to that slot."""
        missing = min(slot - self.slot, SHORT)
        if missing > 0 and self.fine:
            self.fine = (self.fine + (self.missing,) * missing)[-SHORT:]
            self.slot = slot

    def _add_coarse(self, slot: int, value: float, count: int = 1) -> None:
        if self._hour is None:
            self._hour, self._slot = array("f", [nan]) * LONG, slot
        if slot > self._slot:
            for gone in range(self._slot + 1, min(slot, self._slot + LONG) + 1):
                self._hour[gone % LONG] = nan
            self._slot, self._sum, self._count = slot, 0.0, 0
        elif slot < self._slot:  # a wall clock that was set back
            return
        self._sum += value * count
        self._count += count
        self._hour[slot % LONG] = self._sum / self._count

    def restore(self, slot: int, value: float) -> None:
        """A point of the coarse line as it was kept elsewhere, slots ascending."""
        self._add_coarse(slot, value)

    def recent(self, at: float) -> tuple[float | None, ...]:
        """The fine line up to that time."""
        self._go_on(int(at / self.step))
        return self.fine

    def mean(self, at: float, seconds: float) -> float | None:
        """Of the fine line's last seconds."""
        most = max(1, int(seconds / self.step))
        seen = [value for value in self.recent(at)[-most:] if value is not None]
        return sum(seen) / len(seen) if seen else None

    def hour(self, at: float) -> list[float | None]:
        """The coarse line up to that time, oldest first."""
        last = int(at / COARSE)
        line: list[float | None] = [None] * LONG
        for slot, value in self.points(last - LONG):
            if slot <= last:
                line[slot - last - 1] = value
        return line

    def points(self, after: int) -> Iterator[tuple[int, float]]:
        """The coarse points behind that slot which were seen, oldest first, each with its slot."""
        if self._hour is None:
            return
        for slot in range(max(after, self._slot - LONG) + 1, self._slot + 1):
            value = self._hour[slot % LONG]
            if not isnan(value):
                yield slot, round(value, _DIGITS)
