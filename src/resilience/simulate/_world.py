"""A world without an event loop: tasks on virtual time, in one thread, always in the same order.

Rules: one thread runs it; all fields are touched by that thread alone. A task runs until it waits; what wakes it puts it at
the end of `_ready`. Time moves only when nothing is ready, to the earliest timer. Timers due at one time fire in the order
they were set.

Asyncio would do, at five times the price: a simulation makes millions of steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from heapq import heappop, heappush
from threading import get_ident
from types import coroutine
from typing import Any

from resilience._clock import Clock
from resilience._deadline import Expired, Scope

Call = Callable[..., Any]
Work = Coroutine[Any, Any, None]


class Cancelled(BaseException):
    """A task is to end; as asyncio's and trio's, no `Exception`."""


class Timer:
    """Something to be done at a time, unless it is called off."""

    __slots__ = ("callback", "when")

    def __init__(self, when: float, callback: Callable[[], object] | None) -> None:
        self.when = when
        self.callback = callback

    def cancel(self) -> None:
        self.callback = None

    def fire(self) -> None:
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()


class Task:
    """A coroutine that is run step by step; `wake` and `cancel` may be called by whoever knows it."""

    __slots__ = ("_context", "_error", "_is_ready", "_work", "_world", "is_over")

    def __init__(self, world: VirtualWorld, work: Work, context: Context) -> None:
        self._world = world
        self._work = work
        self._context = context
        self._error: BaseException | None = None
        self._is_ready = self.is_over = False
        self.wake()

    def wake(self) -> None:
        """Run on, as soon as it is this task's turn."""
        if not self._is_ready and not self.is_over:
            self._is_ready = True
            self._world.ready.append(self)

    def cancel(self, error: BaseException | None = None) -> None:
        """Raise this, or `Cancelled`, where it waits."""
        self._error = error or Cancelled()
        self.wake()

    def step(self) -> None:
        self._is_ready = False
        error, self._error = self._error, None
        try:
            if error is None:
                self._context.run(self._work.send, None)
            else:
                self._context.run(self._work.throw, error)
        except (StopIteration, Cancelled):
            self._end()
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        self.is_over = True
        self._world.tasks.pop(self, None)

    def close(self) -> None:
        """End it unfinished, when the simulation is over."""
        self._end()
        self._context.run(self._work.close)


class VirtualEvent:
    """Set by anybody, awaited by one task."""

    __slots__ = ("_is_set", "_task", "_world")

    def __init__(self, world: VirtualWorld) -> None:
        self._world = world
        self._is_set = False
        self._task: Task | None = None

    def set(self) -> None:
        self._is_set = True
        if self._task is not None:
            self._task.wake()

    def clear(self) -> None:
        self._is_set = False

    async def wait(self) -> None:
        self._task = self._world.task
        try:
            while not self._is_set:
                await suspended()
        finally:
            self._task = None


@coroutine
def suspended() -> Generator[None, None, None]:
    """Wait until somebody wakes the task."""
    yield


class VirtualWorld:
    """What the drivers need of a world, and `run`."""

    __slots__ = ("_set", "_timers", "now", "ready", "task", "tasks", "thread")
    name = "virtual"
    cancelled = Cancelled

    def __init__(self) -> None:
        self.now = 0.0
        self.ready: deque[Task] = deque()
        self.tasks: dict[Task, None] = {}
        self.task: Any = None
        self.thread = get_ident()
        self._set = 0
        self._timers: list[tuple[float, int, Timer]] = []

    # What the drivers ask

    def event(self) -> VirtualEvent:
        return VirtualEvent(self)

    async def sleep(self, seconds: float) -> None:
        timer = self.call_at(self.now + seconds, self.task.wake)
        try:
            while timer.callback is not None:
                await suspended()
        finally:
            timer.cancel()

    async def bounded(
        self, inner: Call, args: tuple[Any, ...], kwargs: dict[str, Any], scope: Scope, clock: Clock | None
    ) -> Any:
        """Await the call until the scope's time is over, then cancel it and raise `Expired`."""
        ended, task = Cancelled(), self.task
        timer = self.call_at(self.now + max(0.0, scope.remaining()), lambda: task.cancel(ended))
        try:
            return await inner(*args, **kwargs)
        except Cancelled as error:
            if error is ended:
                raise Expired from None
            raise
        finally:
            timer.cancel()

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        return self.call_at(self.now + seconds, callback).cancel

    def alive(self) -> Callable[[], bool]:
        return lambda: True

    def is_cancelled(self) -> bool:
        """Was the running task told to end? Nothing else raises `Cancelled`."""
        return True

    def spawn(self, work: Callable[[], Work], context: Context) -> Callable[[], object]:
        """Run `work` in a task of its own; gives a function that cancels it."""
        return self.begin(work(), context).cancel

    # What the simulation asks

    def begin(self, work: Work, context: Context) -> Task:
        task = Task(self, work, context)
        self.tasks[task] = None
        return task

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        timer = Timer(max(self.now, when), callback)
        self._set += 1
        heappush(self._timers, (timer.when, self._set, timer))
        return timer

    def run(self, until: float) -> None:
        """Run all tasks until this time, then end those that are left."""
        ready, timers = self.ready, self._timers
        while True:
            while ready:
                task = self.task = ready.popleft()
                task.step()
            if not timers or timers[0][0] > until:
                break
            when, _, timer = heappop(timers)
            if timer.callback is not None:
                self.now = when
                timer.fire()
        self.now = until
        for task in list(self.tasks):
            task.close()
