"""What is kept of the events of one policy: counts, the newest events, and a breaker's changes of state.

Rules: everything here is read and written under the recorder's lock. Of an error only its class is kept: its text may hold
anything, and its traceback holds all that the call held.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from .. import events
from .._masking import masked, printable, shortened

# What is counted for which event, and the field whose value tells them apart.
COUNTED: dict[type[events.Event], tuple[str, str | None]] = {
    events.RetryScheduled: ("retries", None),
    events.RetryGaveUp: ("gave_up", "reason"),
    events.RetrySucceeded: ("recovered", None),
    events.RetrySuperseded: ("superseded", None),
    events.CallRejected: ("refused", "reason"),
    events.CallTimedOut: ("timed_out", None),
    events.CallOverran: ("overran", None),
    events.BreakerStateChanged: ("changes", "new"),
    events.LateResult: ("late_results", None),
    events.ProbeLost: ("probes_lost", None),
    events.FallbackUsed: ("fallbacks", None),
    events.FallbackFailed: ("fallback_failures", None),
    events.CacheLoadFailed: ("load_errors", None),
    events.BudgetRefused: ("budget_refused", None),
    events.HedgeLaunched: ("hedges", None),
    events.HedgeFailed: ("hedges_failed", None),
    events.HedgeRefused: ("hedges_refused", None),
    events.WouldReject: ("would_reject", None),
    events.ChaosInjected: ("chaos", None),
}
KEPT = tuple(COUNTED)
"""Not kept are events of calls that go well (cache hits, misses and loads, hedges that won) and the steps of an adaptive
limit, which the policies count themselves."""
# Values that a label may take; anything else is `other`.
REASONS = frozenset(
    {"attempts", "max_elapsed", "deadline", "budget", "server delay", "stop"}  # RetryGaveUp
    | {
        "open",
        "isolated",
        "half-open",
        "ramp",
        "rate",
        "full",
        "waited too long",
        "no thread free",
        "limit",
        "throttled",
    }  # CallRejected
    | {"closed", "disabled", "metrics-only"}  # BreakerStateChanged, with some of the above
)


class Tally:
    """The events under one label."""

    __slots__ = ("_known", "counts", "recent", "timeline")

    def __init__(self, recent: int) -> None:
        self.counts: dict[str, Any] = {}
        self.recent: deque[dict[str, Any]] = deque(maxlen=recent)
        self.timeline: deque[dict[str, Any]] = deque(maxlen=recent)
        self._known: dict[str, Any] | None = None

    def add_locked(self, event: events.Event, told: dict[str, Any]) -> None:
        """Count an event and keep how it is told."""
        self._known = None
        self.recent.append(told)
        name, field = COUNTED.get(type(event), ("", None))
        if isinstance(event, events.BreakerStateChanged):
            self.timeline.append(told)
        if field is None:
            self.counts[name] = self.counts.get(name, 0) + 1
        else:
            by = self.counts.setdefault(name, {})
            value = closed_value(getattr(event, field))
            by[value] = by.get(value, 0) + 1

    def take_locked(self, other: Tally) -> None:
        """Add what another counted, which will not count on."""
        self._known = None
        for name, count in other.counts.items():
            if isinstance(count, int):
                self.counts[name] = self.counts.get(name, 0) + count
            else:
                by = self.counts.setdefault(name, {})
                for value, number in count.items():
                    by[value] = by.get(value, 0) + number

    def figures_locked(self, *, copied: bool = True) -> dict[str, Any]:
        """A copy; or, not copied, the same object as long as nothing has changed, which nobody may change."""
        if copied:
            return self._figures()
        if self._known is None:
            self._known = self._figures()
        return self._known

    def _figures(self) -> dict[str, Any]:
        return {
            "events": {name: dict(count) if isinstance(count, dict) else count for name, count in self.counts.items()},
            "timeline": list(self.timeline),
            "recent": list(self.recent),
        }


def closed_value(reason: str) -> str:
    """A reason as one of a closed set, for labels: some have numbers in their text."""
    short = "ramp" if reason.startswith("closed for ") else reason.partition(",")[0]
    return short if short in REASONS else "other"


def told(event: events.Event, at: float) -> dict[str, Any]:
    """An event as plain values, `at` in seconds since 1970; errors by their class, texts masked and without line breaks."""
    fields = {name: plain(value) for name, value in event.as_dict().items() if name not in {"policy", "at", "key"}}
    if event.key is not None:
        fields["key"] = plain(event.key)
    return {"at": at, "event": type(event).__name__, **fields}


def plain(value: object) -> str | int | float | bool | None:
    """A field of an event as a value that JSON has."""
    if isinstance(value, BaseException):
        return kind_of(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None  # neither infinite nor NaN, which JSON lacks
    return printable(shortened(masked(value))) if isinstance(value, str) else kind_of(value)


def kind_of(value: object) -> str:
    """The name of its class: somebody else's text as well."""
    return shortened(printable(type(value).__name__))
