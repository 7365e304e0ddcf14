"""What a limiter tells of itself."""

from __future__ import annotations

from .._record import Record


class Admission(Record):
    """What a limiter would say now: `allowed`, `remaining` units, seconds until a try makes sense and until all is free."""

    allowed: bool
    remaining: int
    retry_after: float
    reset_after: float


class LimiterSnapshot(Record):
    """Counts since it was made; `waiting` turns now; `keys` held, and calls that shared the overflow (`other`).

    `would_reject`: calls that a limiter in shadow mode let through, and would have refused.
    """

    name: str
    admitted: int
    rejected: int
    waiting: int
    keys: int
    other: int
    would_reject: int = 0
