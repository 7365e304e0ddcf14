"""Timeout: a call gets so many seconds.

Rules: the counters are guarded by `_lock`; all else is immutable, but for `seconds`, which a reload of the settings may
replace.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Never

from .. import _options
from .._awaitable import Vet, vetted
from .._callable import ASYNC
from .._clock import Clock
from .._deadline import Scope, current_scope
from .._policy import Policy
from .._record import Record
from .._scope import abounded, bounded
from .._span import span
from .._world import deadline_passed
from .._worst import WorstCase
from ..errors import CallTimeoutError, ResilienceWarning
from ..events import CallOverran, CallTimedOut

if TYPE_CHECKING:
    from .._threads import Threads

_THREADS = 32


class TimeoutSnapshot(Record):
    """`timed_out` calls were ended; `overran` sync calls came back too late; `abandoned` threads still run."""

    name: str
    seconds: float
    timed_out: int
    overran: int
    abandoned: int


class Timeout(Policy[Never]):
    """End a call that takes too long.

    An async call is cancelled by the world's own cancel scope; its caller gets `CallTimeoutError`, while the caller's
    own cancellation always wins. A sync call cannot be ended from outside: this sets the deadline that our retries,
    waits and HTTP layer obey, delivers a late result as it is, counts it (`snapshot().overran`), and warns once.

    Args:
        seconds: how long (`float` or `timedelta`); if an outer deadline is nearer, that one.
        thread: run sync calls in a pool of daemon threads (32, or that many) with their context, and stop waiting when
            the time is over. The thread itself cannot be killed: it runs on, holds its place in the pool, and is counted
            (`snapshot().abandoned`).
        name: a label.

    Raises:
        CallTimeoutError: the time is over (also a `TimeoutError`), or the deadline had passed before the call began.
        BulkheadFullError: with `thread`, every thread of the pool is taken.

    Safe to share between threads, tasks and loops. Source: PEP 789 and trio's cancel scopes for whose expiry it is.

    >>> Timeout(2.5).call(sum, [1, 2])
    3
    """

    __slots__ = ("_abandoned", "_lock", "_overran", "_threads", "_timed_out", "seconds")
    kind = "timeout"

    def __init__(
        self, seconds: Any, *, thread: bool | int = False, name: str | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(name, clock=clock)
        self.seconds = _options.seconds("seconds", seconds)
        size = _THREADS if thread is True else 0 if thread is False else _options.count("thread", thread)
        self._threads = _pool(size, f"resilience-{self.name}") if size else None
        self._lock = allocate_lock()
        self._timed_out = self._overran = self._abandoned = 0

    @property
    def thread(self) -> bool:
        """Do sync calls run in a thread of the pool?"""
        return self._threads is not None

    def link(self, inner: Callable[..., Any], form: str, function: Callable[..., Any], vet: Vet | None) -> Any:
        if form == ASYNC:
            return abounded(self, inner, self._clock)
        guarded = inner if vet is None else vetted(inner, vet)
        if self._threads is not None:
            from .._threaded import threaded

            return threaded(self, guarded, self._clock, self._threads)
        return bounded(self, guarded)

    def begin(self, *, within: bool) -> _Limit | None:
        """The scope to run under; `None` if an outer timeout ends sooner, unless it must be kept `within` a wait."""
        outer, now, seconds = current_scope(), self._now, self.seconds
        if outer is None:
            return _Limit(now() + seconds, now, True, 1, seconds)
        left = outer.remaining()
        if left <= 0:
            raise deadline_passed(self.name)
        if left <= seconds:
            if outer.enforced and not within:
                return None
            return _Rest(outer.due, outer.now, outer.enforced, outer.attempt, left, seconds)
        return _Limit(now() + seconds, now, True, outer.attempt, seconds)

    def expired(self, scope: _Limit) -> CallTimeoutError:
        """The error of a call that was ended."""
        seconds = scope.seconds
        with self._lock:
            self._timed_out += 1
        self.tell(CallTimedOut, seconds=seconds, abandoned=self.thread)
        within, remedy = f"{seconds:g} s", "the callee hangs or is slow, or the limit is too short"
        if isinstance(scope, _Rest):
            within = f"{span(seconds)}, all that a deadline around it left of its {span(scope.own)}"
            remedy = "allow more time around it, or less before it"
        return CallTimeoutError(
            f"{self.name}: no answer within {within}; {remedy} (docs/policies/timeout.md)",
            policy=self.name,
            seconds=seconds,
        )

    def late(self, scope: _Limit) -> None:
        """A sync call came back after its time: its result stands."""
        with self._lock:
            self._overran += 1
            first = self._overran == 1
        elapsed = scope.seconds + scope.now() - scope.due
        self.tell(CallOverran, seconds=scope.seconds, elapsed=elapsed)
        if first:
            _warn_late(self.name, scope.seconds, elapsed)

    def abandoned(self, running: int) -> None:
        """A thread was left behind (1), or has ended after all (-1)."""
        with self._lock:
            self._abandoned += running

    def worst_case(self, inner: WorstCase) -> WorstCase:
        return WorstCase(calls=inner.calls, seconds=min(inner.seconds, self.seconds))

    def snapshot(self) -> TimeoutSnapshot:
        with self._lock:
            return TimeoutSnapshot(
                name=self.name,
                seconds=self.seconds,
                timed_out=self._timed_out,
                overran=self._overran,
                abandoned=self._abandoned,
            )

    def reset_after_fork(self) -> None:
        self._lock = allocate_lock()
        self._abandoned = 0

    def __repr__(self) -> str:
        return f"<Timeout {self.name!r} {self.seconds:g} s{' in a thread' if self.thread else ''}>"


class _Limit(Scope):
    """The scope of one call, and the seconds that it gives."""

    __slots__ = ("seconds",)

    def __init__(  # without the base's, a step that each call would pay for
        self, due: float, now: Callable[[], float], enforced: bool, attempt: int, seconds: float
    ) -> None:
        self.due = due
        self.now = now
        self.enforced = enforced
        self.attempt = attempt
        self.seconds = seconds


class _Rest(_Limit):
    """Where an outer deadline is nearer: what it leaves of the policy's `own` seconds."""

    __slots__ = ("own",)

    def __init__(
        self, due: float, now: Callable[[], float], enforced: bool, attempt: int, seconds: float, own: float
    ) -> None:
        super().__init__(due, now, enforced, attempt, seconds)
        self.own = own


def _pool(size: int, name: str) -> Threads:
    """Threads are loaded by who asks for them."""
    from .._threads import Threads

    return Threads(size, name=name)


def _warn_late(name: str, seconds: float, elapsed: float) -> None:
    from warnings import warn

    from .._blame import lines_within

    warn(
        f"{name}: a plain function took {span(elapsed)} of its {span(seconds)}, and nothing can end it from outside; its "
        "result was delivered late. Use Timeout(..., thread=True) to stop waiting for it, or a client with a timeout "
        "(docs/policies/timeout.md)",
        ResilienceWarning,
        stacklevel=lines_within(),
    )
