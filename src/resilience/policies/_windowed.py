"""What the two windows share: so many calls in so many seconds, with no burst apart from them.

Rules: those of `_limits.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._clock import Clock
from ._limits import Limits
from ._spans import Span


class Windowed(Limits):
    """The base of both windows, which differ in their streams alone."""

    __slots__ = ()
    _page = "policies/which-limiter"

    def __init__(
        self,
        limit: int,
        *,
        per: Any = 1.0,
        wait: Any = 0.0,
        cost: int | Callable[..., int] = 1,
        key: Callable[..., Any] | None = None,
        max_keys: int = 10_000,
        name: str | None = None,
        shadow: bool = False,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(
            limit, per=per, wait=wait, cost=cost, key=key, max_keys=max_keys, name=name, shadow=shadow, clock=clock
        )
        self.numbers = Span(self.limit, self.per)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} {self.limit} each {self.per:g} s>"
