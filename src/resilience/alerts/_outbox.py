"""What is to be delivered to one sink: in order, one at a time, in a thread of a bounded pool.

Rules: all fields are guarded by `_lock`. A sink that hangs holds one thread and its own queue, which is bounded: the oldest
goes. What a sink raises is counted and logged by its class; nobody else notices.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import Context
from threading import Condition
from time import monotonic
from typing import Any

from .._callable import name_of
from .._masking import line, printable, shortened
from .._threads import Threads
from ..errors import BulkheadFullError
from ._alert import Alert

Sink = Callable[[Alert], object]
_MOST_WAITING = 100
POOL = Threads(32, name="resilience-alerts")


class Undelivered(Exception):  # noqa: N818 - never leaves this package
    """Why an alert was not taken, in words that may be shown."""


class Outbox:
    """The queue of one sink."""

    __slots__ = ("_busy", "_lock", "_queue", "_sink", "dropped", "error", "failed", "name", "sent")

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        name = getattr(sink, "name", None)
        self.name = shortened(printable(name if isinstance(name, str) else name_of(sink).rpartition(".<locals>.")[2]))
        self.sent = self.failed = self.dropped = 0
        self.error: str | None = None
        self.reset()

    def reset(self) -> None:
        """What a forked child does: the parent delivers what was waiting."""
        self._lock = Condition()
        self._queue: deque[Alert] = deque()
        self._busy = False

    @property
    def waiting(self) -> int:
        """How many are not yet delivered, the one under way included."""
        return len(self._queue) + self._busy

    def post(self, alert: Alert) -> None:
        """Put one into the queue."""
        with self._lock:
            if len(self._queue) >= _MOST_WAITING:
                self._queue.popleft()
                self.dropped += 1
            self._queue.append(alert)
        self.work()

    def work(self) -> None:
        """See to it that a thread is at it; with none free, the next call tries again."""
        with self._lock:
            if self._busy or not self._queue:
                return
            self._busy = True
        try:
            POOL.submit(Context(), self._drain)
        except (BulkheadFullError, RuntimeError):  # the latter: no thread can be made any more
            self._rest()

    def _drain(self) -> None:
        while (alert := self._next()) is not None:
            self._deliver(alert)

    def _next(self) -> Alert | None:
        with self._lock:
            if self._queue:
                return self._queue.popleft()
            self._busy = False
            self._lock.notify_all()
            return None

    def _rest(self) -> None:
        with self._lock:
            self._busy = False
            self._lock.notify_all()

    def _deliver(self, alert: Alert) -> None:
        try:
            self._sink(alert)
        except BaseException as error:  # the thread is ours: a sink that exits ends nobody's work
            why = str(error) if isinstance(error, Undelivered) else line(type(error).__name__)
            with self._lock:
                self.failed += 1
                self.error = why
            from logging import getLogger

            getLogger("resilience.alerts").error("sink %s did not take an alert: %s", self.name, why)
        else:
            with self._lock:
                self.sent += 1

    def flush(self, timeout: float) -> bool:
        """Wait so long until nothing is left; is nothing?"""
        due = monotonic() + timeout
        with self._lock:
            while self._busy and (left := due - monotonic()) > 0:
                self._lock.wait(left)
            return not self._busy and not self._queue

    def told(self) -> dict[str, Any]:
        """What the section of the snapshot says."""
        with self._lock:
            return {
                "name": self.name,
                "sent": self.sent,
                "failed": self.failed,
                "dropped": self.dropped,
                "waiting": self.waiting,
                "error": self.error,
            }
