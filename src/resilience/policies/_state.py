"""The states of a circuit, and the table of all its transitions."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The state of a circuit breaker; each is also its text (`breaker.state == "open"`)."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    ISOLATED = "isolated"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics-only"

    __repr__ = StrEnum.__str__


CLOSED, OPEN, HALF_OPEN = State.CLOSED, State.OPEN, State.HALF_OPEN
ISOLATED, DISABLED, METRICS_ONLY = State.ISOLATED, State.DISABLED, State.METRICS_ONLY
MANUAL = (DISABLED, METRICS_ONLY)

# What happens, from where, to where. The docs' diagram is made from this; a test drives each row.
TRANSITIONS = (
    (CLOSED, "the trip's count is reached, or a Failure(open_for=...)", OPEN),
    (OPEN, "the reset timeout is over", HALF_OPEN),
    (HALF_OPEN, "half_open_max_calls probes succeeded", CLOSED),
    (HALF_OPEN, "the probes' failures reach the trip's rate", OPEN),
    (CLOSED, "disable()", DISABLED),
    (CLOSED, "metrics_only()", METRICS_ONLY),
    (OPEN, "close()", CLOSED),
    (DISABLED, "close()", CLOSED),
    (METRICS_ONLY, "close()", CLOSED),
    (CLOSED, "isolate()", ISOLATED),
    (ISOLATED, "the last isolation is released", CLOSED),
)
