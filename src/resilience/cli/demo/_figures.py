"""The figures of a play: counted from its diaries, its caches and its origins, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import Any

from ._diary import Call, Outcome
from ._play import Part, Play
from ._script import Phase, Script

Figures = dict[str, Any]
_QUANTILES = (50, 95, 99)


def figures_of(play: Play) -> Figures:
    """One object: the script, and an object for each client."""
    script = play.script
    spans = [{"phase": phase, "from": round(a, 3), "to": round(b, 3)} for phase, (a, b) in script.spans.items()]
    told: Figures = {part.name: _of_part(part, script) for part in play.parts}
    told["script"] = {
        "seconds": script.seconds,
        "calls_per_second": script.rate,
        "phases": spans,
        "delayed_ms": percentiles_of(play.delays),
        "disturbed": play.was_disturbed,
    }
    return told


def _of_part(part: Part, script: Script) -> Figures:
    diary, origin = part.diary, part.origin
    changes = [{"at": round(change.at, 3), "from": change.old, "to": change.new} for change in diary.changes]
    return {
        **_of_calls(diary.calls),
        "attempts": diary.attempts,
        "retries": diary.retries,
        "rejected": diary.rejected,
        "cache_hits": part.client.cache_hits,
        "origin_requests": len(origin.arrivals),
        "origin": {
            "answered": origin.answered,
            "failed": origin.failed,
            "overloaded": origin.overloaded,
            "abandoned": origin.abandoned,
        },
        "breaker": changes,
        "recovered_after": _recovered_after(part, script),
        "phases": {phase: _of_phase(part, script, phase) for phase in Phase},
    }


def _of_calls(calls: list[Call]) -> Figures:
    failed = _count(calls, Outcome.FAILED)
    return {
        "calls": len(calls),
        "succeeded": len(calls) - failed,
        "failed": failed,
        "served_stale": _count(calls, Outcome.STALE),
        "latency_ms": latency_of(calls),
    }


def _of_phase(part: Part, script: Script, phase: Phase) -> Figures:
    calls = [call for call in part.diary.calls if script.phase(call.begun) is phase]
    arrivals = sum(script.phase(at) is phase for at in part.origin.arrivals)
    return {**_of_calls(calls), "origin_requests": arrivals}


def _count(calls: Iterable[Call], outcome: Outcome) -> int:
    return sum(call.outcome is outcome for call in calls)


def latency_of(calls: Iterable[Call]) -> dict[str, float | None]:
    """Milliseconds until the caller knew the outcome, good or bad."""
    return percentiles_of(call.elapsed for call in calls)


def percentiles_of(seconds: Iterable[float]) -> dict[str, float | None]:
    """Percentiles by nearest rank, in milliseconds."""
    sorted_ms = sorted(each * 1000 for each in seconds)
    return {f"p{percent}": _ranked(sorted_ms, percent) for percent in _QUANTILES}


def _ranked(values: list[float], percent: int) -> float | None:
    return round(values[max(0, ceil(len(values) * percent / 100) - 1)], 2) if values else None


def _recovered_after(part: Part, script: Script) -> float | None:
    """Seconds from the end of the outage to the first answer that the origin gave after it."""
    _, up = script.outage
    ends = [call.begun + call.elapsed for call in part.diary.of(Outcome.FRESH)]
    return min((round(end - up, 3) for end in ends if end >= up), default=None)
