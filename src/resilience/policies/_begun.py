"""What an adaptive limit notes of each call, and tells of itself."""

from __future__ import annotations

from .._record import Record


class AdaptiveLimitSnapshot(Record):
    """`active` calls of `limit` now; `waiting` of `max_queue`; `dropped` calls failed, or were cut short by their deadline.

    `would_reject`: calls that one in shadow mode let through, and would have refused.
    """

    name: str
    active: int
    limit: int
    waiting: int
    max_queue: int
    admitted: int
    rejected: int
    dropped: int
    would_reject: int = 0


class Begun:
    """A call under way: since when, how many there were with it, and was it `over` the limit (in shadow mode)?"""

    __slots__ = ("at", "in_flight", "over")

    def __init__(self, at: float, in_flight: int, *, over: bool = False) -> None:
        self.at = at
        self.in_flight = in_flight
        self.over = over
