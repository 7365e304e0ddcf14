"""Fallback: an answer of last resort, instead of a failure.

Rules: immutable but for its counter, which a race may leave one short on free-threaded builds.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar, overload

from .. import _options
from .._awaitable import Vet
from .._callable import ASYNC, SYNC, form_of, name_of
from .._clock import Clock
from .._flight import note_degraded
from .._gate import Answer, Instead, Verbs, Verdict
from .._outcome import UNAVAILABLE, Judge
from .._policy import Policy
from .._record import Record
from ..events import FallbackFailed, FallbackUsed

T = TypeVar("T", covariant=True)
_GIVEN: Any = object()
_FUNCTION = type(lambda: None)


class FallbackSnapshot(Record):
    """How often it answered."""

    name: str
    used: int


class Fallback(Policy[T], Generic[T]):
    """Answer with something else when the call failed or was refused.

    Args:
        value: this very object each time.
        factory: or a function without arguments that makes the answer.
        call: or a function of the error (`None` for a bad result); may be a coroutine function in async calls.
        on: which errors (default `UNAVAILABLE`: failures and refusals; programming errors still show).
        on_result: `f(value)`: results to replace.
        name: a label.

    Raises:
        What the fallback itself raises, with the original error as its cause.

    Never for a `BaseException` such as a cancellation. An answer of a fallback is not stored by a `Cache` around it; its
    event says `degraded`. Safe to share between threads, tasks and loops.

    >>> @Fallback(factory=list, on=ConnectionError)
    ... def rows():
    ...     raise ConnectionError("down")
    >>> rows()
    []
    """

    __slots__ = ("_make", "_origin", "_value", "always_answers", "judge", "used")
    kind = "fallback"

    @overload
    def __init__(
        self,
        value: T,
        *,
        on: Any = UNAVAILABLE,
        on_result: Callable[[Any], Any] | None = None,
        name: str | None = None,
        clock: Clock | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        factory: Callable[[], T],
        on: Any = UNAVAILABLE,
        on_result: Callable[[Any], Any] | None = None,
        name: str | None = None,
        clock: Clock | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        call: Callable[[Any], T],
        on: Any = UNAVAILABLE,
        on_result: Callable[[Any], Any] | None = None,
        name: str | None = None,
        clock: Clock | None = None,
    ) -> None: ...
    def __init__(
        self,
        value: Any = _GIVEN,
        *,
        factory: Any = _GIVEN,
        call: Any = _GIVEN,
        on: Any = UNAVAILABLE,
        on_result: Callable[[Any], Any] | None = None,
        name: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name, clock=clock)
        if isinstance(value, _FUNCTION):
            _options.refuse(
                "value",
                value,
                "a value; a function goes to factory= or call=, and @fallback needs parentheses",
                kind=TypeError,
            )
        given = {"value": value, "factory": factory, "call": call}
        named = [option for option, content in given.items() if content is not _GIVEN]
        if len(named) != 1:
            raise TypeError(
                f"Fallback: got {' and '.join(named) or 'nothing'}; give exactly one of a value, factory= (a function "
                "without arguments) and call= (a function of the error), e.g. Fallback(factory=list) "
                "(docs/policies/fallback.md)"
            )
        self._value = value
        if call is not _GIVEN and not callable(call):
            _options.refuse("call", call, "a function of the error", kind=TypeError)
        self._make: Callable[[Any], Any] | None = None if call is _GIVEN else call
        self.always_answers = call is _GIVEN  # a function of the error may raise
        if factory is not _GIVEN:
            made = _options.logic("factory", factory, optional=False)
            self._make = lambda _: made()
        self._origin = "" if self._make is None else f"{named[0]}={name_of(given[named[0]])}"
        self.judge = Judge(on, (), on_result)
        self.used = 0

    def link(self, inner: Callable[..., Any], form: str, function: Callable[..., Any], vet: Vet | None) -> Any:
        if form == SYNC and self._make is not None and form_of(self._make) == ASYNC:
            raise TypeError(
                f"{self.name}: call={name_of(self._make)} is a coroutine function, which nobody awaits around the plain "
                f"function {name_of(function)}; give a plain one, or use .acall() (docs/policies/fallback.md)"
            )
        return super().link(inner, form, function, vet)

    def verbs(self) -> Verbs:
        return Verbs(None, self.succeeded if self.judge.on_result is not None else None, self.failed)

    def failed(self, permit: Any, error: BaseException, attempt: int) -> Verdict | None:
        return self._answer(error) if self.judge.of_error(error) else None

    def succeeded(self, permit: Any, value: Any) -> Verdict | None:
        on_result = self.judge.on_result
        return self._answer(None) if on_result is not None and on_result(value) else None

    def _answer(self, error: BaseException | None) -> Verdict:
        self.used += 1
        self.tell(FallbackUsed, error=error)
        if self._make is None:
            note_degraded(self._value)
            return Answer(self._value)
        return Instead(self._compute, self._make, error)

    def _compute(self, make: Callable[[Any], Any], error: BaseException | None) -> Any:
        try:
            value = make(error)
        except Exception as failure:
            self._failed(failure, error)
            raise
        if hasattr(value.__class__, "__await__"):
            return _Awaited(value, lambda: self._awaited(value, error))
        note_degraded(value)
        return value

    async def _awaited(self, awaitable: Any, error: BaseException | None) -> Any:
        try:
            value = await awaitable
        except Exception as failure:
            self._failed(failure, error)
            raise
        note_degraded(value)
        return value

    def _failed(self, failure: Exception, error: BaseException | None) -> None:
        """The original is the cause of the fallback's own error, unless that is the same or names its own."""
        if failure is not error and failure.__cause__ is None:
            failure.__cause__ = error
        self.tell(FallbackFailed, error=failure, original=error)

    def snapshot(self) -> FallbackSnapshot:
        return FallbackSnapshot(name=self.name, used=self.used)

    def __repr__(self) -> str:
        source = repr(self._value) if self._make is None else self._origin
        return f"<Fallback {self.name!r} {source}>"


class _Awaited:
    """A fallback's awaitable with what follows it; closed with it where nobody can await."""

    __slots__ = ("_awaitable", "_begin")

    def __init__(self, awaitable: Any, begin: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._awaitable = awaitable
        self._begin = begin

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._begin().__await__()

    def close(self) -> None:
        self._awaitable.close()
