"""Fixed window: so many calls, then nothing until the window ends. Its rules are those of `_limits.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._clock import Clock
from ._limits import Limits
from ._spans import Span
from ._window_count import WindowCount


class FixedWindow(Limits):
    """Let `limit` calls pass in each window of `per` seconds, as most public quotas are counted.

    Args:
        limit: calls.
        per: seconds (default 1).
        wait: seconds that a call may wait for its turn; 0 refuses at once (default), `None` waits to the deadline.
        cost: units that a call takes, or `f(*args, **kwargs)`; at most `limit`.
        key: `f(*args, **kwargs)`: a window for each key.
        max_keys: keys held at most (default 10,000); idle ones go first, and if all are busy, new ones share one.
        name: a label.
        shadow: count what it would refuse, and refuse and delay nothing; `explain()` then names a limit.

    Raises:
        RateLimitedError: no turn within `wait`; it carries `retry_after`.

    A window begins with the first call that finds none open, as Redis' `INCR` with `EXPIRE` does it, not by the clock on
    the wall. Around the end of a window up to twice `limit` may pass at once: `SlidingWindow` has no such edge. Turns are
    reserved in order; a cancelled wait gives its turn back. Safe to share between threads, tasks and loops.

    >>> limiter = FixedWindow(2, per=60)
    >>> limiter.try_acquire(), limiter.try_acquire(), limiter.try_acquire()
    (True, True, False)
    """

    __slots__ = ()
    kind = "fixed-window"
    _stream = WindowCount

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
        return f"<FixedWindow {self.name!r} {self.limit} each {self.per:g} s>"
