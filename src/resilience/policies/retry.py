"""Retry: call again, a bounded number of times, for as long as it can help.

Rules: a `Retry` needs no lock: it is immutable, but for `attempts` and `backoff`, which a reload of the settings may
replace, each as a whole. What one call remembers is its permit and, from the first failure on, its `Episode`, which only
that call touches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Never

from .. import _options, _watch
from .._attempts import Attempts
from .._backoff import Backoff, Exponential, backoff_of
from .._budget import Budget, checked_budget
from .._chance import Chance
from .._clock import Clock
from .._deadline import Scope, current_scope
from .._gate import Verbs, Verdict
from .._history import FINE, SERIAL, given_up_since
from .._options import INFINITY
from .._outcome import FAILURES, Judge, Outcome
from .._policy import Policy
from .._record import Record
from .._world import SYSTEM_CLOCK, deadline_passed
from .._worst import WorstCase
from ..events import RetrySuperseded
from ._episode import STOP, Episode
from ._standards import Standards

_MOST_WAITS = 100
_MOST_OF_NAMED = 1.1


class RetrySnapshot(Record):
    """`attempts` and `max_elapsed` as configured, and the `balance` of the budget (`None` without one)."""

    name: str
    attempts: int | None
    max_elapsed: float | None
    balance: float | None


class Retry(Policy[Never], Standards):
    """Repeat a call that fails, with a growing, jittered delay.

    Args:
        attempts: calls in all, at least 1 (default 3: more rarely helps and multiplies load). `None` needs `max_elapsed`.
        on: which errors: a class, a tuple, or `f(error) -> bool | Failure`. The default `FAILURES` leaves out
            programming errors and our own refusals.
        ignore: errors never retried; beats `on`.
        on_result: `f(value) -> bool | Failure`: results to retry. A last bad result is returned.
        backoff: `Exponential()`, `Fixed`, `Linear`, `Decorrelated`, a list of seconds, any `f(attempt)`.
        delay_from: `f(Outcome) -> seconds | None | Retry.STOP`, for a delay that the callee names. Never shortened; up
            to 10 % is added as jitter.
        max_server_delay: seconds; a longer named delay means no retry, and the outcome at once (default 60).
        max_elapsed: seconds since the call began past which no attempt begins and no sleep ends.
        budget: asked before each sleep; may be shared with other policies.
        retry_exhausted: also repeat what an inner retry gave up on (default no: layers multiply).
        on_retry: hears the `RetryScheduled` event of each retry, in the call itself: what it raises goes to the caller.
        on_superseded: `f(value)` for a bad result that a retry replaces, before the sleep; may be a coroutine function
            in async calls. For closing a response.
        name: a label.

    Raises:
        The last error, as it is, with one note, and its attempts for `resilience.history(error)`.
        CallTimeoutError: the deadline had passed before the call was begun (`reason="deadline passed"`).

    The deadline is obeyed: no sleep that would end past it, no attempt begun past it. Safe to share between threads,
    tasks and loops. Sources: "Exponential Backoff And Jitter" (AWS, 2015); gRFC A6.

    >>> from resilience import Fixed
    >>> calls = []
    >>> @Retry(attempts=3, on=ConnectionError, backoff=Fixed(0))
    ... def fetch():
    ...     calls.append(1)
    ...     if len(calls) < 3:
    ...         raise ConnectionError("reset")
    ...     return "rows"
    >>> fetch(), len(calls)
    ('rows', 3)
    """

    __slots__ = (
        "attempts",
        "backoff",
        "budget",
        "delay_from",
        "judge",
        "max_elapsed",
        "max_server_delay",
        "on_retry",
        "on_superseded",
        "retry_exhausted",
    )
    kind = "retry"
    STOP: ClassVar[object] = STOP

    def __init__(
        self,
        attempts: int | None = 3,
        *,
        on: Any = FAILURES,
        ignore: Any = (),
        on_result: Callable[[Any], Any] | None = None,
        backoff: Backoff | Iterable[float] | Callable[[int], float] = Exponential(),  # noqa: B008 - immutable
        delay_from: Callable[[Outcome], Any] | None = None,
        max_server_delay: Any = 60.0,
        max_elapsed: Any = None,
        budget: Budget | None = None,
        retry_exhausted: bool = False,
        on_retry: Callable[[Any], object] | None = None,
        on_superseded: Callable[[Any], object] | None = None,
        name: str | None = None,
        clock: Clock | None = None,
        random: Chance | None = None,
    ) -> None:
        super().__init__(name, clock=clock, random=random)
        self.attempts = None if attempts is None else _options.count("attempts", attempts)
        self.max_elapsed = _options.optional_seconds("max_elapsed", max_elapsed)
        if self.attempts is None and self.max_elapsed is None:
            _options.refuse("attempts", None, "a number, unless max_elapsed= bounds the retries instead")
        self.judge = Judge(on, ignore, on_result)
        self.backoff = backoff_of("backoff", backoff)
        self.delay_from = _options.logic("delay_from", delay_from)
        self.max_server_delay = _options.seconds("max_server_delay", max_server_delay, zero=True, infinite=True)
        self.budget = checked_budget(budget)
        self.retry_exhausted = _options.flag("retry_exhausted", retry_exhausted)
        self.on_retry = _options.logic("on_retry", on_retry)
        if on_superseded is not None and not callable(on_superseded):
            _options.refuse("on_superseded", on_superseded, "a function of the result", kind=TypeError)
        self.on_superseded = on_superseded

    def verbs(self) -> Verbs:
        """On the real clock an undisturbed call begins with no more than its time."""
        watches = self.judge.on_result is not None or self.budget is not None
        quick = self._now if self._clock is SYSTEM_CLOCK and self.budget is None and FINE else None
        return Verbs(self.admit, self.succeeded if watches else None, self.failed, quick)

    def adopt(self, clock: Clock | None, random: Chance | None) -> None:
        super().adopt(clock, random)
        if clock is not None and self.budget is not None:
            self.budget.adopt(clock)

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self._begin(current_scope())

    def _begin(self, scope: Scope | None) -> Any:
        """What a call begins with: its start, and the number of the newest giving-up."""
        if scope is not None and scope.remaining() <= 0:
            raise deadline_passed(self.name)
        if self.budget is not None:
            self.budget.began()
        if scope is not None and scope.attempt != 1:
            return Episode(self, self._now())  # which tells the tracers itself, as it begins
        if _watch.tracers:
            _watch.attempted(self.name, 1)
        return self._now(), SERIAL.newest

    def failed(self, permit: Any, error: BaseException, attempt: int) -> Verdict | None:
        if not isinstance(error, Exception):
            return None
        episode = permit if isinstance(permit, Episode) else None
        if not self.judge.of_error(error):
            if episode is not None:
                episode.ended(error, attempt)
            return None
        start, began = _begun(permit)
        if not self.retry_exhausted and given_up_since(error, began):
            self.tell(RetrySuperseded, attempt=attempt, error=error)
            return None
        return (episode or Episode(self, start)).after(error, None, attempt)

    def succeeded(self, permit: Any, value: Any) -> Verdict | None:
        episode = permit if isinstance(permit, Episode) else None
        attempt = 1 if episode is None else episode.number
        on_result = self.judge.on_result
        if on_result is not None and on_result(value):
            return (episode or Episode(self, _begun(permit)[0])).after(None, value, attempt)
        if self.budget is not None:
            self.budget.succeeded(attempt, 0.0 if episode is None else episode.took)
        if attempt > 1 and episode is not None:
            episode.healed(attempt)
        return None

    def worst_case(self, inner: WorstCase) -> WorstCase:
        """All attempts, each as bad as can be, and the longest waits between them."""
        calls = inner.calls * (INFINITY if self.attempts is None else self.attempts)
        seconds = INFINITY
        if self.attempts is not None:
            waits = self.attempts - 1
            named = 0.0 if self.delay_from is None or waits == 0 else self.max_server_delay * _MOST_OF_NAMED
            counted = min(waits, _MOST_WAITS)
            longest = [self.backoff.worst_obeyed(attempt, named) for attempt in range(1, counted + 1)]
            rest = (waits - counted) * longest[-1] if waits > counted else 0.0
            seconds = inner.seconds * self.attempts + sum(longest) + rest
        if self.max_elapsed is not None:
            seconds = min(seconds, self.max_elapsed + inner.seconds)
        return WorstCase(calls=calls, seconds=seconds)

    def __iter__(self) -> Attempts:
        """`for attempt in retry: with attempt: ...`: the block is retried as a call would be.

        Raises:
            TypeError: `on_result` needs a function's result.
        """
        if self.judge.on_result is not None:
            raise TypeError(
                f"{self.name}: on_result= judges what a function returns; a block returns nothing: use .call() "
                "(docs/policies/retry.md)"
            )
        return Attempts(self, self._clock)

    def __aiter__(self) -> Attempts:
        """`async for attempt in retry: with attempt: ...`, in asyncio or trio."""
        return iter(self)

    def snapshot(self) -> RetrySnapshot:
        balance = None if self.budget is None else self.budget.balance()
        return RetrySnapshot(name=self.name, attempts=self.attempts, max_elapsed=self.max_elapsed, balance=balance)

    def __repr__(self) -> str:
        limit = f"attempts={self.attempts}" if self.max_elapsed is None else f"max_elapsed={self.max_elapsed:g}"
        return f"<Retry {self.name!r} {limit} backoff={self.backoff!r}>"


def _begun(permit: Any) -> tuple[float, int | float]:
    """When the call began, and when the attempt did: as a number of giving-up, or on the real clock as a time."""
    if isinstance(permit, Episode):
        return permit.start, permit.serial
    if isinstance(permit, float):
        return permit, permit
    start, serial = permit
    return start, serial
