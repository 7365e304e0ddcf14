"""What the metrics say now: one table of metrics and one reading of them, for Prometheus and OpenTelemetry alike.

Rules: nothing is kept between two readings. Label values come from closed sets, but for the policies' labels and the
classes of errors, which are bounded: beyond `max_policies` all share `_other`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .._masking import printable
from .._names import live_policies
from .._policy import Policy
from ._recorder import Recorder
from ._series import OTHER

MOST = 2000
"""Labels of live policies while no recorder says how many."""
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
QUANTILES = ("p50", "p95", "p99")
STATES = ("closed", "half-open", "open", "isolated", "disabled", "metrics-only")
CODES = {"closed": 0, "half-open": 1, "open": 2, "isolated": 3, "disabled": 4, "metrics-only": 5}


class Metric(NamedTuple):
    """A metric: its name in OpenTelemetry, its name in Prometheus, what it is, its labels besides the policy's."""

    name: str
    prometheus: str
    is_counter: bool
    label: str | None
    unit: str
    about: str


_COUNTER, _GAUGE = True, False
METRICS = {
    metric.name: metric
    for metric in (
        Metric("resilience.calls", "resilience_calls", _COUNTER, "outcome", "{call}", "Calls that ended."),
        Metric(
            "resilience.call.errors", "resilience_call_errors", _COUNTER, "error", "{call}", "Calls by error class."
        ),
        Metric("resilience.call.time", "resilience_call_time_seconds", _COUNTER, None, "s", "Seconds spent in calls."),
        Metric(
            "resilience.call.duration",
            "resilience_call_recent_duration_seconds",
            _GAUGE,
            "quantile",
            "s",
            "Response times of the last window.",
        ),
        Metric("resilience.retries", "resilience_retries", _COUNTER, None, "{attempt}", "Attempts after the first."),
        Metric("resilience.gave_up", "resilience_gave_up", _COUNTER, "reason", "{call}", "Retries without success."),
        Metric("resilience.refused", "resilience_refused", _COUNTER, "reason", "{call}", "Calls that were refused."),
        Metric(
            "resilience.events",
            "resilience_events",
            _COUNTER,
            "event",
            "{event}",
            "All other events, by what they are.",
        ),
        Metric(
            "resilience.circuit.transitions",
            "resilience_circuit_transitions",
            _COUNTER,
            "state",
            "{transition}",
            "Changes of a breaker's state, by the new one.",
        ),
        Metric(
            "resilience.circuit.state", "resilience_circuit_state", _GAUGE, "state", "1", "1 for the state that is."
        ),
        Metric(
            "resilience.circuit.state_code",
            "resilience_circuit_state_code",
            _GAUGE,
            None,
            "1",
            "0 closed, 1 half-open, 2 open, 3 isolated, 4 disabled, 5 metrics-only.",
        ),
        Metric("resilience.cache.requests", "resilience_cache_requests", _COUNTER, "result", "{request}", "Look-ups."),
        Metric("resilience.cache.entries", "resilience_cache_entries", _GAUGE, None, "{entry}", "Entries held."),
        Metric(
            "resilience.limiter.admitted", "resilience_limiter_admitted", _COUNTER, None, "{call}", "Units let through."
        ),
        Metric(
            "resilience.limiter.waiting", "resilience_limiter_waiting", _GAUGE, None, "{call}", "Calls in the queue."
        ),
        Metric("resilience.bulkhead.in_use", "resilience_bulkhead_in_use", _GAUGE, None, "{call}", "Slots taken."),
        Metric("resilience.bulkhead.limit", "resilience_bulkhead_limit", _GAUGE, None, "{call}", "Slots there are."),
        Metric(
            "resilience.bulkhead.waiting", "resilience_bulkhead_waiting", _GAUGE, None, "{call}", "Calls in the queue."
        ),
        Metric(
            "resilience.throttle.refused_share",
            "resilience_throttle_refused_share",
            _GAUGE,
            None,
            "1",
            "The share of calls that is refused now.",
        ),
    )
}
_OWN = {"retries", "gave_up", "refused", "changes"}  # have a metric of their own
Labels = tuple[str, str]
"""The policy's label, and the value of the metric's own (empty without one)."""


