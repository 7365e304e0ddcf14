"""Fixed window: so many calls, then nothing until the window ends. Its rules are those of `_limits.py`."""

from __future__ import annotations

from ._window_count import WindowCount
from ._windowed import Windowed


class FixedWindow(Windowed):
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
