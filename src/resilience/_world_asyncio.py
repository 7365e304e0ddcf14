"""asyncio: events that any thread may set, tasks of their own, timers, cancel scopes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from types import coroutine
from typing import Any

from ._clock import Clock
from ._deadline import Expired, Scope

Call = Callable[..., Any]

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


async def _awaited(call: Awaitable[Any]) -> Any:
    """An awaitable that is no coroutine, as one."""
    return await call


class AsyncioWorld:
    """What the drivers need of asyncio."""

    __slots__ = ()
    name = "asyncio"
    event = AsyncioEvent
    sleep = staticmethod(asyncio.sleep)
    cancelled = asyncio.CancelledError

    @coroutine
    def bounded(
        self, inner: Call, args: tuple[Any, ...], kwargs: dict[str, Any], scope: Scope, clock: Clock | None
    ) -> Generator[Any, Any, Any]:
        """Await the call until the scope's time is over, then cancel it and raise `Expired`.

        This is `asyncio.timeout` without its objects, and by a clock's timer where one is given. What it must share with
        it: an expiry is told from a caller's cancellation by the task's count of both. What never waits cannot be ended,
        so no timer is set for it, which would cost twenty times the call.
        """
        call: Any = inner(*args, **kwargs)
        if not hasattr(call, "send"):
            call = _awaited(call)
        try:
            waits_for = call.send(None)
        except StopIteration as end:
            return end.value
        loop = asyncio.get_running_loop()
        task: Any = asyncio.current_task(loop)
        before = task.cancelling()
        expired = False
        cancel: Callable[[], object]

        def expire() -> None:
            nonlocal cancel, expired
            if asyncio.current_task(loop) is task:
                # The call moves its own clock. Cancelled now, it would hear of that at its next await, which may be long
                # after its end; a real timer never runs in here.
                cancel = loop.call_soon(expire).cancel
                return
            expired = True
            task.cancel()

        left = scope.remaining()
        cancel = (
            loop.call_later(left, expire).cancel
            if clock is None or left <= 0
            else clock.call_at(clock.now() + left, expire)
        )
        try:
            while True:
                try:
                    yield waits_for
                except BaseException as error:
                    try:
                        waits_for = call.throw(error)
                    except StopIteration as end:
                        return end.value
                else:
                    return (yield from call)
        except asyncio.CancelledError as error:
            if expired:
                expired = False
                if task.uncancel() <= before:
                    raise Expired from error
            raise
        finally:
            cancel()
            _ = expired and task.uncancel()  # the call swallowed it; its value counts

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        return asyncio.get_running_loop().call_later(seconds, callback).cancel

    def alive(self) -> Callable[[], bool]:
        """Tells, from any thread, whether the running loop can still run something."""
        loop = asyncio.get_running_loop()
        return lambda: not loop.is_closed()

    def is_cancelled(self) -> bool:
        """Was the running task told to end? If not, a `CancelledError` in it is of something that it awaited."""
        task = asyncio.current_task()
        return task is None or task.cancelling() > 0

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
