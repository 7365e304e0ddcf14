"""What a circuit breaker tells of itself."""

from __future__ import annotations

from .._record import Record


class BreakerSnapshot(Record):
    """`state` as text; `calls` and `failures` that count now; the rest since it was made.

    `open_for` is in seconds; `share` is the part of the calls that a closed circuit lets through, below 1 on a ramp.
    `would_reject`: calls that one in shadow mode let through, and would have refused.
    """

    name: str
    state: str
    calls: int
    failures: int
    open_for: float | None
    share: float
    opened: int
    rejected: int
    failed_recoveries: int
    would_reject: int = 0
