"""What one client lived through: every call with its outcome, and what was heard from its policies."""

from __future__ import annotations

from enum import StrEnum

from ..._record import Record
from ...events import BreakerStateChanged, CallRejected, Event, RetryScheduled
from ._stopwatch import Stopwatch


class Outcome(StrEnum):
    """How a call ended, as its caller sees it."""

    FRESH = "fresh"
    REMEMBERED = "remembered"
    STALE = "stale"
    FAILED = "failed"


class Call(Record):
    """A call: when it began, the seconds until its caller knew the outcome, and the outcome."""

    begun: float
    elapsed: float
    outcome: Outcome

    @property
    def is_answered(self) -> bool:
        """Did the caller get an answer, be it an old one?"""
        return self.outcome is not Outcome.FAILED


class Change(Record):
    """A change of the breaker's state, `at` seconds after the script began."""

    at: float
    old: str
    new: str


class Diary:
    """Written by one client's calls and, as `hear`, by the events of its policies; all on one loop's thread."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        self.now = stopwatch.now
        self.calls: list[Call] = []
        self.attempts = 0
        self.retries = 0
        self.rejected = 0
        self.changes: list[Change] = []

    def hear(self, event: Event) -> None:
        """Note an event."""
        match event:
            case RetryScheduled():
                self.retries += 1
            case CallRejected():
                self.rejected += 1
            case BreakerStateChanged():
                self.changes.append(Change(at=self.now(), old=event.old, new=event.new))
            case _:
                pass

    def of(self, *outcomes: Outcome) -> list[Call]:
        """The calls that ended so."""
        return [call for call in self.calls if call.outcome in outcomes]
