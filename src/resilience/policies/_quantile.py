"""How long calls take, as a quantile of the last ones, and when a hedge follows from that.

Rules: a `Quantile` is immutable configuration; an `Estimate` counts for one hedge and is called under its lock. An
estimate is a histogram of the last 1024 durations in buckets 4.4 % wide, with a pointer at the bucket of the quantile:
an observation moves two counts and the pointer, and no more memory is held after a million of them than after 1024.
"""

from __future__ import annotations

from array import array
from math import log2
from typing import Any

from .. import _options
from .._options import INFINITY
from .._record import Part

_KEPT = 1024
_SHORTEST = 1e-6
_PER_OCTAVE = 16
_BUCKETS = 32 * _PER_OCTAVE


class Quantile(Part):
    """Hedge once a call takes longer than this share of the last calls did.

    Args:
        share: 0..1 (default 0.95: about one call in twenty is hedged).
        min_calls: calls to have seen before the quantile is believed (default 20, at most 1024). Until then a call is
            hedged after `ceiling`, or without one not at all.
        floor: seconds; no hedge comes sooner.
        ceiling: seconds; none comes later.

    Raises:
        ValueError: `floor` is above `ceiling`, or a number out of its range.

    It looks at the last 1024 calls that ended well, and its answer is at most 4.4 % too high. A first attempt that lost
    counts with the time it had, so hedging does not make the calls look quick. Source: Dean and Barroso, "The Tail at
    Scale" (2013).

    >>> Quantile(0.95, ceiling=2)
    Quantile(0.95, min_calls=20, ceiling=2)
    """

    __slots__ = ("ceiling", "floor", "min_calls", "share")

    def __init__(self, share: float = 0.95, *, min_calls: int = 20, floor: Any = None, ceiling: Any = None) -> None:
        self.share = _options.share("share", share)
        self.min_calls = _options.count("min_calls", min_calls)
        if self.share == 1.0:
            _options.refuse("share", share, "a share below 1, e.g. share=0.95")
        if self.min_calls > _KEPT:
            _options.refuse("min_calls", min_calls, f"at most {_KEPT}, the calls that are kept")
        self.floor = _options.optional_seconds("floor", floor, zero=True)
        self.ceiling = _options.optional_seconds("ceiling", ceiling)
        if self.floor is not None and self.ceiling is not None and self.floor > self.ceiling:
            _options.refuse("floor", floor, f"at most ceiling={self.ceiling:g}")

    def begin(self) -> Estimate:
        """A new estimate, that has seen nothing."""
        return Estimate(self)

    def __repr__(self) -> str:
        floor = "" if self.floor is None else f", floor={self.floor:g}"
        ceiling = "" if self.ceiling is None else f", ceiling={self.ceiling:g}"
        return f"Quantile({self.share:g}, min_calls={self.min_calls}{floor}{ceiling})"


class Estimate:
    """The durations of the last calls, and what the quantile makes of them."""

    __slots__ = ("_below", "_counts", "_kept", "_next", "_pointer", "_quantile", "seen")

    def __init__(self, quantile: Quantile) -> None:
        self._quantile = quantile
        self._counts = array("H", bytes(2 * _BUCKETS))
        self._kept = array("H")
        self._next = 0
        self._pointer = 0
        self._below = 0
        self.seen = 0

    def add(self, seconds: float) -> None:
        """A call took so long."""
        bucket = _bucket(seconds)
        if len(self._kept) < _KEPT:
            self._kept.append(bucket)
        else:
            oldest = self._kept[self._next]
            self._kept[self._next] = bucket
            self._next = (self._next + 1) % _KEPT
            self._counts[oldest] -= 1
            self._below -= oldest < self._pointer
        self._counts[bucket] += 1
        self._below += bucket < self._pointer
        self.seen += 1
        self._follow()

    def _follow(self) -> None:
        """Move the pointer to the bucket below whose upper edge the share of all calls lies."""
        wanted = self._quantile.share * len(self._kept)
        while self._below + self._counts[self._pointer] < wanted:
            self._below += self._counts[self._pointer]
            self._pointer += 1
        while self._pointer and self._below >= wanted:
            self._pointer -= 1
            self._below -= self._counts[self._pointer]

    def delay(self) -> float:
        """Seconds until a hedge; `inf` for none."""
        quantile = self._quantile
        if len(self._kept) < quantile.min_calls:
            return INFINITY if quantile.ceiling is None else quantile.ceiling
        seconds: float = _SHORTEST * 2.0 ** ((self._pointer + 1) / _PER_OCTAVE)
        if quantile.ceiling is not None:
            seconds = min(seconds, quantile.ceiling)
        return seconds if quantile.floor is None else max(seconds, quantile.floor)


def _bucket(seconds: float) -> int:
    if seconds <= _SHORTEST:
        return 0
    return min(_BUCKETS - 1, int(log2(seconds / _SHORTEST) * _PER_OCTAVE))
