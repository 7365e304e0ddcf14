"""Doing something again and again in a daemon thread, until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

from .._clock import Clock
from .._masking import line
from .._world import block


class Loop:
    """One thread, begun at once. What the work raises is logged by its class, and the loop goes on."""

    __slots__ = ("_clock", "_pause", "_stop", "_thread", "_wake", "_work")

    def __init__(self, work: Callable[[], object], pause: float, clock: Clock) -> None:
        self._work = work
        self._pause = pause
        self._clock = clock
        self._stop = Event()
        self._wake = Event()
        self._thread = Thread(target=self._run, name="resilience-alerts", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            begun = self._clock.now()
            try:
                self._work()
            except Exception as error:
                _log(error)
            # The clock sets the event that it waits for, so the one that ends the loop must be another.
            self._wake = Event()
            if not self._stop.is_set():
                block(self._wake, max(0.0, begun + self._pause - self._clock.now()), self._clock)

    def end(self, timeout: float) -> bool:
        """Tell it to stop, and wait so many seconds; has it?"""
        due = monotonic() + timeout
        self._stop.set()
        self._wake.set()
        self._thread.join(max(0.0, due - monotonic()))
        return not self._thread.is_alive()


def _log(error: Exception) -> None:
    from logging import getLogger

    getLogger("resilience.alerts").error("a look at the rules raised %s", line(type(error).__name__))
