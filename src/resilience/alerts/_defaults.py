"""The rules that need no thought: the thresholds of the settings, open circuits, health."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._rule import Rule

_LASTING = 60.0
_LEAST_CALLS = 10
_OPEN = ("open", "half-open")


def default_rules(*, lasting: Any = _LASTING) -> tuple[Rule, ...]:
    """Processors, memory, disks, response times and error rates by `THRESHOLD_*`; open circuits; health.

    Args:
        lasting: seconds that a figure must be beyond its threshold (default 60). Open circuits and health are told at once.

    The first three need `enable_system()`, response times (p95) and error rates `telemetry.enable()`, health a registry:
    what is not there does not fire. Rates and times are judged from ten calls in the window on.
    """
    return (
        Rule("cpu", "sections.system.cpu.percent", above="threshold.cpu_percent", lasting=lasting),
        Rule("memory", "sections.system.memory.percent", above="threshold.memory_percent", lasting=lasting),
        Rule("disk", "sections.system.disks.*.percent", above="threshold.disk_percent", lasting=lasting),
        Rule("response time", response_times, above="threshold.response_time_ms", lasting=lasting),
        Rule("error rate", error_rates, above="threshold.error_rate", lasting=lasting),
        Rule("circuit open", open_circuits, equals="open"),
        Rule("health", "sections.health.registries.*.level", equals="unhealthy", severity="critical"),
    )


def response_times(known: dict[str, Any]) -> dict[str, Any]:
    """The p95 of every policy and pipeline, in milliseconds."""
    return {name: window["p95"] * 1000 for name, window in _windows(known) if window["p95"] is not None}


def error_rates(known: dict[str, Any]) -> dict[str, Any]:
    """The error rate of every policy and pipeline."""
    return {name: window["error_rate"] for name, window in _windows(known)}


def open_circuits(known: dict[str, Any]) -> dict[str, Any]:
    """Breakers that are open, or were and have not closed: half-open, in a long outage, is each time open again."""
    return {one["name"]: "open" for one in known["policies"] if one["state"].get("state") in _OPEN}


def _windows(known: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in (*known["policies"], *known["pipelines"]):
        if one["calls"] is not None and one["calls"]["window"]["total"] >= _LEAST_CALLS:
            yield one["name"], one["calls"]["window"]
