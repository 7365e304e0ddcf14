"""One tile: made from what a snapshot tells of one policy, and from the lines of its past."""

from __future__ import annotations

from typing import Any

from ._board import Tile
from ._history import History
from ._processes import Process, count, number, rows, table, text
from ._traffic import Traffic

SMOOTH = 10.0
"""Seconds over which a rate is taken."""
_BAD, _MIDDLING = 0.5, 0.05
_STATES = {"open": "bad", "isolated": "bad", "half-open": "middling", "disabled": "off", "metrics-only": "off"}


def made(
    key: str,
    process: Process,
    entry: dict[str, Any],
    traffic: Traffic,
    counts: dict[str, int],
    history: History,
    **known: Any,
) -> Tile:
    """A tile; `known` is what its process does not tell: `is_stale`, `watches`, `controls`."""
    state, events = table(entry.get("state")), table(entry.get("events"))
    kind = text(entry.get("kind"))
    circuit = circuit_of(entry)
    active, waiting = number(state.get("active")), number(state.get("waiting"))
    capacity = number(state.get("max_concurrent", state.get("max_size")))
    used = active if active is not None else number(state.get("size"))
    return Tile(
        key=key,
        source=process.key,
        service=process.service,
        members=(),
        name=text(entry.get("name")),
        kind=kind,
        pipelines=_names(entry.get("pipelines")),
        policies=_names(entry.get("policies")),
        state=circuit,
        retries=counts["retries"],
        refused=counts["refused"],
        fallbacks=count(events.get("fallbacks")),
        timed_out=count(events.get("timed_out")),
        hit_rate=number(state.get("hit_rate")) if count(state.get("hits")) + count(state.get("misses")) else None,
        used=None if used is None else int(used),
        capacity=None if capacity is None else int(capacity),
        waiting=None if waiting is None else int(waiting),
        balance=number(state.get("balance")),
        timeline=tuple(rows(entry.get("timeline"))),
        recent=tuple(rows(entry.get("recent"))),
        figures=state,
        **calls_of(entry, traffic, counts),
        **lines(key, entry, traffic, counts, history, process.at),
        **known,
    )


def calls_of(entry: dict[str, Any], traffic: Traffic, counts: dict[str, int]) -> dict[str, Any]:
    """What changes with every call that goes well."""
    explain = entry.get("explain")
    return {
        "explain": text(explain) if isinstance(explain, str) else None,
        "error_rate": traffic.error_rate,
        "p50": traffic.p50,
        "p95": traffic.p95,
        "p99": traffic.p99,
        "is_shared": traffic.is_shared,
        "is_recorded": entry.get("calls") is not None,
        "total": counts["calls"],
    }


def lines(
    key: str, entry: dict[str, Any], traffic: Traffic, counts: dict[str, int], history: History, at: float
) -> dict[str, Any]:
    """What goes on while nothing happens: the lines of the past, the rates that are taken from them, and so the health."""
    mean, recent = history.mean, history.recent
    rates = recent(key, "calls", at)
    newest = [value for value in rates[-max(1, int(SMOOTH / history.step)) :] if value is not None]
    refusal_rate = mean(key, "refused", at, SMOOTH) or 0.0 if counts["refused"] else 0.0
    return {
        "at": at,
        "rate": sum(newest) / len(newest) if newest else 0.0 if counts["calls"] else None,
        "retry_rate": mean(key, "retries", at, SMOOTH) or 0.0 if counts["retries"] else 0.0,
        "refusal_rate": refusal_rate,
        "rates": rates,
        "errors": recent(key, "errors", at),
        "times": recent(key, "p95", at),
        "health": _health(circuit_of(entry), traffic, refusal_rate, counts, table(entry.get("state"))),
    }


def circuit_of(entry: dict[str, Any]) -> str | None:
    """The state of a breaker; `None` for others."""
    state = table(entry.get("state"))
    return text(state.get("state")) if entry.get("kind") == "circuit-breaker" and "state" in state else None


def counts_of(entry: dict[str, Any], traffic: Traffic) -> dict[str, int]:
    """What only grows. Caches, limiters and bulkheads count their own calls where nobody records any."""
    state, events = table(entry.get("state")), table(entry.get("events"))
    refused = max(count(events.get("refused")), count(state.get("rejected")))
    retries = count(events.get("retries")) or count(entry.get("retries"))
    return {"calls": traffic.total or _own(state), "retries": retries, "refused": refused}


def _own(state: dict[str, Any]) -> int:
    own = sum(count(state.get(name)) for name in ("hits", "misses", "admitted"))
    return own + count(state.get("rejected")) if "admitted" in state else own


def _names(value: Any) -> tuple[str, ...]:
    return tuple(text(one) for one in value) if isinstance(value, list) else ()


def _health(
    circuit: str | None, traffic: Traffic, refusal_rate: float, counts: dict[str, int], state: dict[str, Any]
) -> str:
    if circuit in _STATES:
        return _STATES[circuit]
    rate = traffic.error_rate
    if rate is not None and rate >= _BAD:
        return "bad"
    if refusal_rate > 0 or (rate is not None and rate >= _MIDDLING):
        return "middling"
    is_used = traffic.window or (not traffic.total and counts["calls"]) or count(state.get("calls"))
    return "good" if is_used else "quiet"
