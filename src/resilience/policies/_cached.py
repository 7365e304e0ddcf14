"""What a cached function offers: `.invalidate(*args)`, `.refresh(*args)`, `.cache`; on methods without self."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from inspect import signature
from types import MethodType
from typing import TYPE_CHECKING, Any

from ._keys import KeyFunction, NeverEqualError

if TYPE_CHECKING:
    from .cache import Cache


def offers(cache: Cache, keyer: KeyFunction, refresh: Callable[..., Any]) -> dict[str, Any]:
    """The attributes of a function that this cache guards."""

    def invalidate(*args: Any, **kwargs: Any) -> bool:
        """Forget the result for these arguments; a load under way for them counts for nothing."""
        try:
            return cache.forget(keyer(*args, **kwargs))
        except NeverEqualError:
            return False

    return {"invalidate": invalidate, "refresh": refresh, "cache": cache}


class BoundCached(partial[Any]):
    """A cached method of one instance, and like a bound method in what may be asked of one."""

    __slots__ = ()
    # Of the method, not of this class.
    __doc__ = property(lambda self: self.func.__doc__)  # pyright: ignore[reportAssignmentType] # a text when it is read
    __func__ = property(lambda self: self.func)
    __self__ = property(lambda self: self.args[0])
    __signature__ = property(lambda self: signature(MethodType(self.func, self.args[0])))  # without self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BoundCached):
            return NotImplemented
        return self.func is other.func and self.args[0] is other.args[0]

    def __hash__(self) -> int:
        return hash((self.func, id(self.args[0])))

    def invalidate(self, *args: Any, **kwargs: Any) -> Any:
        """Forget the result of this instance for these arguments."""
        return self.func.invalidate(*self.args, *args, **kwargs)  # type: ignore[attr-defined] # set by `dress`

    def refresh(self, *args: Any, **kwargs: Any) -> Any:
        """Load anew for this instance; awaitable for a coroutine function."""
        return self.func.refresh(*self.args, *args, **kwargs)  # type: ignore[attr-defined] # set by `dress`

    def __getattr__(self, name: str) -> Any:
        return getattr(self.func, name)


class CachedMethod:
    """A cached function in a class body: bound, it offers its verbs without self."""

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        self.function = function

    @property
    def __func__(self) -> Callable[..., Any]:
        """The function: what kind of callable this is, it is."""
        return self.function

    # By these `inspect.iscoroutinefunction` knows, as another decorator of the method would ask.
    __code__ = property(lambda self: self.function.__code__)
    __defaults__ = property(lambda self: self.function.__defaults__)
    __kwdefaults__ = property(lambda self: self.function.__kwdefaults__)

    def around(self, run: Any) -> CachedMethod:
        """What another policy made of this: a method that offers the same."""
        return type(self)(run)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self.function if instance is None else BoundCached(self.function, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @classmethod
    def in_class(cls, run: Any, function: Callable[..., Any]) -> Any:
        """`run` itself, or a descriptor around it if the function stands in a class body."""
        *outer, _ = getattr(function, "__qualname__", "").split(".")
        if getattr(function, "__self__", None) is not None:  # a bound method has its own
            return run
        return cls(run) if outer and outer[-1] != "<locals>" else run
