"""The longest that a thread waits for an answer, whatever the socket does.

Rules: a fetch belongs to the thread that asked, until that one leaves; then to nobody. The pool does its own locking.

A client's timeouts begin anew with every byte, so headers that drip are never over. A task is cancelled; from a thread
nobody can end a read, so it is left behind, and its place in a small pool with it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from threading import Event
from typing import Any

from resilience._span import span
from resilience._threads import Threads
from resilience.errors import CallTimeoutError

# The client's own timeouts know more of what went wrong, and come first where they can.
_GRACE = 0.25
_MOST_LEFT_BEHIND = 4


class Patience:
    """Runs fetches of one miniapp in threads; safe to share."""

    __slots__ = ("_name", "_threads")

    def __init__(self, name: str) -> None:
        self._name = name
        self._threads = Threads(_MOST_LEFT_BEHIND, name=f"resilience-{name}")

    def run(self, fetch: Callable[..., Any], seconds: float, *args: Any) -> Any:
        """What `fetch(*args)` gives, within so many seconds of real time and a little more.

        Raises:
            CallTimeoutError: it is left behind.
            BulkheadFullError: as many as may be left behind still are.
        """
        told: list[tuple[Any, BaseException | None]] = []
        done = Event()

        def work() -> None:
            try:
                told.append((fetch(*args), None))
            except BaseException as error:
                told.append((None, error))
            done.set()

        self._threads.submit(copy_context(), work)
        if not done.wait(max(0.0, seconds) + _GRACE):
            raise CallTimeoutError(
                f"{self._name}: no answer within {span(seconds)}; it sends a byte now and then, and never ends: see to the "
                "service (docs/miniapp.md)",
                policy=self._name,
                seconds=round(seconds, 3),
            )
        value, error = told.pop()
        if error is None:
            return value
        try:
            raise error
        finally:
            del error  # or this frame, the traceback and the error would be a cycle

    def close(self) -> None:
        """Let idle threads go."""
        self._threads.close(0.0)
