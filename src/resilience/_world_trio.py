"""trio: events that any thread may set, system tasks of their own, timers, cancel scopes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextvars import Context
from types import TracebackType
from typing import Any, Self

import trio


class TrioEvent:
    """Set from anywhere, awaited in one task; a run that has ended is nobody to wake."""

    __slots__ = ("_event", "_token")

    def __init__(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._event = trio.Event()

    def set(self) -> None:
        _in_run(self._token, self._event.set)

    def clear(self) -> None:
        if self._event.is_set():
            self._event = trio.Event()

    async def wait(self) -> None:
        await self._event.wait()


def _in_run(token: trio.lowlevel.TrioToken, function: Callable[[], object]) -> None:
    if trio.lowlevel.in_trio_run() and trio.lowlevel.current_trio_token() is token:
        function()
        return
    try:
        token.run_sync_soon(function)
    except trio.RunFinishedError:
        pass


class TrioTimeout:
    """A cancel scope over one await: `expired` tells that it was ours that ended it."""

    __slots__ = ("_scope", "expired")

    def __init__(self, seconds: float | None) -> None:
        self._scope = trio.CancelScope() if seconds is None else trio.move_on_after(max(0.0, seconds))
        self.expired = False

    def cancel(self) -> None:
        """Expire now; called on the loop's thread."""
        self._scope.cancel()

    async def __aenter__(self) -> Self:
        self._scope.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        swallowed = self._scope.__exit__(kind, error, traceback)
        self.expired = self._scope.cancelled_caught
        return bool(swallowed)


class TrioWorld:
    """What the drivers need of trio."""

    __slots__ = ()
    name = "trio"
    event = TrioEvent
    timeout = TrioTimeout
    sleep = staticmethod(trio.sleep)
    cancelled = trio.Cancelled

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        scope = trio.CancelScope()

        async def later() -> None:
            with scope:
                await trio.sleep(seconds)
                callback()

        trio.lowlevel.spawn_system_task(later)
        return scope.cancel

    def alive(self) -> Callable[[], bool]:
        """Tells, from any thread, whether the running trio can still run something."""
        token = trio.lowlevel.current_trio_token()

        def runs() -> bool:
            try:
                token.run_sync_soon(_nothing, idempotent=True)
            except trio.RunFinishedError:
                return False
            return True

        return runs

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]], context: Context) -> Callable[[], object]:
        """Run `work` in a system task; gives a function, for any thread, that cancels it.

        An exception out of a system task ends the whole run, so `work` catches everything but trio's own.
        """
        token = trio.lowlevel.current_trio_token()
        scope = trio.CancelScope()

        async def run() -> None:
            with scope:
                await work()

        trio.lowlevel.spawn_system_task(run, context=context)
        return lambda: _in_run(token, scope.cancel)


def _nothing() -> None:
    pass


TRIO = TrioWorld()
