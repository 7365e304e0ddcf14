"""All events and snapshots, from their classes, as tables in docs/events.md: `python -m scripts.event_tables [--write]`."""

import inspect
from pathlib import Path

import resilience
import resilience.http
import resilience.miniapp
from resilience._record import Record
from resilience.events import Event

from .marked import command, replaced

PAGE = Path(__file__).resolve().parent.parent / "docs" / "events.md"
OTHERS = ("Admission", "Attempt", "Current", "EntryInfo", "Outcome", "ServerLimit")

# What a field means; "Class.field" where it means something else there.
MEANINGS = {
    "abandoned": "threads left behind that still run",
    "active": "calls that hold a slot now",
    "admitted": "calls let through",
    "after": "what is deployed now",
    "age": "seconds since the value was stored",
    "allowed": "whether a call would be let through",
    "at": "when, by the policy's clock, in seconds; only differences mean anything",
    "attempt": "the attempt's number, from 1",
    "attempts": "attempts allowed, `None` for no limit",
    "balance": "retries that the budget would grant now",
    "before": "what was deployed before",
    "breaker": "the breaker's snapshot, `None` without one",
    "budget": "retries that the budget would grant now, `None` without one",
    "calls": "calls that count now",
    "capacity": "tokens at the most, as configured",
    "checks": "looks so far",
    "count": "entries that went at once",
    "deadline": "seconds on the clock at which the call must have ended, `None` without a deadline",
    "degraded": "always true: the caller got a substitute",
    "delay": "seconds until the next attempt, `None` after the last",
    "deployment": "the last report on what is deployed, `None` before the first",
    "deployments": "the changes of what is deployed, oldest first",
    "elapsed": "seconds since the call began",
    "error": "what was raised, `None` for a bad result",
    "evicted": "idle origins that made room for others",
    "evictions": "entries that went for want of room",
    "expirations": "entries that went because their time was over",
    "expires_in": "seconds it is still fresh, below zero when it is not",
    "enabled": "whether faults are injected now",
    "failed": "calls all of whose attempts failed",
    "failed_recoveries": "times in a row that half-open led back to open",
    "failures": "failures that count now",
    "fault": "what was injected: `error`, `result` or `latency` alone",
    "granted": "retries granted",
    "health": "the last health report, `None` before the first",
    "history": "the last looks, oldest first",
    "hedged": "calls in which a further attempt was begun",
    "hedges": "one record for each hedge in use",
    "hit_rate": "hits of all look-ups, 0 to 1",
    "hits": "look-ups that were answered",
    "key": "what it was about where one policy serves many (an origin, a limiter's key), else `None`",
    "keys": "keys held now",
    "latency": "seconds that were injected, 0 for none",
    "launched": "attempts that were begun",
    "load_errors": "loads that raised",
    "injected": "faults so far",
    "loads": "loads that ended with a value",
    "max_concurrent": "slots, as configured",
    "max_elapsed": "seconds, as configured, `None` for no limit",
    "max_queue": "places in the queue, as configured",
    "max_tokens": "tokens at the most, as configured; retries need more than half of them",
    "max_size": "entries at most, as configured",
    "misses": "look-ups that were not answered",
    "name": "the policy's label",
    "new": "the state now",
    "number": "the attempt's number, from 1",
    "old": "the state before",
    "online": "whether the service answers now",
    "open_for": "seconds until the next probe, `None` unless open",
    "opened": "times it opened",
    "origin": "scheme, host and port",
    "original": "the error that the fallback was to hide, `None` for a bad result",
    "origins": "one record each, the least recently used first",
    "other": "calls that shared the overflow key",
    "overran": "sync calls that came back too late",
    "policies": "their snapshots, outermost first",
    "policy": "the label of the policy",
    "rate": "share of the calls, as configured",
    "ratio": "retries earned by each call, as configured",
    "reason": "why, in a word or two",
    "refresh": "whether it ran in the background, so that nobody saw the error",
    "refused": "retries refused",
    "rejected": "calls refused",
    "remaining": "seconds left, `inf` without a deadline",
    "requests": "requests begun",
    "reset_after": "seconds until all of it is free again",
    "response_times": "seconds that 50, 95 and 99 % of the answers did not exceed, `None` before the first",
    "retry_after": "seconds until a try makes sense, `None` if nobody knows",
    "running": "attempts under way now, those that have lost included",
    "seconds": "the time limit",
    "server_delay": "whether the callee named the delay",
    "services": "one record for each miniapp",
    "shared": "requests that shared the state `_other`",
    "size": "entries held now",
    "share": "of the calls that a closed circuit lets through, 0 to 1; below 1 while it recovers",
    "stale": "whether it was past its time",
    "stale_served": "answers past their time",
    "state": "a value of `State`",
    "status": "the last status report, `None` before the first",
    "stored": "whether the value was kept",
    "success": "whether the late call succeeded",
    "timed_out": "calls that were ended",
    "uptime": "share of the looks at which it was online, `None` before the first",
    "used": "times it answered",
    "tokens": "tokens left",
    "value": "what was returned",
    "waiting": "calls that wait now",
    "accepts": "requests of the window that were accepted",
    "dropped": "calls that failed or that their own deadline cut short",
    "limit": "calls at once, as learned by now",
    "would_reject": "calls that shadow mode let through, and that would have been refused",
    "AdaptiveLimitSnapshot.active": "calls under way now",
    "LimitChanged.new": "calls at once now",
    "LimitChanged.old": "calls at once before",
    "ThrottleSnapshot.share": "share of the calls that is refused now",
    "ThrottleSnapshot.requests": "requests of the window, refused ones among them",
    "wins": "calls won by the first attempt, the second, and so on",
    "Admission.remaining": "units that could be taken now",
    "ChaosInjected.error": "what was raised, `None` for another fault",
    "ChaosSnapshot.calls": "calls that came by while it was on",
    "HedgeLaunched.attempt": "the attempt's number, from 2",
    "HedgeLaunched.elapsed": "seconds since the first attempt began",
    "HedgeLaunched.error": "the failure that it follows at once, else `None`",
    "HedgeRefused.attempt": "the number that it would have had",
    "HedgeSnapshot.calls": "calls so far",
    "HedgeSnapshot.delay": "seconds until the next attempt, `None` while the quantile is not known",
    "HedgeSnapshot.refused": "attempts that were due and not made: by the budget, the deadline, or for want of a thread",
    "HedgeWon.attempt": "the number of the attempt that won",
    "Admission.retry_after": "seconds until a try makes sense, 0 if it does now",
    "CacheLoadFailed.error": "what was raised",
    "EntryInfo.error": "whether it holds a failure, kept by `negative_ttl`",
    "RetryScheduled.delay": "seconds until the next attempt",
    "CallOverran.elapsed": "seconds the call took",
    "CallTimedOut.abandoned": "whether its thread runs on",
    "CacheLoaded.elapsed": "seconds the load took",
    "FallbackFailed.error": "what the fallback raised",
    "RetryQuotaSnapshot.balance": "tokens left",
    "RetrySnapshot.balance": "retries that its budget would grant now, `None` without one",
    "OriginSnapshot.attempts": "attempts that went out, or were refused by breaker or limiter",
    "ServerLimit.remaining": "units left, `None` if nothing was said",
    "ServerLimit.reset": "seconds until they are back, `None` if nothing was said",
    "ServerLimit.retry_after": "seconds to wait, of a 429 or 503, `None` if nothing was said",
    "ServiceSnapshot.name": "of the miniapp",
    "StatusChanged.error": "why it does not answer, in words, `None` if it does",
}


