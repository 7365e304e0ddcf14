"""Rate limiter: so many calls in so much time, spread or in bursts. Its rules are those of `_limits.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _options
from .._clock import Clock
from .._gate import Verbs
from ._gcra import Cells, Pace
from ._limits import Limits
from ._patience import patience_of


class RateLimiter(Limits):
    """Let `limit` calls pass each `per` seconds; refuse the others, or let them wait their turn.

    Args:
        limit: calls.
        per: seconds (default 1).
        burst: how many may pass at once after a quiet time (default `limit`, so that one `per` may see nearly twice
            `limit`); `burst=1` paces evenly.
        wait: seconds that a call may wait for its turn; 0 refuses at once (default), `None` waits to the deadline. A
            wait that cannot fit is refused at once.
        cost: units that a call takes, or `f(*args, **kwargs)`.
        key: `f(*args, **kwargs)`: a rate for each key.
        max_keys: keys held at most (default 10,000); idle ones go first, and if all are busy, new ones share one.
        name: a label.
        shadow: count what it would refuse, and refuse and delay nothing; `explain()` then names a limit.

    Raises:
        RateLimitedError: no turn within `wait`; it carries `retry_after`.

    Turns are reserved in order; a cancelled wait gives its turn back. Safe to share between threads, tasks and loops.
    Source: GCRA, ITU-T I.371.

    >>> limiter = RateLimiter(2, per=60)
    >>> limiter.try_acquire(), limiter.try_acquire(), limiter.try_acquire()
    (True, True, False)
    """

    __slots__ = ("burst", "interval", "tolerance")
    kind = "rate-limiter"
    _stream = Cells
    _ceiling = "burst"

    def __init__(
        self,
        limit: int,
        *,
        per: Any = 1.0,
        burst: int | None = None,
        wait: Any = 0.0,
        cost: int | Callable[..., int] = 1,
        key: Callable[..., Any] | None = None,
        max_keys: int = 10_000,
        name: str | None = None,
        shadow: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self.burst = _options.count("limit", limit) if burst is None else _options.count("burst", burst)
        super().__init__(
            limit, per=per, wait=wait, cost=cost, key=key, max_keys=max_keys, name=name, shadow=shadow, clock=clock
        )
        self._set_pace()

    def _set_pace(self) -> None:
        self.interval = self.per / self.limit
        self.tolerance = self.burst * self.interval
        self.numbers = Pace(self.interval, self.tolerance)

    def verbs(self) -> Verbs:
        if self._key is not None or self._cost != 1 or self.shadow:
            return Verbs(self.admit, None, None)
        now, stream, acquire, release = self._now, self._streams.common, self.lock.acquire, self.lock.release

        def quick() -> bool | None:
            # One unit of the one stream, if there is room: the common case, written out over locals.
            time = now()
            acquire()
            arrival = stream.arrival
            if arrival < time:  # noqa: PLR1730 - a call of `max` costs more than all of this
                arrival = time
            arrival += self.interval
            if arrival - time <= self.tolerance + 1e-9:
                stream.arrival = arrival
                self.admitted += 1
                release()
                return True
            release()
            return None

        def admit(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return quick() or self._take(None, 1)

        return Verbs(admit, None, None, quick)

    def pause(self, seconds: Any, key: Any = None) -> None:
        """Let nothing more pass for so long, as a server's 429 asks: of this key, or without one of any key.

        Turns that are promised already stay. Afterwards it goes on at the even pace, with no burst saved up.
        """
        super().pause(seconds, key)

    def pace(self) -> Pace:
        """The pace now."""
        return Pace(self.interval, self.tolerance)

    def retune(self, *, limit: int | None = None, per: Any = None, burst: int | None = None, wait: Any = ...) -> None:
        """Change numbers in place; what is left out stays, `burst` too.

        Args:
            limit: calls; what was used stays used, and who waits comes sooner or as it was told, never later.
            per: seconds.
            burst: calls at once.
            wait: seconds, or `None`, for those who come. A pause goes on as long as it was asked for.

        Raises:
            ValueError: `burst` is below a fixed `cost`, which could never pass.

        >>> limiter = RateLimiter(3, per=60)
        >>> limiter.try_acquire(2)
        True
        >>> limiter.retune(limit=10, burst=10)
        >>> limiter.peek().remaining
        8
        """
        calls = None if limit is None else _options.count("limit", limit)
        seconds = None if per is None else _options.seconds("per", per)
        most = None if burst is None else self.checked_burst(burst)
        patience = wait if wait is ... else patience_of(wait)
        with self.lock:
            old = self.pace()
            self.limit, self.per, self.burst = calls or self.limit, seconds or self.per, most or self.burst
            if patience is not ...:
                self.wait = patience
            self._set_pace()
            new, now = self.pace(), self._now()
            streams = () if new == old else self._streams.all_locked()
            sooner = [turn for stream in streams for turn in stream.retune_locked(now, old, new)]
        for turn in sooner:
            turn.grant()

    def checked_burst(self, burst: int) -> int:
        """A burst that lets a fixed cost pass."""
        most = _options.count("burst", burst)
        if not callable(self._cost) and most < self._cost:
            _options.refuse("burst", burst, f"at least cost={self._cost}, else it could never pass")
        return most

    def _enough(self, most: int) -> str:
        """A burst of its own is named, too: with a smaller one they would not pass at once."""
        return super()._enough(most) if self.burst == self.limit else f"limit={most}, burst={most}"

    def __repr__(self) -> str:
        return f"<RateLimiter {self.name!r} {self.limit} each {self.per:g} s, burst {self.burst}>"
