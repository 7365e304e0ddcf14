"""Sliding windows of outcomes: the last N calls, or the last N seconds in ten slices.

Rules: not safe by themselves; the owner calls them under its lock. Every operation is O(1), whatever the window and
however long nobody called: a gap clears at most all slices.
"""

from __future__ import annotations

from collections import deque

SLICES = 10
_SHORTEST = 1e-9
"""No clock tells less apart, and what is divided by much less overflows."""


class CountWindow:
    """The outcomes of the last `size` calls."""

    __slots__ = ("_kept", "failures", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.clear()

    def clear(self) -> None:
        self._kept: deque[bool] = deque(maxlen=self.size)
        self.failures = 0

    def add(self, now: float, *, failed: bool) -> None:
        if len(self._kept) == self.size:
            self.failures -= self._kept[0]
        self._kept.append(failed)
        self.failures += failed

    def counted(self, now: float) -> tuple[int, int]:
        """Calls and failures in the window."""
        return len(self._kept), self.failures


class TimeWindow:
    """The outcomes of the last `seconds`, to within a tenth of it."""

    __slots__ = ("_calls", "_failures", "_newest", "_slice", "calls", "failures", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._slice = max(seconds / SLICES, _SHORTEST)
        self.clear()

    def clear(self) -> None:
        self._calls = [0.0] * SLICES
        self._failures = [0.0] * SLICES
        self._newest: int | None = None
        self.calls = 0.0
        self.failures = 0.0

    def _turn(self, now: float) -> int:
        """Bring the ring up to now; the slice to write to. A clock that goes back writes to the newest slice."""
        number = int(now // self._slice)
        if self._newest is None:
            self._newest = number
        for passed in range(self._newest + 1, min(number, self._newest + SLICES) + 1):
            index = passed % SLICES
            self.calls -= self._calls[index]
            self.failures -= self._failures[index]
            self._calls[index] = self._failures[index] = 0.0
        self._newest = max(self._newest, number)
        return self._newest % SLICES

    def add(self, now: float, *, failed: bool, weight: float = 1.0) -> None:
        index = self._turn(now)
        self._calls[index] += weight
        self.calls += weight
        if failed:
            self._failures[index] += weight
            self.failures += weight

    def counted(self, now: float) -> tuple[int, int]:
        """Calls and failures in the window."""
        self._turn(now)
        return round(self.calls), round(self.failures)
