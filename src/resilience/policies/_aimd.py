"""AIMD: up by one a round, down by a factor at a drop."""

from __future__ import annotations

from typing import Any

from .. import _options
from ._learner import Algorithm, Bounds, Call, Learner


class AIMD(Algorithm):
    """Additive increase, multiplicative decrease: learns from failures and timeouts alone.

    The simplest, and slow to notice: it needs calls that fail. Once a round trip it grows by one while at least half of
    the limit is in use, and falls to `backoff` of itself at a failure.

    Args:
        backoff: what is left of the limit after a drop, 0..1 (default 0.9).
        longer_than: seconds; a call that takes longer is a drop as well (default `None`: only failures).

    Source: Chiu and Jain, 1989; Netflix' concurrency-limits, `AIMDLimit`.

    >>> AIMD()
    AIMD(backoff=0.9)
    """

    __slots__ = ("backoff", "longer_than")

    def __init__(self, *, backoff: float = 0.9, longer_than: Any = None) -> None:
        self.backoff = _options.share("backoff", backoff)
        if self.backoff >= 1:
            _options.refuse("backoff", backoff, "below 1, else the limit would never fall")
        self.longer_than = _options.optional_seconds("longer_than", longer_than)

    def begin(self, bounds: Bounds) -> Learner:
        return _Learner(bounds, self)

    def __repr__(self) -> str:
        longer = "" if self.longer_than is None else f", longer_than={self.longer_than:g}"
        return f"AIMD(backoff={self.backoff:g}{longer})"


class _Learner(Learner):
    __slots__ = ("_part",)

    def __init__(self, bounds: Bounds, part: AIMD) -> None:
        super().__init__(bounds)
        self._part = part

    def learn(self, now: float, call: Call) -> None:
        longest = self._part.longer_than
        if call.dropped or (longest is not None and call.seconds > longest):
            self._fall(now, call, self.limit * self._part.backoff)
        elif self._is_used(call):
            self._move(self.limit + 1 / self.limit)
