"""How an event is put into words for a log, and how grave it is. No text of an error is in it: only its class."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from .. import events
from .._span import span

# What an operator does about it: an error needs somebody now, a warning is a call that went wrong, info is a course taken.
LEVELS: dict[type[events.Event], int] = {
    events.RetryScheduled: logging.INFO,
    events.RetryGaveUp: logging.WARNING,
    events.RetrySucceeded: logging.INFO,
    events.RetrySuperseded: logging.INFO,
    events.CallRejected: logging.WARNING,
    events.CallTimedOut: logging.WARNING,
    events.CallOverran: logging.WARNING,
    events.BreakerStateChanged: logging.WARNING,
    events.LateResult: logging.INFO,
    events.ProbeLost: logging.WARNING,
    events.FallbackUsed: logging.WARNING,
    events.FallbackFailed: logging.ERROR,
    events.CacheLoadFailed: logging.WARNING,
    events.BudgetRefused: logging.WARNING,
    events.HedgeLaunched: logging.INFO,
    events.HedgeFailed: logging.WARNING,
    events.HedgeRefused: logging.INFO,
    events.WouldReject: logging.INFO,
    events.ChaosInjected: logging.WARNING,
}
_CALMER = {"closed": logging.INFO, "half-open": logging.INFO, "open": logging.ERROR}
_WORDS: dict[type[events.Event], Callable[[dict[str, Any]], str]] = {
    events.RetryScheduled: lambda e: f"attempt {e['attempt']} failed{_by(e)}, the next in {span(e['delay'])}",
    events.RetryGaveUp: lambda e: f"gave up at attempt {e['attempt']}{_by(e)}: {e['reason']}",
    events.RetrySucceeded: lambda e: f"succeeded at attempt {e['attempt']}",
    events.RetrySuperseded: lambda e: f"left to an inner retry{_by(e)}",
    events.CallRejected: lambda e: f"refused a call: {e['reason']}{_until(e)}",
    events.CallTimedOut: lambda e: f"no answer within {e['seconds']:g} s{', its thread runs on' * e['abandoned']}",
    events.CallOverran: lambda e: f"an answer came after {span(e['elapsed'])} of {span(e['seconds'])}",
    events.BreakerStateChanged: lambda e: f"from {e['old']} to {e['new']}: {e['reason']}{_until(e)}",
    events.LateResult: lambda _: "a result of an earlier epoch came back",
    events.ProbeLost: lambda e: f"a probe did not come back: {e['reason']}",
    events.FallbackUsed: lambda e: f"a fallback answered{_by(e)}",
    events.FallbackFailed: lambda e: f"the fallback failed as well{_by(e)}",
    events.CacheLoadFailed: lambda e: f"a load failed{_by(e)}",
    events.BudgetRefused: lambda _: "the retry budget is empty, no retry",
    events.HedgeLaunched: lambda e: f"attempt {e['attempt']} is begun after {span(e['elapsed'])}{_by(e)}",
    events.HedgeFailed: lambda e: f"all {e['launched']} attempts failed{_by(e)}",
    events.HedgeRefused: lambda e: f"attempt {e['attempt']} was due and is not made: {e['reason']}",
    events.WouldReject: lambda e: f"in shadow mode, would have refused a call: {e['reason']}{_until(e)}",
    events.ChaosInjected: lambda e: f"CHAOS IS ON: injected {e['fault']}{_by(e)}{_late(e)}",
}


def level_of(event: events.Event) -> int:
    """The level of the line."""
    level = LEVELS[type(event)]
    return _CALMER.get(event.new, level) if isinstance(event, events.BreakerStateChanged) else level


def words_of(event: events.Event, fields: dict[str, Any]) -> str:
    """The line, out of the event's plain fields."""
    return _WORDS[type(event)](fields)


def _by(fields: dict[str, Any]) -> str:
    return f" ({fields['error']})" if fields.get("error") else ""


def _late(fields: dict[str, Any]) -> str:
    return f", {span(fields['latency'])} late" if fields["latency"] else ""


def _until(fields: dict[str, Any]) -> str:
    seconds = fields.get("retry_after")
    return "" if seconds is None else f", retry in {span(seconds)}"
