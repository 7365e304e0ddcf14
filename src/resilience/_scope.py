"""The drivers of plans: calls that run under a clock rather than behind a gate.

A plan is pure arithmetic: `begin()` gives the scope to run under (or `None` when an outer one that is enforced ends
sooner), `expired()` the error, `late()` hears of a call that came back after its time, `abandoned()` of a thread that
runs on. `bounded` is cooperative, `abounded` uses the world's own cancel scopes, `threaded` leaves the thread behind.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from threading import Event, Lock
from typing import Any, Protocol

from ._clock import Clock
from ._deadline import Expired, Scope, reset_scope, set_scope
from ._threads import Threads
from ._world import SYSTEM_CLOCK, async_world, block

Call = Callable[..., Any]
passing = False
"""On inside `resilience.testing.disabled()`."""


class Plan(Protocol):
    """What a timeout decides."""

    def begin(self, *, within: bool) -> Scope | None: ...
    def expired(self, scope: Scope) -> Exception: ...
    def late(self, scope: Scope) -> None: ...
    def abandoned(self, running: int) -> None: ...


def bounded(plan: Plan, inner: Call) -> Call:
    def run(*args: Any, **kwargs: Any) -> Any:
        scope = None if passing else plan.begin(within=False)
        if scope is None:
            return inner(*args, **kwargs)
        token = set_scope(scope)
        try:
            value = inner(*args, **kwargs)
        finally:
            reset_scope(token)
        if scope.now() > scope.due:
            plan.late(scope)
        return value

    return run


def abounded(plan: Plan, inner: Call, clock: Clock) -> Call:
    timer = None if clock is SYSTEM_CLOCK else clock

    async def run(*args: Any, **kwargs: Any) -> Any:
        scope = None if passing else plan.begin(within=False)
        if scope is None:
            return await inner(*args, **kwargs)
        token = set_scope(scope)
        try:
            return await async_world().bounded(inner, args, kwargs, scope.remaining(), timer)
        except Expired:
            raise plan.expired(scope) from None
        finally:
            reset_scope(token)

    return run


def threaded(plan: Plan, inner: Call, clock: Clock, threads: Threads) -> Call:
    def run(*args: Any, **kwargs: Any) -> Any:
        scope = None if passing else plan.begin(within=True)
        if scope is None:
            return inner(*args, **kwargs)
        context = copy_context()
        context.run(set_scope, scope)
        job = _Job(lambda: inner(*args, **kwargs), plan)
        threads.submit(context, job.work)
        try:
            block(job.done, scope.remaining(), clock)
        except BaseException:
            job.abandon()
            raise
        if job.abandon():
            raise plan.expired(scope)
        if job.error is not None:
            try:
                raise job.error
            finally:
                del job
        return job.value

    return run


class _Job:
    """A call in a thread. Rules: `_lock` guards who was first, the end of the work or the end of the wait.

    `done` alone does not tell: a clock's timer may set it too.
    """

    __slots__ = ("_abandoned", "_ended", "_lock", "_plan", "_work", "done", "error", "value")

    def __init__(self, work: Callable[[], Any], plan: Plan) -> None:
        self._lock = Lock()
        self._work = work
        self._plan = plan
        self._abandoned = self._ended = False
        self.done = Event()
        self.value: Any = None
        self.error: BaseException | None = None

    def work(self) -> None:
        try:
            self.value = self._work()
        except BaseException as error:
            self.error = error
        with self._lock:
            self._ended = True
            abandoned = self._abandoned
        self.done.set()
        if abandoned:
            self._plan.abandoned(-1)

    def abandon(self) -> bool:
        """Stop waiting; False if the work has ended already."""
        with self._lock:
            if self._ended:
                return False
            self._abandoned = True
        self._plan.abandoned(1)
        return True
