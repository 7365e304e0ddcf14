"""Everything that is known of this process's policies, as one JSON value: what a dashboard reads.

Rules: nothing is kept here but the time since when the process is known. Each part is taken under its own lock only, so the
parts are not of one instant.
"""

from __future__ import annotations

import os
import sys
from time import time as wall_time
from typing import Any

from . import _sections
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


_Entry = tuple[Any, Any, Any, list[str], dict[str, Any]]


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
    return {
        "version": VERSION,
        **_process(),
        "recording": None if recorded is None else recorded.about(),
        "policies": [_known(memory, one, within.get(one.name, []), calls, events) for one in singles],
        "pipelines": [_chain(one, calls, events) for one in chains],
        "gone": _gone({policy.name for policy in live}, calls, events),
        "totals": _totals(singles, calls, events),
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
        return _single(policy, pipelines, calls, events)
    name = policy.name
    try:
        state: Any = policy.snapshot()
    except Exception:
        return _single(policy, pipelines, calls, events)
    called, heard = calls.get(name), events.get(name)
    known = memory.before.get(name)
    if known is None or (known[0], known[2], known[3]) != (state, heard, pipelines):
        known = state, called, heard, pipelines, _single(policy, pipelines, calls, events)
    elif known[1] != called:
        # Most of what changes is calls that went well: the rest stays, and stays the same objects.
        known = state, called, heard, pipelines, {**known[4], "calls": called, "explain": _explained(policy)}
    memory.entries[name] = known
    return known[4]


def _single(
    policy: Policy[Any], pipelines: list[str], calls: dict[str, Any], events: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    return {
        "name": plain(policy.name),
        "kind": policy.kind,
        "pipelines": plain(pipelines),
        "state": _state(policy),
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


def _state(policy: Policy[Any]) -> Any:
    state = _guarded(policy.snapshot)
    return {name: value for name, value in state.items() if name != "name"}


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


def _totals(singles: list[Policy[Any]], calls: dict[str, Any], events: dict[str, dict[str, Any]]) -> dict[str, Any]:
    outcomes = [one["outcomes"] for one in calls.values()]
    counts = [one["events"] for one in events.values()]
    breakers = [policy for policy in singles if policy.kind == "circuit-breaker"]
    return {
        "policies": len(singles),
        "breakers": len(breakers),
        "breakers_open": sum(1 for breaker in breakers if str(getattr(breaker, "state", "")) in {"open", "isolated"}),
        "calls": sum(sum(one.values()) for one in outcomes),
        "failures": sum(one["failure"] for one in outcomes),
        "retries": sum(one.get("retries", 0) for one in counts),
        "refused": sum(sum(one.get("refused", {}).values()) for one in counts),
    }
