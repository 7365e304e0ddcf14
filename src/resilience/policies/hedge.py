"""Hedge: a second attempt when the first is slow; the first answer that will do is the call's.

Rules: the counters and the estimate are guarded by `_lock`; all else is immutable. What one call remembers is its `Race`.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Never

from .. import _options
from .._awaitable import Vet, vetted
from .._budget import Budget, checked_budget
from .._callable import ASYNC
from .._chance import Chance
from .._clock import Clock
from .._deadline import current_scope
from .._hedged import ahedged, hedged
from .._options import INFINITY
from .._outcome import FAILURES, Judge
from .._policy import Policy
from .._record import Record
from .._world import deadline_passed
from .._worst import WorstCase
from ..events import HedgeFailed, HedgeLaunched, HedgeRefused, HedgeWon
from ._quantile import Quantile
from ._race import Race

if TYPE_CHECKING:
    from .._threads import Threads

_THREADS = 32


class HedgeSnapshot(Record):
    """`wins[n - 1]` calls were won by attempt `n`; `running` attempts are under way now, those that have lost included."""

    name: str
    calls: int
    hedged: int
    wins: tuple[int, ...]
    failed: int
    refused: int
    running: int
    delay: float | None


class Hedge(Policy[Never]):
    """Begin a further attempt while the first is still under way, and take the first answer that will do.

    It cuts off the slow tail of a service that answers most calls quickly, for a few more calls. **The function is run
    more than once, at the same time**: only for what may happen twice (reads). Nothing here can tell whether it may.

    Args:
        after: seconds (or a `timedelta`) until the next attempt; 0 begins all at once; `Quantile(0.95)` learns it.
        attempts: calls in all, at least 2 (default 2).
        on: which errors are failures, after which the next attempt follows at once: a class, a tuple, or
            `f(error) -> bool | Failure`. Any other error ends the call. `Failure(open_for=)` asks for that long
            without another attempt.
        on_result: `f(value) -> bool | Failure`: results that will not do.
        budget: asked before each attempt after the first; may be shared with retries.
        name: a label.

    Raises:
        The first attempt's error once all have failed, with the others in `resilience.history(error)`.
        CallTimeoutError: the deadline had passed before the call was begun (`reason="deadline passed"`).

    Attempts that lose are cancelled, end in the background, and what they give after all is closed (`aclose()` or
    `close()`). Each runs in a copy of the context, and finds its number in `resilience.current()`. Plain functions run in
    a pool of 32 daemon threads; a thread cannot be killed, so one that has lost runs on, past its deadline. With no
    thread free a call is made in the caller's thread and is not hedged. Safe to share between threads, tasks and loops.
    Sources: Dean and Barroso, "The Tail at Scale" (2013); gRFC A6.

    >>> Hedge(0.2).call(sum, [1, 2])
    3
    """

    __slots__ = (
        "_calls",
        "_delay",
        "_estimate",
        "_failed",
        "_hedged",
        "_lock",
        "_pool",
        "_refusals",
        "_running",
        "_wins",
        "after",
        "attempts",
        "budget",
        "judge",
        "on",
    )
    kind = "hedge"

    def __init__(
        self,
        after: Any,
        *,
        attempts: int = 2,
        on: Any = FAILURES,
        on_result: Callable[[Any], Any] | None = None,
        budget: Budget | None = None,
        name: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name, clock=clock)
        self.after: float | Quantile = (
            after if isinstance(after, Quantile) else _options.seconds("after", after, zero=True)
        )
        self.attempts = _options.count("attempts", attempts, minimum=2)
        self.on = on
        self.judge = Judge(on, (), on_result)
        self.budget = checked_budget(budget)
        self._delay = 0.0 if isinstance(self.after, Quantile) else self.after
        self._estimate = self.after.begin() if isinstance(self.after, Quantile) else None
        self._lock = allocate_lock()
        self._calls = self._hedged = self._failed = self._refusals = self._running = 0
        self._wins = [0] * self.attempts
        self._pool: Threads | None = None

    def adopt(self, clock: Clock | None, random: Chance | None) -> None:
        super().adopt(clock, random)
        if clock is not None and self.budget is not None:
            self.budget.adopt(clock)

    def link(self, inner: Callable[..., Any], form: str, function: Callable[..., Any], vet: Vet | None) -> Any:
        if form == ASYNC:
            return ahedged(self, inner, self._clock, None)
        return hedged(self, inner if vet is None else vetted(inner, vet), self._clock, self._threads())

    def _threads(self) -> Threads:
        """The pool for plain functions; threads are loaded by who asks for them."""
        from .._threads import Threads

        with self._lock:
            if self._pool is None:
                self._pool = Threads(_THREADS, name=f"resilience-{self.name}")
            return self._pool

    def _share_threads(self, other: Hedge) -> None:
        """Use the pool of another hedge: two of one pattern have 32 threads together."""
        self._pool = other._threads()

    def begin(self) -> Race:
        """A call begins."""
        scope = current_scope()
        if scope is not None and scope.remaining() <= 0:
            raise deadline_passed(self.name)
        if self.budget is not None:
            self.budget.began()
        now = self._now()
        with self._lock:
            self._calls += 1
            delay = self._delay if self._estimate is None else self._estimate.delay()
        return Race(self, scope, now, delay)

    # What a race asks and tells

    def _withdrawn(self, cause: Any) -> float | None:
        """What the budget takes for one more attempt; `None` if there may not be one."""
        return 0.0 if self.budget is None else self.budget.withdraw(cause)

    def _launched(self, number: int, elapsed: float, cause: BaseException | None) -> None:
        """An attempt is begun."""
        with self._lock:
            self._running += 1
            self._hedged += number == 2
        if number > 1:
            self.tell(HedgeLaunched, attempt=number, elapsed=elapsed, error=cause)

    def _refused(self, number: int, reason: str) -> None:
        """An attempt was due, and is not made."""
        with self._lock:
            self._refusals += 1
        self.tell(HedgeRefused, attempt=number, reason=reason)

    def _ended(self) -> None:
        """An attempt is over, whatever came of it."""
        with self._lock:
            self._running -= 1

    def _attempt_failed(self, cause: Any) -> None:
        """An attempt failed, by this error or with this result."""
        if self.budget is not None:
            self.budget.failed(cause)

    def _paid(self, number: int, took: float) -> None:
        """The attempt that won had taken so much of the budget."""
        if self.budget is not None:
            self.budget.succeeded(number, took)

    def _won(self, number: int, launched: int, elapsed: float, took: float | None) -> None:
        """A call has its value; `took` is the first attempt's time, as far as it is known."""
        with self._lock:
            self._wins[number - 1] += 1
            if self._estimate is not None and took is not None:
                self._estimate.add(took)
        if launched > 1:
            self.tell(HedgeWon, attempt=number, launched=launched, elapsed=elapsed)

    def _lost(self, launched: int, elapsed: float, error: BaseException | None) -> None:
        """All attempts of a call failed."""
        with self._lock:
            self._failed += 1
        self.tell(HedgeFailed, launched=launched, elapsed=elapsed, error=error)

    # What users ask

    def worst_case(self, inner: WorstCase) -> WorstCase:
        """All attempts, each as bad as can be and begun as late as can be, but for pauses that `on` asks for."""
        after = self.after
        delay = (after.ceiling or INFINITY) if isinstance(after, Quantile) else after
        seconds = inner.seconds + (self.attempts - 1) * min(delay, inner.seconds)
        return WorstCase(calls=inner.calls * self.attempts, seconds=seconds)

    def snapshot(self) -> HedgeSnapshot:
        with self._lock:
            delay = self._delay if self._estimate is None else self._estimate.delay()
            return HedgeSnapshot(
                name=self.name,
                calls=self._calls,
                hedged=self._hedged,
                wins=tuple(self._wins),
                failed=self._failed,
                refused=self._refusals,
                running=self._running,
                delay=None if delay == INFINITY else delay,
            )

    def reset_after_fork(self) -> None:
        self._lock = allocate_lock()
        self._running = 0

    def __repr__(self) -> str:
        after = repr(self.after) if isinstance(self.after, Quantile) else f"{self.after:g} s"
        return f"<Hedge {self.name!r} after {after}, attempts={self.attempts}>"
