"""A check: a function that finds how well something is, and what its answer means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _options
from .._callable import ASYNC, SYNC, form_of, name_of
from .._level import Level
from ._result import Verdict

_WORDS = ", ".join(Level)


class Check:
    """What a registry runs: `function()` in a thread, or `await function()` if it is async.

    Args:
        function: plain or async, without arguments. Healthy: it returns `None` or `True`. Unhealthy: it returns `False` or
            raises. Else it returns a `Level` (or its word), or a `Verdict`.
        kind: what sort of check it is, one word for reports.
        is_async: whether `function()` gives an awaitable; by default told by its code.
        timeout: the section and name of the setting, in milliseconds, that bounds it unless the registry is told otherwise.

    Raises:
        TypeError: it is no function, or one that yields.
    """

    __slots__ = ("function", "is_async", "kind", "timeout")

    def __init__(
        self,
        function: Callable[[], Any],
        *,
        kind: str = "function",
        is_async: bool | None = None,
        timeout: str = "timeout.health_check",
    ) -> None:
        if not callable(function) or form_of(function) not in {SYNC, ASYNC}:
            _options.refuse(
                "check", function, "a function without arguments that returns how well it is", kind=TypeError
            )
        self.function = function
        self.kind = kind
        self.is_async = form_of(function) == ASYNC if is_async is None else _options.flag("is_async", is_async)
        self.timeout = timeout

    def __call__(self) -> Any:
        """Run it, with neither timeout nor cache."""
        return self.function()

    def __repr__(self) -> str:
        return f"<Check {self.kind} {name_of(self.function)}>"


def verdict_of(value: Any) -> Verdict:
    """What the answer of a check means.

    Raises:
        TypeError: it means nothing.

    >>> verdict_of(None).level, verdict_of(False).level, verdict_of("degraded").level
    (<Level.HEALTHY: 'healthy'>, <Level.UNHEALTHY: 'unhealthy'>, <Level.DEGRADED: 'degraded'>)
    """
    if value is None or value is True:
        return Verdict(level=Level.HEALTHY)
    if value is False:
        return Verdict(level=Level.UNHEALTHY)
    if isinstance(value, Verdict):
        detail = None if value.detail is None else str(value.detail)
        return Verdict(level=_level(value.level), detail=detail, value=value.value, unit=value.unit)
    if isinstance(value, str):
        return Verdict(level=_level(value))
    if hasattr(value, "__await__"):
        close = getattr(value, "close", None)
        if callable(close):
            close()
        raise TypeError(
            "the check returned an awaitable: give an async function, or say is_async=True (docs/health.md)"
        )
    raise TypeError(
        f"the check returned a {type(value).__name__}: return None, True, False, one of {_WORDS}, or a "
        "Verdict (docs/health.md)"
    )


def _level(value: Any) -> Level:
    if value not in list(Level):
        raise TypeError(f"the check says {value!r}: say one of {_WORDS} (docs/health.md)")
    return Level(value)
