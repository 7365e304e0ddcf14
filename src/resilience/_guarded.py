"""The type of a decorated function: its exact signature, also as a method, and what the decorator adds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R", covariant=True)


class Guarded(Protocol[P, R]):
    """A guarded function: called, and bound as a method, like the function it wraps."""

    __name__: str
    __qualname__: str

    @property
    def policy(self) -> Any:
        """The policy that guards it."""
        ...

    @property
    def __wrapped__(self) -> Callable[P, R]:
        """The function itself."""
        ...

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

    @overload
    def __get__(self, instance: None, owner: type | None = None, /) -> Guarded[P, R]: ...
    @overload
    def __get__(
        self: Guarded[Concatenate[Any, Q], R], instance: object, owner: type | None = None, /
    ) -> Callable[Q, R]: ...
