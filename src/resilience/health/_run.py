"""One run of one check: begun by whoever asks first, shared by all who ask while it runs.

Rules: `done` is set once, by whoever ran it, and then every waker is called, outside every lock; `_lock` guards the wakers.
Waiting ends at `due` at the latest, whatever the run does: a thread cannot be killed, so a check that hangs keeps its
thread (one, for no second run of it is begun meanwhile) until it ends.
"""

from __future__ import annotations

import asyncio
from _thread import allocate_lock
from collections.abc import Callable
from contextvars import Context
from typing import Any

from .._clock import Clock
from .._deadline import SCOPE, Expired, Scope
from .._threads import Threads
from .._world import SYSTEM_CLOCK, async_world, block
from ._check import Check

MOST = 100
"""Checks of one registry, and so threads that may hang."""
_LOOK = 1.0
POOL = Threads(MOST, name="resilience-health")
Found = Callable[[Any, BaseException | None], None]
"""Hears what a check returned or raised."""


class TimedOut(Exception):  # noqa: N818 - never raised: stands for an error in a result
    """The check did not answer in time."""


class Run:
    """A run that has begun."""

    __slots__ = ("_clock", "_lock", "_wakers", "alive", "begun", "done", "due", "is_told")

    def __init__(self, clock: Clock, timeout: float) -> None:
        self._clock = clock
        self._lock = allocate_lock()
        self._wakers: list[Callable[[], object]] = []
        self.alive: Callable[[], bool] = _yes
        self.begun = clock.now()
        self.due = self.begun + timeout
        self.done = False
        self.is_told = False

    @property
    def is_over(self) -> bool:
        """Is nothing to be waited for any more: it ended, its time has, or its loop was closed under it?"""
        return self.done or self._clock.now() >= self.due or not self.alive()

    # Running

    def start(self, check: Check, found: Found, *, in_loop: bool) -> None:
        """Begin it: an async check as a task of this loop, or in a thread with a loop of its own; others in a thread."""
        if check.is_async and in_loop:
            world = async_world()
            self.alive = world.alive()
            world.spawn(lambda: self._awaited(check, found), Context())
            return
        work = self._in_a_loop if check.is_async else self._called
        POOL.submit(Context(), lambda: work(check, found))

    def refuse(self, found: Found, error: BaseException) -> None:
        """It could not be begun."""
        self._end(found, None, error)

    def _scope(self) -> Scope:
        return Scope(self.due, self._clock.now, True, 1)

    def _called(self, check: Check, found: Found) -> None:
        SCOPE.set(self._scope())
        try:
            value = check()
        except BaseException as error:
            self._end(found, None, error)
        else:
            self._end(found, value, None)

    def _in_a_loop(self, check: Check, found: Found) -> None:
        asyncio.run(self._awaited(check, found))

    async def _awaited(self, check: Check, found: Found) -> None:
        scope = self._scope()
        SCOPE.set(scope)
        timer = None if self._clock is SYSTEM_CLOCK else self._clock
        try:
            value = await async_world().bounded(check, (), {}, scope, timer)
        except Expired:
            self._end(found, None, TimedOut())
        except Exception as error:
            self._end(found, None, error)
        except BaseException:  # its loop is ending, which says nothing of what it checks
            self._settle()
            raise
        else:
            self._end(found, value, None)

    def _end(self, found: Found, value: Any, error: BaseException | None) -> None:
        try:
            found(value, error)
        finally:
            self._settle()

    def _settle(self) -> None:
        with self._lock:
            self.done, wakers = True, self._wakers
            self._wakers = []
        for wake in wakers:
            wake()

    # Waiting

    def _listen(self, wake: Callable[[], object]) -> None:
        with self._lock:
            if not self.done:
                self._wakers.append(wake)
                return
        wake()

    def wait(self) -> None:
        """Wait in this thread until it is over."""
        from threading import Event

        event = Event()
        self._listen(event.set)
        while not self.is_over:
            block(event, self.due - self._clock.now(), self._clock, _LOOK)
            event.clear()

    async def await_(self) -> None:
        """Wait in this task until it is over."""
        world = async_world()
        event = world.event()
        self._listen(event.set)
        while not self.is_over:
            cancels = [self._clock.call_at(self.due, event.set), world.call_later(_LOOK, event.set)]
            try:
                await event.wait()
            finally:
                for cancel in cancels:
                    cancel()
            event.clear()


def _yes() -> bool:
    return True
