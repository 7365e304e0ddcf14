"""Vegas: keep the queue, reckoned from the delay, between two marks."""

from __future__ import annotations

from math import log10
from typing import Any

from ._learner import Algorithm, Baseline, Bounds, Call, Learner, checked_probe


class Vegas(Algorithm):
    """Reckons how many of our calls queue at the callee, `limit * (1 - shortest / seconds)`, and keeps that small.

    Below one mark (three times the logarithm of the limit) the limit grows, above the other (six times) it shrinks, by that
    logarithm, and faster while there is no queue at all. A drop takes a tenth, or, where the call took long, half.

    Args:
        probe: seconds under steady load between two looks at how long a call takes without a queue (default 30).

    Source: Brakmo and Peterson, TCP Vegas, 1994; Netflix' concurrency-limits, `VegasLimit`.

    >>> Vegas()
    Vegas(probe=30)
    """

    __slots__ = ("probe",)

    def __init__(self, *, probe: Any = 30.0) -> None:
        self.probe = checked_probe(probe)

    def begin(self, bounds: Bounds) -> Learner:
        return _Learner(bounds, self)

    def __repr__(self) -> str:
        return f"Vegas(probe={self.probe:g})"


class _Learner(Learner):
    __slots__ = ("_baseline",)

    def __init__(self, bounds: Bounds, part: Vegas) -> None:
        super().__init__(bounds)
        self._baseline = Baseline(part.probe, obeyed=bounds.obeyed)

    def allowed(self) -> int:
        return self._bounds.minimum if self._baseline.probing_since is not None else int(self.limit)

    def learn(self, now: float, call: Call) -> None:
        step = max(1.0, log10(self.limit))
        if call.dropped:
            self._drop(now, call, self._baseline.seconds)
            return
        used, baseline = self._is_used(call), self._baseline
        baseline.learn(now, call, used=used, minimum=self._bounds.minimum)
        if not used or baseline.probing_since is not None or not call.seconds:
            return
        queue = self.limit * (1 - min(1.0, baseline.seconds / call.seconds))
        # Once a round trip: every call of the round moves it by its part.
        part = 1 / self.limit
        if queue <= step:
            self._move(self.limit + 6 * step * part)
        elif queue < 3 * step:
            self._move(self.limit + step * part)
        elif queue > 6 * step:
            self._move(self.limit - step * part)
