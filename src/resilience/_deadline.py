"""The deadline and the attempt that a call runs under, carried by one context variable.

Rules: a scope is immutable; who sets one resets it on every exit. A deadline is kept in the clock that set it,
so policies on different clocks agree about what remains.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from time import monotonic
from typing import Any

from ._clock import Clock
from ._options import INFINITY
from ._options import seconds as checked_seconds
from ._record import Record


class Expired(BaseException):
    """A bounded call ran out of its time; never seen outside the drivers."""


class Scope:
    """What is known inside a call: when it is due (by whose clock), who enforces that, and the attempt."""

    __slots__ = ("attempt", "due", "enforced", "now")

    def __init__(self, due: float, now: Callable[[], float], enforced: bool, attempt: int) -> None:
        self.due = due
        self.now = now
        self.enforced = enforced
        self.attempt = attempt

    def remaining(self) -> float:
        return self.due - self.now() if self.due != INFINITY else INFINITY

    def narrowed(self, seconds: float, now: Callable[[], float], *, enforced: bool) -> Scope:
        """This scope, ending at the latest `seconds` from now: the nearest deadline wins."""
        if self.remaining() <= seconds:
            return self
        return Scope(now() + seconds, now, enforced, self.attempt)

    def at_attempt(self, attempt: int) -> Scope:
        return Scope(self.due, self.now, self.enforced, attempt)


NO_SCOPE = Scope(INFINITY, monotonic, False, 1)
SCOPE: ContextVar[Scope | None] = ContextVar("resilience_scope", default=None)
# Looked up once: `SCOPE.get` costs five times what the call costs, on every call.
current_scope, set_scope, reset_scope = SCOPE.get, SCOPE.set, SCOPE.reset


class Current(Record):
    """What a guarded function may ask about its own call.

    Attributes:
        attempt: number of the innermost retry's attempt, from 1.
        remaining: seconds to the deadline; `inf` without one.
        deadline: that moment by the clock that set it, or `None`.
    """

    attempt: int
    remaining: float
    deadline: float | None


def current() -> Current:
    """The attempt number and the deadline of the call that this code runs in.

    >>> current().attempt
    1
    """
    scope = current_scope() or NO_SCOPE
    due = None if scope.due == INFINITY else scope.due
    return Current(attempt=scope.attempt, remaining=scope.remaining(), deadline=due)


def remaining() -> float:
    """Seconds to the nearest deadline of this call; `inf` without one, negative once it has passed.

    >>> remaining()
    inf
    """
    scope = current_scope()
    return INFINITY if scope is None else scope.remaining()


class deadline:  # noqa: N801 - used as a statement: `with deadline(2):`
    """Everything inside should be done in so many seconds (`float` or `timedelta`); nested, the nearest wins.

    Advice that retries, waits, sleeps and the HTTP layer obey; only `Timeout` enforces one. Safe in threads and tasks.

    >>> with deadline(2.0):
    ...     remaining() <= 2.0
    True
    """

    __slots__ = ("_now", "_seconds", "_tokens")

    def __init__(self, seconds: Any, *, clock: Clock | None = None) -> None:
        self._seconds = checked_seconds("deadline", seconds, zero=True)
        self._now = monotonic if clock is None else clock.now
        self._tokens: list[Token[Scope | None]] = []

    def __enter__(self) -> None:
        outer = current_scope() or NO_SCOPE
        self._tokens.append(SCOPE.set(outer.narrowed(self._seconds, self._now, enforced=False)))

    def __exit__(self, *exc_info: object) -> None:
        SCOPE.reset(self._tokens.pop())
