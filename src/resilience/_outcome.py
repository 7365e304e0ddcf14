"""What counts as a failure. Four classes: success, failure, ignored (neither), cancelled (neither).

A refusal of ours counts only for who names it, and a call that was never begun because its deadline had passed for
nobody. A group of exceptions matches if all its leaves do.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MemberDescriptorType
from typing import Any

from ._options import logic, refuse, seconds
from ._record import Record
from .errors import DEADLINE_PASSED, CallTimeoutError, RejectedError, ResilienceError

_OUR_FAULT = (
    TypeError,
    AttributeError,
    NameError,
    ImportError,
    AssertionError,
    NotImplementedError,
    SyntaxError,
    RecursionError,
    MemoryError,
    StopIteration,
    StopAsyncIteration,
)


class Failure:
    """An answer of `on` and `on_result` that says more than `True`: it is a failure, and how grave.

    `open_for` (seconds or `timedelta`) opens a circuit breaker at once for that long, as a 503 with `Retry-After` asks.

    >>> Failure(open_for=30)
    Failure(open_for=30.0)
    """

    __slots__ = ("open_for",)

    def __init__(self, *, open_for: Any = None) -> None:
        self.open_for = None if open_for is None else seconds("open_for", open_for)

    def __repr__(self) -> str:
        return f"Failure(open_for={self.open_for!r})"


UNSEEN: Any = object()
"""The value of work that has none to judge: a block, a generator."""


class Outcome(Record):
    """How one attempt ended: a `value`, or an `error`; `attempt` from 1, `elapsed` seconds since the call began."""

    value: Any = None
    error: BaseException | None = None
    attempt: int = 1
    elapsed: float = 0.0


Verdict = bool | Failure
Classify = Callable[[BaseException], Any]


class Failures:
    """A named answer to "is this error a failure?": the constants `FAILURES` and `UNAVAILABLE`."""

    __slots__ = ("_name", "_refusals")

    def __init__(self, name: str, *, refusals: bool) -> None:
        self._name = name
        self._refusals = refusals

    def __call__(self, error: BaseException) -> bool:
        if isinstance(error, BaseExceptionGroup):
            return all(map(self, error.exceptions))
        if isinstance(error, RejectedError):
            return self._refusals
        return isinstance(error, Exception) and not isinstance(error, _OUR_FAULT)

    def __repr__(self) -> str:
        return self._name

    def __reduce__(self) -> str:
        return self._name


FAILURES = Failures("FAILURES", refusals=False)
UNAVAILABLE = Failures("UNAVAILABLE", refusals=True)


def _types_of(option: str, value: Any) -> tuple[type[BaseException], ...]:
    kinds = value if isinstance(value, tuple) else (value,)
    for kind in kinds:
        if not isinstance(kind, type) or not issubclass(kind, BaseException):
            refuse(
                option,
                value,
                f"an exception class, a tuple of them, or a function of the error, e.g. {option}=ConnectionError",
                kind=TypeError,
            )
        if not issubclass(kind, Exception) and kind is not BaseExceptionGroup:
            refuse(option, value, f"subclasses of Exception: {kind.__name__} always passes through at once")
    return kinds


def _by_type(kinds: tuple[type[BaseException], ...]) -> Classify:
    refusals = tuple(kind for kind in kinds if issubclass(kind, ResilienceError))
    groups = tuple(kind for kind in kinds if issubclass(kind, BaseExceptionGroup))

    def matches(error: BaseException) -> bool:
        if isinstance(error, BaseExceptionGroup):
            return isinstance(error, groups) or all(map(matches, error.exceptions))
        if isinstance(error, RejectedError):
            return isinstance(error, refusals)
        return isinstance(error, kinds)

    return matches


def matcher(option: str, value: Any) -> Classify:
    """Compile an `on`, or `ignore`, into one function of the error."""
    if isinstance(value, (type, tuple)):
        return _by_type(_types_of(option, value))
    if not callable(value):
        refuse(
            option,
            value,
            f"an exception class, a tuple of them, or a function of the error, e.g. {option}=(ConnectionError, OSError)",
            kind=TypeError,
        )
    answer: Classify = logic(option, value)
    return answer


class Judge:
    """`on`, `ignore` and `on_result` of one policy: is this outcome a failure?"""

    __slots__ = ("_ignored", "_on", "is_ours", "on_result")

    def __init__(self, on: Any, ignore: Any = (), on_result: Any = None) -> None:
        self.is_ours = all(isinstance(option, (type, tuple, Failures)) for option in (on, ignore))
        """No code of the user runs when an error is judged, so that it may be judged twice."""
        self._on = matcher("on", on)
        self._ignored = None if ignore == () else matcher("ignore", ignore)
        self.on_result: Callable[[Any], Any] | None = logic("on_result", on_result)

    def catches(self, failures: Failures) -> bool:
        """Is every error of `FAILURES`, or `UNAVAILABLE`, a failure here?"""
        return self._on is failures and self._ignored is None

    def of_error(self, error: BaseException) -> Any:
        """False, or what `on` said (True or a `Failure`)."""
        if not isinstance(error, Exception) or never_begun(error):
            return False
        if self._ignored is not None and self._ignored(error):
            return False
        return self._on(error)


def duplicate(error: BaseException) -> BaseException | None:
    """Another instance with the same class, arguments and attributes, but no traceback; `None` if there can be none.

    A constructor written in Python is not called again: it may want other arguments than those it passed on.
    """
    from copy import copy

    kind = type(error)
    # Past a `__setattr__` of the error's own: that of a frozen dataclass refuses everything.
    give: Any = object.__setattr__
    try:
        if not hasattr(kind.__init__, "__code__"):
            made: BaseException = copy(error)
        else:
            made = kind.__new__(kind, *error.args)
            give(made, "args", error.args)
            made.__dict__.update(error.__dict__)
        if type(made) is not kind:
            return None
        for member in _members_of(kind):
            value = member.__get__(error)
            if value is not None and value is not member.__get__(made):
                member.__set__(made, value)
        for name in _slots_of(kind):
            if hasattr(error, name):
                give(made, name, getattr(error, name))
        give(made, "__cause__", error.__cause__)
        give(made, "__suppress_context__", error.__suppress_context__)
    except Exception:
        return None
    return made


def _members_of(kind: type) -> list[Any]:
    """What a built-in class keeps besides the arguments, such as `errno`, `reason` or `code`; what it lets be set."""
    built_in = [base for base in kind.__mro__ if base.__module__ == "builtins" and not issubclass(Exception, base)]
    members = [
        member for base in built_in for member in vars(base).values() if isinstance(member, MemberDescriptorType)
    ]
    return [member for member in members if member.__objclass__ is not BaseExceptionGroup]


def _slots_of(kind: type) -> list[str]:
    """The attributes that a class keeps in slots, as they are found from outside."""
    from copyreg import _slotnames  # type: ignore[attr-defined] # what `copy` and `pickle` ask

    names: list[str] = _slotnames(kind)
    return names


def bare(error: BaseException) -> BaseException:
    """A copy of an error that outlives its call: without the traceback, whose frames hold all that the call held."""
    return duplicate(error) or ResilienceError(repr(error))


def never_begun(error: BaseException) -> bool:
    """Was this call never begun because its deadline had passed? Nobody counts that."""
    return isinstance(error, CallTimeoutError) and error.reason == DEADLINE_PASSED


def open_for(verdict: object) -> float | None:
    """How long a `Failure` asks a breaker to stay open, if it does."""
    return verdict.open_for if isinstance(verdict, Failure) else None
