"""How gRPC retries: status codes, a jitter of 20 %, and the server's pushback.

Errors are told apart by their shape, so grpcio is not needed: `error.code()` with a `name`, `error.trailing_metadata()`.
Source: gRFC A6, "gRPC Retry Design".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .. import _options
from .._backoff import Backoff, Delay, Exponential
from .._outcome import FAILURES, Outcome
from ._episode import STOP

_PUSHBACK = "grpc-retry-pushback-ms"
_JITTER = 0.2
_MS = 1000.0
CODES = frozenset(
    {
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    }
)


def retryable(codes: Iterable[str]) -> Callable[[BaseException], bool]:
    """An `on=` for these status codes; what is no error of gRPC is judged as everywhere else.

    Raises:
        ValueError: no codes, or one that gRPC does not have.
    """
    allowed = "names of gRPC status codes, e.g. codes=('UNAVAILABLE',)"
    if isinstance(codes, str):
        _options.refuse("codes", codes, f"{allowed}, in a tuple", kind=TypeError)
    names = tuple(codes)
    wrong = [name for name in names if name not in CODES]
    if wrong or not names:
        _options.refuse("codes", wrong[0] if wrong else codes, allowed)

    def is_retryable(error: BaseException) -> bool:
        code = _code_of(error)
        return FAILURES(error) if code is None else code in names

    return is_retryable


def _code_of(error: BaseException) -> str | None:
    code = getattr(error, "code", None)
    name = getattr(code() if callable(code) else None, "name", None)
    return name if name in CODES else None


def pushback(outcome: Outcome) -> Any:
    """Seconds that the server pushes back; what is negative or no number means that it wants no retry."""
    metadata = getattr(outcome.error, "trailing_metadata", None)
    pairs: Any = metadata() if callable(metadata) else None
    for key, value in pairs or ():
        if key == _PUSHBACK:
            text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
            return float(text) / _MS if text.isascii() and text.isdigit() and len(text) < 16 else STOP
    return None


class PushbackBackoff(Exponential):
    """Exponential with +-20 %. After a pushback, which is obeyed to the letter, it begins anew."""

    __slots__ = ()

    def __init__(self, initial: Any, *, multiplier: float, maximum: Any) -> None:
        super().__init__(initial, multiplier=multiplier, maximum=maximum, jitter=_JITTER)

    def obey(self, named: float, delays: Delay, attempt: int, chance: float) -> float:
        return named

    def obeyed(self, delays: Delay, attempt: int) -> Delay:
        def anew(later: int, chance: float) -> float:
            return self.delay(later - attempt, chance)

        return anew


def backoff(initial: Any, maximum: Any, multiplier: float) -> Backoff:
    """The backoff of a gRPC retry policy, from its own options, which it names in what it refuses."""
    return PushbackBackoff(
        _options.seconds("initial_backoff", initial),
        multiplier=_options.amount("backoff_multiplier", multiplier, minimum=1.0),
        maximum=_options.seconds("max_backoff", maximum),
    )
