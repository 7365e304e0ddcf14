"""trio: events that any thread may set, system tasks of their own, timers, cancel scopes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any

import trio

from ._clock import Clock
from ._deadline import Expired, Scope

Call = Callable[..., Any]


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


class TrioWorld:
    """What the drivers need of trio."""

    __slots__ = ()
    name = "trio"
    event = TrioEvent
    sleep = staticmethod(trio.sleep)
    cancelled = trio.Cancelled

    async def bounded(
        self, inner: Call, args: tuple[Any, ...], kwargs: dict[str, Any], scope: Scope, clock: Clock | None
    ) -> Any:
        """Await the call until the scope's time is over, then cancel it and raise `Expired`."""
        with trio.CancelScope() as cancellable:
            if clock is None:
                cancellable.relative_deadline = max(0.0, scope.remaining())  # trio refuses less
                return await inner(*args, **kwargs)
            cancel = clock.call_at(clock.now() + scope.remaining(), cancellable.cancel)
            try:
                return await inner(*args, **kwargs)
            finally:
                cancel()
        raise Expired

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

    def is_cancelled(self) -> bool:
        """Was the running task told to end? In trio nothing else raises `Cancelled`."""
        return True

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
