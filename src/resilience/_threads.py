"""A bounded pool of daemon threads for work that may never end.

Rules: all fields are guarded by `_lock`. A worker is busy from `submit` until its work has ended, whoever still waits
for it; `submit` never queues behind busy workers. Idle workers leave after a while. A forked child starts with none.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from contextvars import Context
from threading import Condition, Thread
from time import monotonic
from typing import Any, Protocol
from weakref import WeakSet

from ._names import reset_in_child
from ._options import seconds
from .errors import BulkheadFullError

_IDLE_SECONDS = 10.0


class Ending(Protocol):
    """What `shutdown` ends, and a forked child begins anew."""

    def close(self, timeout: float, /) -> bool: ...
    def reset(self) -> None: ...


_ENDINGS: WeakSet[Ending] = WeakSet()


def end_with_shutdown(ending: Ending) -> None:
    """Have this closed by `shutdown`, for as long as it lives."""
    _ENDINGS.add(ending)


class Threads:
    """At most `size` threads at once; a thread that hangs holds its place until it ends."""

    __slots__ = ("__weakref__", "_idle", "_jobs", "_lock", "_name", "busy", "closing", "size")

    def __init__(self, size: int, *, name: str) -> None:
        self.size = size
        self._name = name
        self.reset()
        _ENDINGS.add(self)

    def reset(self) -> None:
        self._lock = Condition()
        self._jobs: deque[tuple[Context, Callable[[], object]]] = deque()
        self._idle = 0
        self.busy = 0
        self.closing = False

    def submit(self, context: Context, work: Callable[[], object]) -> None:
        """Begin `work` in a thread, in this context.

        Raises:
            BulkheadFullError: all threads are busy.
        """
        with self._lock:
            if self.busy >= self.size:
                raise BulkheadFullError(
                    f"{self._name}: all {self.size} threads are busy, perhaps with abandoned calls that never end; "
                    "allow more threads, or give the call a timeout of its own (docs/policies/timeout.md)",
                    policy=self._name,
                    reason="no thread free",
                )
            self.busy += 1
            self._jobs.append((context, work))
            if self._idle >= len(self._jobs):
                self._lock.notify()
                return
        Thread(target=self._serve, name=self._name, daemon=True).start()

    def _serve(self) -> None:
        while (job := self._next()) is not None:
            context, work = job
            try:
                context.run(work)
            except BaseException as error:
                sys.excepthook(type(error), error, error.__traceback__)
            finally:
                del context, work, job
                with self._lock:
                    self.busy -= 1
                    self._lock.notify_all()

    def _next(self) -> tuple[Context, Callable[[], object]] | None:
        with self._lock:
            self._idle += 1
            try:
                due = monotonic() + _IDLE_SECONDS
                while not self._jobs:
                    if self.closing or not self._lock.wait(due - monotonic()):
                        return self._jobs.popleft() if self._jobs else None
                return self._jobs.popleft()
            finally:
                self._idle -= 1

    def close(self, timeout: float) -> bool:
        """Let idle threads go and wait so long for the busy ones; True if none is left. Work may be submitted again."""
        due = monotonic() + timeout
        with self._lock:
            self.closing = True
            self._lock.notify_all()
            while self.busy and (left := due - monotonic()) > 0:
                self._lock.wait(left)
            self.closing = False
            return not self.busy


REFRESHERS = Threads(8, name="resilience-refresh")
"""For the loads behind stale answers of plain functions."""


def shutdown(timeout: Any = 5.0) -> bool:
    """End the pools, background refreshes and alerts of this process, waiting so many seconds for their work.

    True if nothing was left running. What is left are daemon threads, which never hold up the interpreter's exit.
    Policies stay usable: the next call that needs a thread starts one.

    >>> shutdown(1.0)
    True
    """
    due = monotonic() + seconds("timeout", timeout, zero=True)
    return all([ending.close(max(0.0, due - monotonic())) for ending in list(_ENDINGS)])  # noqa: C419 - each is ended


@reset_in_child
def _reset_after_fork() -> None:
    for ending in list(_ENDINGS):
        ending.reset()
