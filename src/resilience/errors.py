"""The errors that this library raises; every one pickles and is a new instance each time."""

from __future__ import annotations

from typing import Any

from ._span import span


def _rebuild(kind: type[ResilienceError], message: str, state: dict[str, Any]) -> ResilienceError:
    error = kind.__new__(kind, message)
    error.args = (message,)
    error.__dict__.update(state)
    return error


class ResilienceError(Exception):
    """The base of every error of this library.

    Attributes:
        policy: label of the policy that raised it, or `None`.
    """

    policy: str | None = None

    def __init__(self, message: str = "", *, policy: str | None = None) -> None:
        self.args = (message,)
        self.policy = policy

    def __str__(self) -> str:
        return str(self.args[0]) if self.args and self.args[0] else self._text()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def explain(self) -> str:
        """What happened, why, and when to try again; as `resilience.explain(error)` says it of any error."""
        from ._explain import explain

        return explain(self)

    def _text(self) -> str:
        """The message of an error that was given none, made when somebody reads it."""
        return ""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), dict(self.__dict__))


class RejectedError(ResilienceError):
    """A policy refused the call: the guarded function was never begun.

    A refusal is not the callee's failure: it is neither counted nor retried unless `on=` names it.

    Attributes:
        retry_after: seconds until another try makes sense, or `None` when nobody knows.
        reason: why, in a few words (`open`, `isolated`, `half-open: 1 of 1 probes under way`, ...).

    >>> error = CircuitOpenError("no", policy="payments", retry_after=2.5, reason="open")
    >>> error.retry_after, error.reason
    (2.5, 'open')
    """

    retry_after: float | None = None
    reason: str = ""

    def __init__(
        self,
        message: str = "",
        *,
        policy: str | None = None,
        retry_after: float | None = None,
        reason: str = "",
    ) -> None:
        self.args = (message,)
        self.policy = policy
        self.retry_after = retry_after
        self.reason = reason


class CircuitOpenError(RejectedError):
    """The circuit breaker is open, isolated, or its half-open probes are all under way.

    >>> print(CircuitOpenError(policy="payments", retry_after=2.5, reason="open"))
    payments: circuit open for 2.5 s more; the call was not made; try again then, or let a Fallback answer
    (docs/policies/circuit-breaker.md)
    """

    def _text(self) -> str:
        until, then = "until it is released", "release it"
        if self.retry_after is not None:
            until, then = f"for {span(self.retry_after)} more", "try again then"
        return (
            f"{self.policy}: circuit {self.reason} {until}; the call was not made; {then}, or let a Fallback answer "
            "(docs/policies/circuit-breaker.md)"
        )


class RateLimitedError(RejectedError):
    """The rate limiter has no turn for this call within the wait that it allows."""


class BulkheadFullError(RejectedError):
    """All slots of a bulkhead (or of a thread pool), and its queue, are taken."""


class CallTimeoutError(ResilienceError, TimeoutError):
    """The call did not end in time; also a `TimeoutError`.

    Attributes:
        seconds: the limit that was exceeded, or `None`.
        reason: `timeout` (it was begun and ran out of time, a failure), or `deadline passed`
            (it was never begun: nobody counts it).
    """

    seconds: float | None = None
    reason: str = "timeout"

    def __init__(
        self,
        message: str = "",
        *,
        policy: str | None = None,
        seconds: float | None = None,
        reason: str = "timeout",
    ) -> None:
        super().__init__(message, policy=policy)
        self.seconds = seconds
        self.reason = reason


DEADLINE_PASSED = "deadline passed"


class ResilienceWarning(UserWarning):
    """Something works, but not as its author will have meant it."""
