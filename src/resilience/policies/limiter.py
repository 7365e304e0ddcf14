"""Rate limiter: so many calls in so much time, spread or in bursts.

Rules: the streams (one, or one for each key), the counters and the numbers are guarded by `lock`, which is never held
while the user's `key` and `cost`, the guarded function or a listener runs.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from typing import Any, Never, NoReturn

from .. import _options
from .._clock import Clock
from .._deadline import remaining
from .._gate import Park, Verbs
from .._listeners import HUB
from .._names import reset_lock
from .._permit import Acquirable
from .._policy import Policy
from .._record import Record
from ..errors import RateLimitedError
from ..events import CallRejected
from ._streams import Streams
from ._turn import Pace, Stream, Turn


class Admission(Record):
    """What a limiter would say now: `allowed`, `remaining` units, seconds until a try makes sense and until all is free."""

    allowed: bool
    remaining: int
    retry_after: float
    reset_after: float


class LimiterSnapshot(Record):
    """Counts since it was made; `waiting` turns now; `keys` held, and calls that shared the overflow (`other`)."""

    name: str
    admitted: int
    rejected: int
    waiting: int
    keys: int
    other: int


class RateLimiter(Policy[Never], Acquirable):
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

    Raises:
        RateLimitedError: no turn within `wait`; it carries `retry_after`.

    Turns are reserved in order; a cancelled wait gives its turn back. Safe to share between threads, tasks and loops.
    Source: GCRA, ITU-T I.371.

    >>> limiter = RateLimiter(2, per=60)
    >>> limiter.try_acquire(), limiter.try_acquire(), limiter.try_acquire()
    (True, True, False)
    """

    __slots__ = (
        "_cost",
        "_key",
        "_streams",
        "admitted",
        "burst",
        "interval",
        "limit",
        "lock",
        "per",
        "rejected",
        "tolerance",
        "wait",
    )
    kind = "rate-limiter"

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
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name, clock=clock)
        self.limit = _options.count("limit", limit)
        self.per = _options.seconds("per", per)
        self.burst = self.limit if burst is None else _options.count("burst", burst)
        self.wait = _wait(wait)
        self._cost = cost if callable(cost) else self._checked_cost(cost)
        if callable(cost):
            _options.logic("cost", cost)
        self._key = _options.logic("key", key)
        self.interval = self.per / self.limit
        self.tolerance = self.burst * self.interval
        self.lock = allocate_lock()
        self._streams = Streams(_options.count("max_keys", max_keys))
        self.admitted = self.rejected = 0

    def _checked_cost(self, cost: Any) -> int:
        units = _options.count("cost", cost)
        if units > self.burst:
            _options.refuse("cost", cost, f"at most burst={self.burst}, else it could never pass")
        return units

    # The chain

    def check_generator(self, function: Callable[..., Any]) -> None:
        """Generators are guarded: a turn is taken at the first `next`."""

    def verbs(self) -> Verbs:
        if self._key is not None or self._cost != 1:
            return Verbs(self.admit, None, None)
        now, stream, acquire, release = self._now, self._streams.common, self.lock.acquire, self.lock.release

        def admit(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
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
                return None
            release()
            return self._take(None, 1)

        return Verbs(admit, None, None)

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        key = None if self._key is None else self._key(*args, **kwargs)
        cost = self._cost
        return self._take(key, self._checked_cost(cost(*args, **kwargs)) if callable(cost) else cost)

    def released(self, permit: Any) -> None:
        """A turn that was taken is used; time gives new ones."""

    def succeeded(self, permit: Any, value: Any) -> None:
        """Nothing comes back."""

    def failed(self, permit: Any, error: BaseException, attempt: int) -> None:
        """Nothing comes back."""

    def _take(self, key: Any, cost: int) -> Park | None:
        """A turn now, a place to wait for one, or a refusal."""
        now, patience = self._now(), self._patience()
        with self.lock:
            stream = self._streams.of_locked(key, now)
            delay = stream.delay_locked(now, cost, self.interval, self.tolerance)
            if delay <= patience:
                stream.take_locked(now, cost, self.interval)
                self.admitted += 1
                if not delay:
                    return None
                turn = Turn(self, stream, cost, now + delay, now)
                stream.turns.append(turn)
                return Park(turn)
            self.rejected += 1
        return self._refuse(key, delay, patience)

    def _patience(self) -> float:
        left, wait = remaining(), self.wait
        return left if wait is None else min(wait, left)

    def _refuse(self, key: Any, delay: float, patience: float) -> NoReturn:
        if self._listeners or HUB.listeners:
            self.tell(CallRejected, reason="rate", retry_after=delay)
        waits = f"; it may wait {patience:.3g} s" if patience else ""
        raise RateLimitedError(
            f"{self.name}: more than {self.limit} calls each {self.per:g} s; the next turn is in {delay:.3g} s{waits}",
            policy=self.name,
            retry_after=delay,
            reason="rate",
        )

    # What users ask

    def try_acquire(self, n: int = 1, key: Any = None) -> bool:
        """Take `n` units now, or nothing; never waits, never raises a refusal."""
        units, now = self._checked_cost(n), self._now()
        with self.lock:
            stream = self._streams.of_locked(key, now)
            if stream.delay_locked(now, units, self.interval, self.tolerance) > 0:
                self.rejected += 1
                return False
            stream.take_locked(now, units, self.interval)
            self.admitted += 1
            return True

    def peek(self, key: Any = None) -> Admission:
        """What a call would meet now, taking nothing."""
        now = self._now()
        with self.lock:
            stream = self._streams.look_locked(key) or Stream()
            delay = stream.delay_locked(now, 1, self.interval, self.tolerance)
            used = max(0.0, stream.arrival - now)
            left = max(0, int((self.tolerance - used) / self.interval + 1e-6))
        return Admission(allowed=not delay, remaining=left, retry_after=delay, reset_after=used)

    def pause(self, seconds: Any, key: Any = None) -> None:
        """Let nothing more pass for so long, as a server's 429 asks; then at the even pace, with no burst saved up."""
        until = self._now() + _options.seconds("seconds", seconds, zero=True)
        with self.lock:
            self._streams.of_locked(key, self._now()).pause_locked(until, self.pace())

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
        patience = wait if wait is ... else _wait(wait)
        with self.lock:
            old = self.pace()
            self.limit, self.per, self.burst = calls or self.limit, seconds or self.per, most or self.burst
            if patience is not ...:
                self.wait = patience
            self.interval = self.per / self.limit
            self.tolerance = self.burst * self.interval
            sooner = [] if self.pace() == old else self._streams.retune_locked(self._now(), old, self.pace())
        for turn in sooner:
            turn.grant()

    def checked_burst(self, burst: int) -> int:
        """A burst that lets a fixed cost pass."""
        most = _options.count("burst", burst)
        if not callable(self._cost) and most < self._cost:
            _options.refuse("burst", burst, f"at least cost={self._cost}, else it could never pass")
        return most

    def snapshot(self) -> LimiterSnapshot:
        with self.lock:
            return LimiterSnapshot(
                name=self.name,
                admitted=self.admitted,
                rejected=self.rejected,
                waiting=self._streams.waiting_locked(),
                keys=len(self._streams),
                other=self._streams.other_calls,
            )

    def reset_after_fork(self) -> None:
        reset_lock(self.lock)
        self._streams.forget_turns()

    def __repr__(self) -> str:
        return f"<RateLimiter {self.name!r} {self.limit} each {self.per:g} s, burst {self.burst}>"


def _wait(wait: Any) -> float | None:
    return None if wait is None else _options.seconds("wait", wait, zero=True, infinite=True)