ELSEWHERE = frozenset({"alerts", "dashboard", "health", "integrations", "simulate", "telemetry"})


def classes(base):
    """A class's descendants in our own modules, sorted by name."""
    found, todo = {}, [base]
    while todo:
        for kind in todo.pop().__subclasses__():
            todo.append(kind)
            # What these hold has pages of its own; whether they are loaded depends on who asks.
            if kind.__module__.startswith("resilience.") and kind.__module__.split(".")[1] not in ELSEWHERE:
                found[kind.__name__] = kind
    return [found[name] for name in sorted(found)]


def all_told():
    """Every class that the page has a section for: the events, and then the others."""
    for name in resilience.__all__:
        getattr(resilience, name)  # loads what is loaded at its first use
    records = classes(Record)
    told = [kind for kind in records if issubclass(kind, Event) and kind is not Event]
    return told + [kind for kind in records if kind.__name__.endswith("Snapshot") or kind.__name__ in OTHERS]


def tables():
    """All tables, as Markdown."""
    told = [kind for kind in all_told() if issubclass(kind, Event)]
    states = [kind for kind in all_told() if not issubclass(kind, Event)]
    lines = ["## Events", "", "Every event has these fields:", "", *rows(Event), ""]
    lines += ["And besides them:", ""]
    for kind in told:
        lines += [*section(kind), ""]
    lines += ["## Snapshots and records", ""]
    for kind in states:
        lines += [*section(kind), ""]
    return "\n".join(lines).rstrip()


def section(kind):
    """One class: its name, its docstring but for the example, its own fields."""
    paragraphs = inspect.cleandoc(kind.__doc__ or "").split("\n\n")
    about = "\n\n".join(text for text in paragraphs if ">>>" not in text and not text.startswith("Attributes:"))
    own = [name for name in kind._fields if not (issubclass(kind, Event) and name in Event._fields)]
    return [f"### `{kind.__name__}`", "", about, *(["", *rows(kind, own)] if own else [])]


def rows(kind, fields=None):
    """A table of fields."""
    yield from ("| field | type | default | meaning |", "| --- | --- | --- | --- |")
    types = {name: text for base in reversed(kind.__mro__) for name, text in inspect.get_annotations(base).items()}
    for name in kind._fields if fields is None else fields:
        default = f"`{getattr(kind, name)!r}`" if hasattr(kind, name) else ""
        meaning = meaning_of(kind, name)
        text = str(types[name]).replace("|", "\\|")
        yield f"| `{name}` | `{text}` | {default} | {meaning} |"


def meaning_of(kind, field):
    """What a field means there; one without a meaning is a `KeyError`."""
    return MEANINGS.get(f"{kind.__name__}.{field}") or MEANINGS[field]


def renewed(page):
    """The page's text with the present tables."""
    return replaced(page.read_text("utf-8"), "tables", tables())


if __name__ == "__main__":
    command("scripts.event_tables", [PAGE], renewed)
