"""A report as text: figures, a line for each course over time, the breaker's changes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from resilience.simulate._report import Report, Second

BARS = " ▁▂▃▄▅▆▇█"
PLAIN_BARS = " .:-=+*#%"
_LABEL = 10
_RIGHT = 12
_MOST_CHANGES = 20
_COURSES = ("offered", "served", "requests", "refused", "open")


def as_text(report: Report, width: int = 100, bars: str = BARS) -> list[str]:
    """Lines of at most so many columns (the figures may be wider)."""
    return [*_figures(report), "", *_courses(report, width, bars), *_changes(report)]


def _figures(report: Report) -> list[str]:
    latency = ", ".join(
        f"{name} {'-' if value is None else f'{value:.0f} ms'}" for name, value in report.latency_ms.items()
    )
    lines = [
        f"{report.calls} calls in {report.duration:g} s: {report.success_rate:.1%} served, {report.goodput:.1f} a second",
        f"{report.requests} requests, amplification {report.amplification:.2f}; latency {latency}",
        f"{report.refused} refused, {report.gave_up} gave up, {report.failed} failed"
        + "".join(f"; {count} {name}" for name, count in report.failures.items()),
    ]
    for outage in report.outages:
        served = "nobody called" if outage.served is None else f"{outage.served:.1%} served"
        back = "never back" if outage.back is None else f"back after {outage.back:.1f} s"
        lines.append(f"outage from {outage.start:g} to {outage.end:g} s: {served}, {back}")
    return lines


def _courses(report: Report, width: int, bars: str) -> list[str]:
    cells = max(10, min(width - _LABEL - _RIGHT, len(report.seconds)))
    common = max((second.requests for second in report.seconds), default=0)
    lines = []
    for name in _COURSES:
        values = _folded([getattr(second, name) for second in report.seconds], cells, last=name == "open")
        highest = max(values, default=0)
        scale = highest if name == "open" else max(common, *values, 0)
        strip = "".join(bars[_height(value, scale, len(bars) - 1)] for value in values)
        unit = "at once" if name == "open" else "a second"
        lines.append(f"{name:<{_LABEL}}{strip}  {highest:.0f} {unit}")
    return lines


def _folded(values: Sequence[int], cells: int, *, last: bool) -> list[float]:
    """The same course in so many cells: the mean of each stretch, or what stood at its end."""
    edges = [round(index * len(values) / cells) for index in range(cells + 1)]
    stretches = [values[begin:end] for begin, end in itertools.pairwise(edges) if end > begin]
    return [stretch[-1] if last else sum(stretch) / len(stretch) for stretch in stretches]


def _height(value: float, highest: float, most: int) -> int:
    return 0 if value <= 0 or highest <= 0 else max(1, min(most, round(value * most / highest)))


def _changes(report: Report) -> list[str]:
    if not report.breaker:
        return []
    lines = ["", f"{report.breaker_changes} changes of breakers" + _more(report)]
    return lines + [
        f"  {change['at']:8.2f} s  {change['policy']}: {change['from']} -> {change['to']}"
        for change in report.breaker[:_MOST_CHANGES]
    ]


def _more(report: Report) -> str:
    return f", the first {_MOST_CHANGES}:" if report.breaker_changes > _MOST_CHANGES else ":"


def seconds_table(seconds: Sequence[Second]) -> list[str]:
    """A line for each second."""
    names = Second._fields
    return ["  ".join(f"{name:>8}" for name in names)] + [
        "  ".join(f"{getattr(second, name):>8}" for name in names) for second in seconds
    ]
