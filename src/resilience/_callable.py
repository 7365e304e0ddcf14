"""What kind of callable is this, told by its code's flags: `inspect` would double the time of our import."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

SYNC, ASYNC, GENERATOR, ASYNC_GENERATOR = "sync", "async", "generator", "async generator"
_COROUTINE, _GENERATOR, _ASYNC_GENERATOR = 0x80, 0x20, 0x200


def _flags(function: Any) -> int:
    while isinstance(function, partial):
        function = function.func
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None and not isinstance(function, type):
        code = getattr(getattr(type(function), "__call__", None), "__code__", None)  # noqa: B004 - its code is wanted
    flags = getattr(code, "co_flags", 0)
    return flags if isinstance(flags, int) else 0


def form_of(function: Callable[..., Any]) -> str:
    """`sync`, `async`, `generator` or `async generator`."""
    flags = _flags(function)
    if flags & _COROUTINE:
        return ASYNC
    if flags & _ASYNC_GENERATOR:
        return ASYNC_GENERATOR
    if flags & _GENERATOR:
        return GENERATOR
    inspect = sys.modules.get("inspect")
    if inspect is not None and inspect.iscoroutinefunction(function):
        return ASYNC
    return SYNC


def name_of(function: Callable[..., Any]) -> str:
    """How messages call it."""
    name = getattr(function, "__qualname__", None)
    return name if isinstance(name, str) else type(function).__qualname__


def checked_callable(function: Any, policy: str) -> None:
    """Refuse what cannot be guarded, so that nothing passes unguarded in silence."""
    if isinstance(function, type):
        raise TypeError(
            f"{policy}: the class {function.__qualname__} cannot be decorated; decorate its methods, "
            f"or guard its construction with .call({function.__name__}, ...) (docs/tutorial.md)"
        )
    if not callable(function):
        raise TypeError(f"{policy}: {function!r} is no function; a decorator needs a callable (docs/tutorial.md)")
