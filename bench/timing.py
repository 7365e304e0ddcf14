"""Times the cases of a row against each other.

Every round times each case once, so that a slow moment of the machine hits all alike; the best round of each counts.
Functions are built anew for each round: no case lives on one lucky layout in memory.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from .row import BARE, Row

CALLS = 2_000


def measure(row: Row, rounds: int) -> tuple[dict[str, float], dict[str, str]]:
    """Nanoseconds over a bare call for each case, and why the others could not be timed."""
    best, absent = asyncio.run(_arounds(row, rounds)) if row.is_async else _rounds(row, rounds)
    bare = best.pop(BARE)
    return {name: nanoseconds - bare for name, nanoseconds in best.items()}, absent


def _rounds(row: Row, rounds: int) -> tuple[dict[str, float], dict[str, str]]:
    cases, absent = _present(row)
    best = dict.fromkeys(cases, float("inf"))
    for name, build in cases.items():
        _expect(row, name, _outcome(build()))
    for _ in range(rounds):
        for name, build in cases.items():
            function = build()
            _spin(function, range(row.warm))
            best[name] = min(best[name], _quietly(_spin, function, row.arguments(CALLS)))
    return best, absent


async def _arounds(row: Row, rounds: int) -> tuple[dict[str, float], dict[str, str]]:
    cases, absent = _present(row)
    best = dict.fromkeys(cases, float("inf"))
    for name, build in cases.items():
        _expect(row, name, await _aoutcome(build()))
    for _ in range(rounds):
        for name, build in cases.items():
            function = build()
            await _aspin(function, range(row.warm))
            gc.collect()
            gc.disable()
            try:
                best[name] = min(best[name], await _aspin(function, row.arguments(CALLS)))
            finally:
                gc.enable()
    return best, absent


def _quietly(spin: Callable[..., float], function: Callable[[int], Any], arguments: Any) -> float:
    gc.collect()
    gc.disable()
    try:
        return spin(function, arguments)
    finally:
        gc.enable()


def _spin(function: Callable[[int], Any], arguments: Any) -> float:
    start = perf_counter_ns()
    for argument in arguments:
        try:
            function(argument)
        except Exception:
            pass
    return (perf_counter_ns() - start) / max(1, len(arguments))


async def _aspin(function: Callable[[int], Any], arguments: Any) -> float:
    start = perf_counter_ns()
    for argument in arguments:
        try:
            await function(argument)
        except Exception:
            pass
    return (perf_counter_ns() - start) / max(1, len(arguments))


def _present(row: Row) -> tuple[dict[str, Any], dict[str, str]]:
    present, absent = {}, {}
    for name, build in row.cases.items():
        try:
            build()
        except ImportError as error:
            absent[name] = str(error)
        else:
            present[name] = build
    return present, absent


def _outcome(function: Callable[[int], Any]) -> Any:
    try:
        return function(1)
    except Exception as error:
        return error


async def _aoutcome(function: Callable[[int], Any]) -> Any:
    try:
        return await function(1)
    except Exception as error:
        return error


def _expect(row: Row, name: str, outcome: Any) -> None:
    """A case that does not do its task would be fast for nothing."""
    raised = isinstance(outcome, Exception)
    wrong = raised != row.raises and name != BARE
    if wrong or not (raised or outcome == 1):
        raise SystemExit(f"bench: {row.title}: {name} gave {outcome!r}")
