"""The driver of a plan that runs plain functions in a thread, and stops waiting for it when the time is over."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from threading import Event, Lock
from typing import Any

from . import _scope
from ._clock import Clock
from ._deadline import set_scope
from ._scope import Call, Plan
from ._threads import Threads
from ._watch import Seat, watch
from ._world import block


def threaded(plan: Plan, inner: Call, clock: Clock, threads: Threads, seat: Seat | None = None) -> Call:
    def run(*args: Any, **kwargs: Any) -> Any:
        if _scope.astray:
            if _scope.passing:
                return inner(*args, **kwargs)
            if seat is not None:
                return watch(seat, args, kwargs)
        scope = plan.begin(within=True)
        assert scope is not None  # an outer one is kept within a wait
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
            raise job.taken()
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

    def taken(self) -> BaseException:
        """The error, which the job lets go: its traceback holds the frame that holds the job."""
        error, self.error = self.error, None
        return error or AssertionError("no error")

    def abandon(self) -> bool:
        """Stop waiting; False if the work has ended already."""
        with self._lock:
            if self._ended:
                return False
            self._abandoned = True
        self._plan.abandoned(1)
        return True
