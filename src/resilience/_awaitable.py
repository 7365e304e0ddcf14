"""A result that is an awaitable: awaited where one can, refused where nobody could."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Vet = Callable[[Any], Any]


def finish(value: Any) -> Any:
    if hasattr(value.__class__, "__await__"):
        raise awaitable_in_sync(value)
    return value


async def afinish(value: Any) -> Any:
    if hasattr(value.__class__, "__await__"):
        return await value
    return value


def vetted(inner: Callable[..., Any], vet: Vet) -> Callable[..., Any]:
    """`inner`, whose result must not be an awaitable that passes for a value."""

    def checked(*args: Any, **kwargs: Any) -> Any:
        return vet(inner(*args, **kwargs))

    return checked


def awaitable_in_sync(value: Any) -> TypeError:
    """The error for an awaitable where nobody can await it; the awaitable is closed."""
    close = getattr(value, "close", None) or getattr(value, "cancel", None)
    if close is not None:
        close()
    return TypeError(
        f"a plain function returned an awaitable ({type(value).__name__}): its guard would end before the work begins; "
        "declare the function with `async def`, or give the coroutine function itself, and its arguments, to .acall() "
        "(docs/tutorial.md)"
    )
