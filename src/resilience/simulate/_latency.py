"""How long a scripted dependency takes to answer: distributions, drawn from by a number in 0..1."""

from __future__ import annotations

from math import exp, log
from statistics import NormalDist
from typing import Any

from resilience import _options
from resilience._record import Part

_NORMAL = NormalDist()
_P99 = _NORMAL.inv_cdf(0.99)
_EDGE = 1e-9


class Latency(Part):
    """The base of the distributions below."""

    __slots__ = ()

    def seconds(self, chance: float) -> float:
        """The latency at this quantile."""
        raise NotImplementedError


class Constant(Latency):
    """Always the same.

    >>> Constant(0.05).seconds(0.9)
    0.05
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = _options.seconds("value", value, zero=True)

    def seconds(self, chance: float) -> float:
        return self.value

    def __repr__(self) -> str:
        return f"Constant({self.value:g})"


class LogNormal(Latency):
    """Half of the answers within `median`, 99 % within `p99`: the shape that services really have.

    >>> latency = LogNormal(0.05, p99=0.2)
    >>> round(latency.seconds(0.5), 3), round(latency.seconds(0.99), 3)
    (0.05, 0.2)
    """

    __slots__ = ("_spread", "median", "p99")

    def __init__(self, median: Any, *, p99: Any) -> None:
        self.median = _options.seconds("median", median)
        self.p99 = _options.seconds("p99", p99)
        if self.p99 < self.median:
            _options.refuse("p99", p99, f"at least median={self.median:g}")
        self._spread = log(self.p99 / self.median) / _P99

    def seconds(self, chance: float) -> float:
        return self.median * exp(self._spread * _NORMAL.inv_cdf(min(1 - _EDGE, max(_EDGE, chance))))

    def __repr__(self) -> str:
        return f"LogNormal({self.median:g}, p99={self.p99:g})"


def latency_of(option: str, value: Any) -> Latency:
    """A `Latency`, or a number of seconds for a constant one."""
    return value if isinstance(value, Latency) else Constant(_options.seconds(option, value, zero=True))
