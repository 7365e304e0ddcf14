"""Claims about a report, for a user's CI: `amplification<1.2`."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf
from operator import eq, ge, gt, le, lt
from typing import Any

from resilience.simulate._report import Report

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {"<=": le, ">=": ge, "==": eq, "<": lt, ">": gt}
_FIGURES: dict[str, Callable[[Report], float | None]] = {
    "amplification": lambda report: report.amplification,
    "breaker_changes": lambda report: report.breaker_changes,
    "calls": lambda report: report.calls,
    "failed": lambda report: report.failed,
    "gave_up": lambda report: report.gave_up,
    "goodput": lambda report: report.goodput,
    "p50_ms": lambda report: report.latency_ms["p50"],
    "p95_ms": lambda report: report.latency_ms["p95"],
    "p99_ms": lambda report: report.latency_ms["p99"],
    "refused": lambda report: report.refused,
    "requests": lambda report: report.requests,
    "success_rate": lambda report: report.success_rate,
    "recovery": lambda report: max((inf if each.back is None else each.back for each in report.outages), default=0.0),
    "served_in_outage": lambda report: min((each.served or 0.0 for each in report.outages), default=1.0),
}
FIGURES = tuple(_FIGURES)


class Claim:
    """A figure, a comparison, a number.

    `recovery` is the longest of all outages in seconds, infinite if the service was never back; `served_in_outage` the
    smallest share.

    Raises:
        ValueError: it is no claim, or names no figure.

    >>> str(Claim("amplification<1.2"))
    'amplification < 1.2'
    """

    __slots__ = ("_holds", "figure", "number", "sign")

    def __init__(self, text: str) -> None:
        found = re.fullmatch(r"\s*([a-z0-9_]+)\s*(<=|>=|==|<|>)\s*([0-9.]+(?:e-?[0-9]+)?)\s*", text)
        if found is None:
            raise ValueError(
                f"{text!r}: write a figure, one of < <= > >= == and a number, e.g. 'amplification<1.2' (docs/simulate.md)"
            )
        self.figure, self.sign = found[1], found[2]
        if self.figure not in _FIGURES:
            raise ValueError(f"{text!r}: no figure {self.figure!r}; there are {', '.join(FIGURES)} (docs/simulate.md)")
        try:
            self.number = float(found[3])
        except ValueError:
            raise ValueError(
                f"{text!r}: {found[3]!r} is no number; write e.g. 'amplification<1.2' (docs/simulate.md)"
            ) from None
        self._holds = _COMPARISONS[self.sign]

    def value(self, report: Report) -> float | None:
        """What the report says; `None` if there is no such figure in it."""
        return _FIGURES[self.figure](report)

    def holds(self, report: Report) -> bool:
        """Is it true of this report?"""
        value: Any = self.value(report)
        return value is not None and self._holds(value, self.number)

    def __str__(self) -> str:
        return f"{self.figure} {self.sign} {self.number:g}"
