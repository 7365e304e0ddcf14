"""What was measured, and how it is shown."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .row import OURS, Row

PEERS = (
    "pyresilience",
    "interlock-cb",
    "tenacity",
    "stamina",
    "backoff",
    "hyx",
    "pybreaker",
    "circuitbreaker",
    "aiobreaker",
    "async-lru",
    "cachetools",
    "cachebox",
)


@dataclass(frozen=True)
class Measure:
    """One figure; `limit` bounds the ratio to `peer`, or the value itself when there is no peer."""

    row: str
    name: str
    value: float
    unit: str = "ns"
    ratio: float | None = None
    peer: str | None = None
    limit: float | None = None

    @property
    def verdict(self) -> str:
        """`ok` or `over` where there is a limit."""
        if self.limit is None:
            return ""
        return "ok" if (self.value if self.ratio is None else self.ratio) <= self.limit else "over"


def of_row(row: Row, costs: dict[str, float], absent: dict[str, str]) -> list[Measure]:
    """The lines of a row: ours against each peer that bounds it, then the peers, cheapest first."""
    lines = []
    ours = costs.get(OURS)
    if ours is not None:
        limits = {peer: limit for peer, limit in row.limits.items() if peer in costs}
        for peer, limit in limits.items():
            lines.append(Measure(row.title, OURS, ours, "ns", ours / costs[peer], peer, limit))
        if not limits:
            lines.append(Measure(row.title, OURS, ours))
    for name, cost in sorted(costs.items(), key=lambda item: item[1]):
        if name != OURS:
            lines.append(Measure(row.title, name, cost))
    return lines + [Measure(row.title, f"{name}: {why}", float("nan")) for name, why in absent.items()]


def line(measure: Measure, title: str) -> str:
    """A measure as a line of the table."""
    value = f"{measure.value:,.0f} {measure.unit}" if measure.value >= 20 else f"{measure.value:.2f} {measure.unit}"
    if measure.ratio is None:
        against = "" if measure.limit is None else f"{'':>26} {'at most ' + format(measure.limit, 'g'):>13}"
    else:
        against = f"{measure.ratio:5.2f} x {measure.peer:<18} {'at most ' + format(measure.limit or 0, 'g'):>13}"
    return f"{title:<26} {measure.name:<26} {value:>11}  {against} {measure.verdict}".rstrip()


def machine() -> dict[str, Any]:
    """Where the figures come from."""
    versions = {}
    for peer in PEERS:
        try:
            versions[peer] = version(peer)
        except PackageNotFoundError:
            versions[peer] = None
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "peers": versions,
    }


def as_json(measures: list[Measure]) -> dict[str, Any]:
    """Everything, for a program."""
    return {**machine(), "measures": [{**asdict(measure), "verdict": measure.verdict} for measure in measures]}
