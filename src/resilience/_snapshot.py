"""Everything that is known of this process's policies, as one JSON value: what a dashboard reads.

Rules: nothing is kept here but the time since when the process is known. Each part is taken under its own lock only, so the
parts are not of one instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from time import time as wall_time
from typing import Any

from . import _sections
from ._listeners import HUB
from ._names import live_policies, reset_in_child
from ._pipeline import Pipeline
from ._plain import plain
from ._policy import Policy

VERSION = 1
"""Of the layout: a field that goes or changes its meaning raises it, a new field does not."""
_NO_EVENTS: dict[str, Any] = {"events": {}, "timeline": [], "recent": []}
_started = wall_time()


@reset_in_child
def _reset() -> None:
    global _started
    _started = wall_time()


_Entry = tuple[Any, Any, Any, list[str], dict[str, Any], Any]


class Memory:
    """What one reader was told last, so that what has not changed since is neither worked out nor copied anew for it.

    Its entries must not be changed. One thread at a time.
    """

    def __init__(self) -> None:
        self.entries: dict[str, _Entry] = {}
        self.before: dict[str, _Entry] = {}

    def turn(self) -> None:
        """Forget what was not told the last time."""
        self.before, self.entries = self.entries, {}


def snapshot() -> dict[str, Any]:
    """The state of every live policy and pipeline, with the recorded figures if `resilience.telemetry` is on.

    Returns:
        A dict that `json.dumps` takes as it is; docs/telemetry/snapshot.md describes every field. `version` rises when a
        field goes or changes its meaning. Times are seconds since 1970, durations seconds, shares 0 to 1.

    Holds no arguments, no results, no texts of errors. Raises nothing: what cannot be read is told by the class of its
    error. Thread-safe; it takes the lock of one policy at a time, shortly.

    >>> from resilience import CircuitBreaker
    >>> breaker = CircuitBreaker("doctest-snapshot")
    >>> [one["state"]["state"] for one in snapshot()["policies"] if one["name"] == "doctest-snapshot"]
    ['closed']
    """
    return remembered(None)


def remembered(memory: Memory | None) -> dict[str, Any]:
    """The same, for a reader who keeps what it was told last."""
    if memory is not None:
        memory.turn()
    recorded = _sections.recorded
    calls = {} if recorded is None else recorded.all_calls(copied=memory is None)
    events = {} if recorded is None else recorded.all_events(copied=memory is None)
    live = sorted(filter(_is_made, live_policies()), key=lambda policy: str(policy.name))
    chains = [policy for policy in live if len(policy.parts()) > 1 or isinstance(policy, Pipeline)]
    within: dict[str, list[str]] = {}
    for chain in chains:
        for part in chain.parts():
            within.setdefault(part.name, []).append(chain.name)
    chained = set(map(id, chains))
    singles = [policy for policy in live if id(policy) not in chained]
    told = [_known(memory, one, within.get(one.name, []), calls, events) for one in singles]
    return {
        "version": VERSION,
        **_process(),
        "recording": None if recorded is None else recorded.about(),
        "policies": told,
        "pipelines": [_chain(one, calls, events) for one in chains],
        "gone": _gone({policy.name for policy in live}, calls, events),
        "totals": _totals(told, calls, events),
        "sections": _told_by_others(),
    }


def _is_made(policy: Any) -> bool:
    """Not while another thread is still making it, nor when its constructor raised and a traceback keeps it."""
    try:
        policy.parts()
    except AttributeError:
        return False
    return True


def _process() -> dict[str, Any]:
    from platform import node

    return {
        "resilience": getattr(sys.modules[__package__ or "resilience"], "__version__", None),
        "python": ".".join(map(str, sys.version_info[:3])),
        "host": plain(node()),
        "pid": os.getpid(),
        "started_at": _started,
        "at": wall_time(),
    }


def _known(
    memory: Memory | None,
    policy: Policy[Any],
    pipelines: list[str],
    calls: dict[str, Any],
    events: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    if memory is None:
        return _single(policy, policy.snapshot, pipelines, calls, events)
    name = policy.name
    known = memory.before.get(name)
    try:
        steady = policy._steady()  # before the snapshot: what changes between the two is seen the next time
        is_steady = known is not None and steady is not None and known[5] == steady
        state: Any = known[0] if known is not None and is_steady else policy.snapshot()
    except Exception:
        return _single(policy, policy.snapshot, pipelines, calls, events)
    called, heard = calls.get(name), events.get(name)
    if known is None or (known[0], known[2], known[3]) != (state, heard, pipelines):
        known = state, called, heard, pipelines, _single(policy, lambda: state, pipelines, calls, events), steady
    elif known[1] != called:
        # Most of what changes is calls that went well: the rest stays, and stays the same objects.
        entry = {**known[4], "calls": called, "explain": _explained(policy)}
        known = state, called, heard, pipelines, entry, steady
    elif not is_steady:
        known = (*known[:5], steady)
    memory.entries[name] = known
    return known[4]


def _single(
    policy: Policy[Any],
    state: Callable[[], Any],
    pipelines: list[str],
    calls: dict[str, Any],
    events: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    return {
        "name": plain(policy.name),
        "kind": policy.kind,
        "pipelines": plain(pipelines),
        "state": {name: value for name, value in _guarded(state).items() if name != "name"},
        "explain": _explained(policy),
        "calls": calls.get(policy.name),
        **events.get(policy.name, _NO_EVENTS),
    }


def _chain(policy: Policy[Any], calls: dict[str, Any], events: dict[str, dict[str, Any]]) -> dict[str, Any]:
    parts = [part.name for part in policy.parts()]
    retries = sum(events.get(part, _NO_EVENTS)["events"].get("retries", 0) for part in parts)
    called = calls.get(policy.name)
    return {
        "name": plain(policy.name),
        "kind": policy.kind,
        "policies": plain(parts),
        "calls": called,
        "retries": retries,
        "attempts": None if called is None else called["total"] + retries,
    }


def _explained(policy: Policy[Any]) -> Any:
    explain = getattr(policy, "explain", None)
    return None if explain is None else _guarded(explain)


def _guarded(function: Any) -> Any:
    try:
        return plain(function())
    except Exception as error:
        return {"error": plain(type(error).__name__)}


def _told_by_others() -> dict[str, Any]:
    told = {name: _guarded(function) for name, function in sorted(_sections.sections.items())}
    return {name: its for name, its in told.items() if its is not None}


def _gone(live: set[str], calls: dict[str, Any], events: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What was recorded of policies that have been collected, and of the labels beyond the cap (`_other`)."""
    labels = sorted({*calls, *events} - live)
    return [{"name": plain(label), "calls": calls.get(label), **events.get(label, _NO_EVENTS)} for label in labels]


def _totals(told: list[dict[str, Any]], calls: dict[str, Any], events: dict[str, dict[str, Any]]) -> dict[str, Any]:
    outcomes = [one["outcomes"] for one in calls.values()]
    counts = [one["events"] for one in events.values()]
    breakers = [one["state"].get("state") for one in told if one["kind"] == "circuit-breaker"]
    return {
        "policies": len(told),
        "breakers": len(breakers),
        "breakers_open": sum(state in {"open", "isolated"} for state in breakers),
        "calls": sum(sum(one.values()) for one in outcomes),
        "failures": sum(one["failure"] for one in outcomes),
        "retries": sum(one.get("retries", 0) for one in counts),
        "refused": sum(sum(one.get("refused", {}).values()) for one in counts),
        "listener_errors": HUB.errors,
    }
