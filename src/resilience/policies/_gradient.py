"""Gradient2: follow the ratio of how long a call takes without a queue to how long it takes now."""

from __future__ import annotations

from typing import Any

from .. import _options
from ._learner import Algorithm, Baseline, Bounds, Call, Learner, checked_probe

_LEAST_GRADIENT = 0.5
_SMOOTHING = 0.2
_FOLLOW = 0.2


class Gradient2(Algorithm):
    """Shrinks the limit by how much longer calls take than without a queue, and always leaves room for a small queue.

    With each call the limit moves a fifth of the way to `limit * gradient + queue_size`, where the gradient is
    `tolerance * base / now`, from 0.5 to 1. When the callee is swamped it settles at twice `queue_size`, however slow the
    callee is. A drop takes a tenth, or, where the call took long, half, once a round
    trip.

    Unlike the original, whose base is a long average over all calls, the base here is told by calls that met no queue of
    ours (see `probe`). Under a mild, lasting overload the average follows the queue, calls it normal, and the limit creeps
    up to its maximum; this one stays.

    Args:
        tolerance: how many times longer calls may take before it reacts (default 1.5).
        queue_size: calls that may queue at the callee (default 4).
        probe: seconds under steady load between two looks at how long a call takes without a queue (default 30): the limit
            is its minimum for ten calls.

    Source: Netflix' concurrency-limits, `Gradient2Limit`; the probe is that of BBR (Cardwell and others, 2016).

    >>> Gradient2()
    Gradient2(tolerance=1.5, queue_size=4, probe=30)
    """

    __slots__ = ("probe", "queue_size", "tolerance")

    def __init__(self, *, tolerance: float = 1.5, queue_size: int = 4, probe: Any = 30.0) -> None:
        self.tolerance = _options.amount("tolerance", tolerance, minimum=1.0)
        self.queue_size = _options.count("queue_size", queue_size)
        self.probe = checked_probe(probe)

    def begin(self, bounds: Bounds) -> Learner:
        return _Learner(bounds, self)

    def __repr__(self) -> str:
        return f"Gradient2(tolerance={self.tolerance:g}, queue_size={self.queue_size}, probe={self.probe:g})"


class _Learner(Learner):
    __slots__ = ("_baseline", "_now", "_part")

    def __init__(self, bounds: Bounds, part: Gradient2) -> None:
        super().__init__(bounds)
        self._part = part
        self._baseline = Baseline(part.probe, obeyed=bounds.obeyed)
        self._now = 0.0

    def allowed(self) -> int:
        return self._bounds.minimum if self._baseline.probing_since is not None else int(self.limit)

    def learn(self, now: float, call: Call) -> None:
        if call.dropped:
            # A failure may be quick; only one that took long says how slow the callee is.
            self._follow(max(call.seconds, self._now))
            self._move(min(self.limit, self._next()))
            self._drop(now, call, self._baseline.seconds)
            return
        used, baseline = self._is_used(call), self._baseline
        baseline.learn(now, call, used=used, minimum=self._bounds.minimum)
        self._follow(call.seconds)
        if not used or baseline.probing_since is not None:
            return
        self._move(self._next())

    def _next(self) -> float:
        gradient = 1.0 if not self._now else self._part.tolerance * self._baseline.seconds / self._now
        gradient = min(1.0, max(_LEAST_GRADIENT, gradient))
        aim = self.limit * gradient + self._part.queue_size
        return self.limit + _SMOOTHING * (aim - self.limit)

    def _follow(self, seconds: float) -> None:
        self._now += _FOLLOW * (seconds - self._now) if self._now else seconds
