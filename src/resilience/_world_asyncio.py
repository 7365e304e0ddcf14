"""asyncio: events that any thread may set, tasks of their own, timers, cancel scopes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from types import TracebackType
from typing import Any, Self

_BACKGROUND: set[asyncio.Task[Any]] = set()


class AsyncioEvent:
    """Set from anywhere, awaited in one task; a loop that has gone is nobody to wake."""

    __slots__ = ("_future", "_loop")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._future = self._loop.create_future()

    def set(self) -> None:
        if asyncio._get_running_loop() is self._loop:
            self._settle()
            return
        try:
            self._loop.call_soon_threadsafe(self._settle)
        except RuntimeError:
            pass

    def _settle(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    def clear(self) -> None:
        self._future = self._loop.create_future()

    async def wait(self) -> None:
        await self._future


class AsyncioTimeout:
    """A cancel scope over one await: `expired` tells that it was ours that ended it."""

    __slots__ = ("_scope", "expired")

    def __init__(self, seconds: float | None) -> None:
        self._scope = asyncio.timeout(seconds)
        self.expired = False

    def cancel(self) -> None:
        """Expire now; called on the loop's thread."""
        self._scope.reschedule(asyncio.get_running_loop().time())

    async def __aenter__(self) -> Self:
        await self._scope.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        try:
            await self._scope.__aexit__(kind, error, traceback)
        except TimeoutError:
            self.expired = True
            return True
        return False


class AsyncioWorld:
    """What the drivers need of asyncio."""

    __slots__ = ()
    name = "asyncio"
    event = AsyncioEvent
    timeout = AsyncioTimeout
    sleep = staticmethod(asyncio.sleep)
    cancelled = asyncio.CancelledError

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        return asyncio.get_running_loop().call_later(seconds, callback).cancel

    def alive(self) -> Callable[[], bool]:
        """Tells, from any thread, whether the running loop can still run something."""
        loop = asyncio.get_running_loop()
        return lambda: not loop.is_closed()

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]], context: Context) -> Callable[[], object]:
        """Run `work` in a task of its own that nobody awaits; gives a function, for any thread, that cancels it."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(work(), context=context)
        _BACKGROUND.add(task)
        task.add_done_callback(_BACKGROUND.discard)

        def cancel() -> None:
            if asyncio._get_running_loop() is loop:
                task.cancel()
                return
            try:
                loop.call_soon_threadsafe(task.cancel)
            except RuntimeError:
                pass

        return cancel


ASYNCIO = AsyncioWorld()
