"""Sliding window: never more than the limit in any span of time. Its rules are those of `_limits.py`."""

from __future__ import annotations

from ._log import Log
from ._windowed import Windowed


class SlidingWindow(Windowed):
    """Let at most `limit` calls pass in any `per` seconds, whenever they begin: exact, with no burst across an edge.

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

    It keeps the moment of each unit: memory grows with `limit`, for each key; the time of a call does not. Turns are
    reserved in order; a cancelled wait gives its turn back. Safe to share between threads, tasks and loops.
    Source: the sliding window log of Kong's and Cloudflare's rate limiting, searched by bisection.

    >>> limiter = SlidingWindow(2, per=60)
    >>> limiter.try_acquire(), limiter.try_acquire(), limiter.try_acquire()
    (True, True, False)
    """

    __slots__ = ()
    kind = "sliding-window"
    _stream = Log
