"""What is told of everything together: sources with their age, machines, logs over time, one line of totals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._board import Logs, Service, Source, System, Tile, Totals
from ._history import History
from ._logs import LEVELS, LogRing
from ._processes import PATIENCE, Process, number, table, text
from ._remote import Remote

_MOST_LINES, _DEEPEST = 40, 3
_FACTS = ("host", "pid", "started_at", "resilience", "python", "recording")
_FOLLOWED = ("percent", "memory")
_OWN_SECTION = "system"


def stale_ones(processes: list[Process], remotes: list[Remote], at: float) -> set[str]:
    """The keys of those whose facts are only the last known."""
    silent = {remote.url for remote in remotes if remote.error is not None}
    return {one.key for one in processes if one.origin and (one.origin in silent or one.at < at - PATIENCE)}


def sources_of(
    processes: list[Process], remotes: list[Remote], services: tuple[Service, ...], stale: set[str], at: float
) -> Iterator[Source]:
    """Every source, dashboards before what they tell of."""
    for one in remotes:
        yield _source(f"dashboard/{one.name}", "dashboard", one.name, one.at, at, one.error is not None, one.error)
    for process in processes:
        facts = {name: process.snapshot.get(name) for name in _FACTS}
        is_stale = process.key in stale
        yield _source(process.key, "process", process.name, process.at, at, is_stale, None, facts)
    for service in services:
        yield _source(service.key, "service", service.name, service.at, at, service.is_stale, None)


def _source(
    key: str,
    kind: str,
    name: str,
    seen: float | None,
    at: float,
    is_stale: bool,
    error: str | None,
    facts: dict[str, Any] | None = None,
) -> Source:
    age = None if seen is None else max(0.0, at - seen)
    return Source(key=key, kind=kind, name=name, at=seen, age=age, is_stale=is_stale, error=error, facts=facts or {})


def systems_of(processes: list[Process], history: History, at: float) -> Iterator[System]:
    """The machine of each process that tells of one; its numbers are followed."""
    for process in processes:
        facts = table(table(process.snapshot.get("sections")).get(_OWN_SECTION))
        if not facts:
            continue
        key = f"system/{process.key}"
        names: list[str] = []
        for name, value in numbers(facts):
            history.add(key, name, process.at, value)
            names.append(name)
        lines = {name: history.recent(key, name, at) for name in names}
        yield System(source=process.key, host=text(process.snapshot.get("host")), facts=facts, lines=lines)


def numbers(facts: dict[str, Any]) -> list[tuple[str, float]]:
    """The numbers of a section that are worth following, by their path.

    >>> numbers({"cpu": {"percent": 7.5}, "name": "x"})
    [('cpu.percent', 7.5)]
    """
    found: list[tuple[str, float]] = []
    level: list[tuple[str, Any]] = [("", facts)]
    for _ in range(_DEEPEST):
        below: list[tuple[str, Any]] = []
        for path, inner in level:
            for name, value in table(inner).items():
                told, where = number(value), f"{path}.{text(name)}" if path else text(name)
                if told is not None:
                    found.append((where, told))
                elif isinstance(value, dict):
                    below.append((where, value))
        level = below
    return [one for one in found if one[0].endswith(_FOLLOWED) and not one[0].startswith("thresholds")][:_MOST_LINES]


def sections_of(processes: list[Process]) -> dict[str, dict[str, Any]]:
    """What else the processes tell, by the key of each."""
    told = {one.key: table(one.snapshot.get("sections")) for one in processes}
    return {key: rest for key, its in told.items() if (rest := {n: v for n, v in its.items() if n != _OWN_SECTION})}


def logs_of(ring: LogRing, history: History, at: float) -> Logs:
    """The log, with its levels over time."""
    return Logs(
        lines=ring.lines(),
        errors=ring.errors(),
        counts=ring.counts(),
        over_time={level: history.recent("logs", level, at) for level in LEVELS},
        dropped=ring.dropped,
    )


def totals_of(services: tuple[Service, ...], tiles: tuple[Tile, ...], history: History, at: float) -> Totals:
    """One line over everything."""
    busy = [tile for tile in tiles if tile.rate and tile.is_recorded and not tile.is_stale]
    breakers = [tile for tile in tiles if tile.kind == "circuit-breaker"]
    shut = [tile for tile in breakers if tile.state in {"open", "isolated"}]
    rate = sum(tile.rate or 0.0 for tile in busy)
    failing = sum((tile.rate or 0.0) * (tile.error_rate or 0.0) for tile in busy)
    well = sum(one.health in {"good", "quiet"} for one in services) + len(breakers) - len(shut)
    judged = len(services) + len(breakers)
    error_rate = failing / rate if rate else None
    history.add("totals", "rate", at, rate)
    if error_rate is not None:
        history.add("totals", "errors", at, error_rate)
    return Totals(
        score=well / judged if judged else None,
        services=len(services),
        online=sum(bool(one.online) for one in services),
        policies=len(tiles),
        breakers=len(breakers),
        breakers_open=len(shut),
        rate=rate,
        error_rate=error_rate,
        retries=sum(tile.retries for tile in tiles if not tile.policies),
        refused=sum(tile.refused for tile in tiles if not tile.policies),
        rates=history.recent("totals", "rate", at),
        errors=history.recent("totals", "errors", at),
    )
