"""What happens in a simulation, counted in slices of a tenth of a second.

Rules: belongs to the one thread of the simulation.
"""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import accumulate

SLICES = 10
"""Slices of one second."""
ENOUGH = 0.95
_MOST_CHANGES = 2000


class Tally:
    """Counts by the time a call began (`offered`, `served`), a request came (`requests`), or a call ended (the rest)."""

    __slots__ = (
        "changes",
        "changes_left_out",
        "failed",
        "failures",
        "gave_up",
        "latencies",
        "offered",
        "open",
        "refused",
        "requests",
        "served",
    )

    def __init__(self, duration: float) -> None:
        slices = int(duration * SLICES) + 2
        self.offered, self.served, self.requests, self.refused = (array("q", bytes(8 * slices)) for _ in range(4))
        self.latencies = array("d")
        self.failures: Counter[str] = Counter()
        self.gave_up = self.failed = 0
        self.changes: list[tuple[float, str, str, str]] = []
        self.changes_left_out = 0
        self.open = array("q", bytes(8 * slices))

    def began(self, now: float) -> int:
        """A call begins; the slice it counts in."""
        index = int(now * SLICES)
        self.offered[index] += 1
        return index

    def changed(self, now: float, policy: str, old: str, new: str) -> None:
        """A breaker changed its state."""
        index = int(now * SLICES)
        self.open[index] += (new == "open") - (old == "open")
        if len(self.changes) < _MOST_CHANGES:
            self.changes.append((now, policy, old, new))
        else:
            self.changes_left_out += 1

    def open_breakers(self) -> list[int]:
        """How many are open at the end of each slice."""
        return list(accumulate(self.open))

    def share_between(self, start: float, end: float) -> float | None:
        """Of the calls that began in this time, the share that was served; `None` if none began."""
        first, last = round(start * SLICES), round(end * SLICES)
        offered = sum(self.offered[first:last])
        return sum(self.served[first:last]) / offered if offered else None

    def recovered_after(self, moment: float, until: float) -> float | None:
        """Seconds after which a whole second begins in which enough calls are served."""
        first, last = round(moment * SLICES), int(until * SLICES) - SLICES
        for index in range(first, last + 1):
            offered = sum(self.offered[index : index + SLICES])
            if offered and sum(self.served[index : index + SLICES]) >= ENOUGH * offered:
                return (index - first) / SLICES
        return None