class Readings:
    """One reading: for each metric, the values by labels."""

    def __init__(self, recorder: Recorder | None) -> None:
        self.values: dict[str, dict[Labels, float]] = {name: {} for name in METRICS}
        self._room = MOST if recorder is None else recorder.max_policies
        self._known: set[str] = set()
        if recorder is not None:
            for label, figures in recorder.all_calls().items():
                self._read_calls(label, figures)
            for label, figures in recorder.all_events().items():
                self._read_events(label, figures["events"])
        for policy in sorted(live_policies(), key=lambda policy: str(policy.name)):
            self._read_state(policy)

    def add(self, metric: str, label: str, value: float, other: str = "") -> None:
        """Add to a value; what shares `_other` is summed."""
        values, key = self.values[metric], (label, other)
        values[key] = values.get(key, 0) + value

    def label(self, name: str) -> str:
        """The label of a policy, while there is room."""
        if name not in self._known:
            if len(self._known) >= self._room:
                return OTHER
            self._known.add(name)
        return printable(name)

    def _read_calls(self, name: str, figures: dict[str, Any]) -> None:
        label = self.label(name)
        for outcome, count in figures["outcomes"].items():
            self.add("resilience.calls", label, count, outcome)
        for error, count in figures["errors"].items():
            self.add("resilience.call.errors", label, count, printable(error))
        self.add("resilience.call.time", label, figures["seconds"])
        for quantile in QUANTILES:
            if label != OTHER and figures["window"][quantile] is not None:
                self.add("resilience.call.duration", label, figures["window"][quantile], quantile)

    def _read_events(self, name: str, counts: dict[str, Any]) -> None:
        label = self.label(name)
        self.add("resilience.retries", label, counts.get("retries", 0))
        for metric, key in (("gave_up", "gave_up"), ("refused", "refused"), ("circuit.transitions", "changes")):
            for value, count in counts.get(key, {}).items():
                self.add(f"resilience.{metric}", label, count, value)
        for key, count in counts.items():
            if key not in _OWN:
                self.add("resilience.events", label, count, key)

    def _read_state(self, policy: Policy[Any]) -> None:
        read = _STATES.get(policy.kind)
        if read is not None:
            try:
                state = policy.snapshot()
            except Exception:  # one that cannot be read must not spoil the scrape
                return
            read(self, self.label(policy.name), state)


def _breaker(readings: Readings, label: str, state: Any) -> None:
    if label == OTHER:
        return  # the states of several cannot be summed
    for name in STATES:
        readings.add("resilience.circuit.state", label, float(state.state == name), name)
    readings.add("resilience.circuit.state_code", label, CODES[state.state])


def _cache(readings: Readings, label: str, state: Any) -> None:
    readings.add("resilience.cache.requests", label, state.hits, "hit")
    readings.add("resilience.cache.requests", label, state.misses, "miss")
    readings.add("resilience.cache.requests", label, state.stale_served, "stale")
    readings.add("resilience.cache.entries", label, state.size)


def _limiter(readings: Readings, label: str, state: Any) -> None:
    readings.add("resilience.limiter.admitted", label, state.admitted)
    readings.add("resilience.limiter.waiting", label, state.waiting)


def _bulkhead(readings: Readings, label: str, state: Any) -> None:
    readings.add("resilience.bulkhead.limit", label, state.max_concurrent)
    _slots(readings, label, state)


def _adaptive_limit(readings: Readings, label: str, state: Any) -> None:
    readings.add("resilience.bulkhead.limit", label, state.limit)
    _slots(readings, label, state)


def _slots(readings: Readings, label: str, state: Any) -> None:
    readings.add("resilience.bulkhead.in_use", label, state.active)
    readings.add("resilience.bulkhead.waiting", label, state.waiting)


def _throttle(readings: Readings, label: str, state: Any) -> None:
    if label != OTHER:  # shares cannot be summed
        readings.add("resilience.throttle.refused_share", label, state.share)


_STATES = {
    "circuit-breaker": _breaker,
    "cache": _cache,
    "rate-limiter": _limiter,
    "sliding-window": _limiter,
    "fixed-window": _limiter,
    "bulkhead": _bulkhead,
    "adaptive-limit": _adaptive_limit,
    "throttle": _throttle,
}
