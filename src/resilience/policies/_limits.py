"""What all rate limiters share: keys, cost, turns, refusals. How units are counted is the business of their streams.

Rules: the streams (one, or one for each key), the counters and the numbers are guarded by `lock`, which is never held
while the user's `key` and `cost`, the guarded function or a listener runs. `_paused` is when a pause of all keys ends;
the stream of a key takes it over when somebody next looks at it, so that a pause costs no loop over the keys.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from typing import Any, ClassVar, Never, NoReturn

from .. import _options
from .._clock import Clock
from .._deadline import remaining
from .._gate import Park
from .._names import reset_lock
from .._pages import linked
from .._permit import Acquirable
from .._policy import Policy
from .._span import span
from .._worst import WorstCase
from ..errors import RateLimitedError
from ..events import CallRejected, WouldReject
from ._admission import Admission, LimiterSnapshot
from ._log import Log
from ._patience import patience_of
from ._reservation import Reservation
from ._streams import Streams
from ._turn import Stream


class Limits(Policy[Never], Acquirable):
    """The base of the rate limiters; not to be made by itself."""

    __slots__ = (
        "_cost",
        "_key",
        "_most_seen",
        "_paused",
        "_streams",
        "admitted",
        "limit",
        "lock",
        "numbers",
        "per",
        "rejected",
        "shadow",
        "wait",
        "would_reject",
    )
    _stream: ClassVar[type[Stream]]
    _ceiling: ClassVar[str] = "limit"
    """The option that no single cost may exceed."""
    _page: ClassVar[str] = "policies/rate-limiter"
    """Where its refusals are explained."""

    def __init__(
        self,
        limit: int,
        *,
        per: Any,
        wait: Any,
        cost: int | Callable[..., int],
        key: Callable[..., Any] | None,
        max_keys: int,
        name: str | None,
        shadow: bool,
        clock: Clock | None,
    ) -> None:
        super().__init__(name, clock=clock)
        self.limit = _options.count("limit", limit)
        self.per = _options.seconds("per", per)
        self.wait = patience_of(wait)
        self._cost = cost if callable(cost) else self._checked_cost(cost)
        if callable(cost):
            _options.logic("cost", cost)
        self._key = _options.logic("key", key)
        self.lock = allocate_lock()
        self.numbers: Any = None
        self._streams: Streams[Any] = Streams(_options.count("max_keys", max_keys), self._stream)
        self.shadow = _options.flag("shadow", shadow)
        self.admitted = self.rejected = self.would_reject = 0
        self._most_seen = 0.0
        self._paused = float("-inf")

    def _checked_cost(self, cost: Any) -> int:
        """A cost that can pass at all."""
        units, most = _options.count("cost", cost), getattr(self, self._ceiling)
        if units > most:
            _options.refuse("cost", cost, f"at most {self._ceiling}={most}, else it could never pass")
        return units

    # The chain

    def check_generator(self, function: Callable[..., Any]) -> None:
        """Generators are guarded: a turn is taken at the first `next`."""

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
            stream = self._stream_locked(key, now, cost)
            delay = stream.delay_locked(now, cost, self.numbers)
            if delay <= patience:
                self.admitted += 1
                if not delay or self.shadow:
                    stream.take_locked(now, cost, self.numbers)
                    return None
                return Park(stream.turn_locked(self, now, cost, delay, unattended=False))
            paused = stream.paused > now
            self._count_refusal_locked()
        if not self.shadow:
            self._refuse(delay, patience, paused=paused)
        self._would_refuse(delay)
        return None

    def _stream_locked(self, key: Any, now: float, cost: int) -> Any:
        stream = self._obedient_locked(self._streams.of_locked(key, now))
        stream.sweep_locked(now)
        if self.shadow:
            # What came, let through or not: the most in one `per` is the limit that would have refused nothing.
            seen = stream.seen = stream.seen or Log()
            seen.add_locked(now, cost, now, self.per)
            self._most_seen = max(self._most_seen, seen.used_locked(now, self.per))
        return stream

    def _obedient_locked(self, stream: Any) -> Any:
        """The stream, having heard of the last pause of all keys."""
        if stream.paused < self._paused:
            stream.pause_locked(self._paused, self.numbers)
        return stream

    def _pause_locked(self, key: Any, now: float, until: float) -> None:
        if key is None:
            self._paused = max(self._paused, until)
        self._streams.of_locked(key, now).pause_locked(until, self.numbers)

    def _count_refusal_locked(self) -> None:
        if self.shadow:
            self.admitted += 1
            self.would_reject += 1
        else:
            self.rejected += 1

    def _patience(self) -> float:
        left, wait = remaining(), self.wait
        return left if wait is None else min(wait, left)

    def _would_refuse(self, delay: float) -> None:
        self.tell(WouldReject, reason="rate", retry_after=delay)

    def _refuse(self, delay: float, patience: float, *, paused: bool) -> NoReturn:
        self.tell(CallRejected, reason="rate", retry_after=delay)
        waits = f"; it may wait {span(patience)}" if patience else ""
        why = "paused, by pause() or a server's delay" if paused else f"more than {self._words()}"
        words = f"{self.name}: {why}; the next turn is in {span(delay)}{waits}"
        raise RateLimitedError(
            linked(f"{words}; try again then, or call more slowly", self._page),
            policy=self.name,
            retry_after=delay,
            reason="rate",
        )

    def _words(self) -> str:
        return f"{self.limit} calls each {self.per:g} s"

    # What users ask

    def try_acquire(self, n: int = 1, key: Any = None) -> bool:
        """Take `n` units now, or nothing; never waits, never raises a refusal."""
        units, now = self._checked_cost(n), self._now()
        with self.lock:
            stream = self._stream_locked(key, now, units)
            delay = stream.delay_locked(now, units, self.numbers)
            if not delay:
                stream.take_locked(now, units, self.numbers)
                self.admitted += 1
                return True
            self._count_refusal_locked()
        if self.shadow:
            self._would_refuse(delay)
        return self.shadow

    def reserve(self, n: int = 1, key: Any = None) -> Reservation:
        """Keep the next turn of `n` units, however far away: look at its `seconds`, wait in your own way, or `cancel()`.

        For who plans ahead, or sleeps by other means; `wait` has no say.
        """
        units, now = self._checked_cost(n), self._now()
        with self.lock:
            stream = self._stream_locked(key, now, units)
            delay = 0.0 if self.shadow else stream.delay_locked(now, units, self.numbers)
            turn = stream.turn_locked(self, now, units, delay, unattended=True)
            self.admitted += 1
        return Reservation(turn)

    def peek(self, key: Any = None) -> Admission:
        """What a call would meet now, taking nothing."""
        now = self._now()
        with self.lock:
            stream = self._obedient_locked(self._streams.look_or_new_locked(key, now))
            delay = stream.delay_locked(now, 1, self.numbers)
            left = stream.left_locked(now, self.numbers)
            used = stream.used_until_locked(now, self.numbers)
        return Admission(allowed=not delay, remaining=left, retry_after=delay, reset_after=used)

    def pause(self, seconds: Any, key: Any = None) -> None:
        """Let nothing new pass for so long, as a server's 429 asks: of this key, or without one of any key.

        Turns that are promised already stay.
        """
        now = self._now()
        until = now + _options.seconds("seconds", seconds, zero=True)
        with self.lock:
            self._pause_locked(key, now, until)

    def learn(self, *, remaining: int, reset: Any, key: Any = None) -> None:
        """Take a server's word: so many units are left, and all of them come back in `reset` seconds.

        It makes the limiter stricter, never laxer: what it would let pass beyond `remaining` counts as used, and with
        nothing left it pauses until the reset, all keys where none is given. `resilience.http.adopt_rate_limit` reads it
        from an answer's headers.

        >>> from resilience import RateLimiter
        >>> limiter = RateLimiter(100, per=60)
        >>> limiter.learn(remaining=3, reset=20)
        >>> limiter.peek().remaining
        3
        """
        units = _options.count("remaining", remaining, minimum=0)
        seconds = _options.seconds("reset", reset, zero=True)
        now = self._now()
        with self.lock:
            stream = self._streams.of_locked(key, now)
            over = stream.left_locked(now, self.numbers) - units
            if over > 0:
                stream.take_locked(now, over, self.numbers)
            if not units:
                self._pause_locked(key, now, now + seconds)

    def worst_case(self, inner: WorstCase) -> WorstCase:
        waits = 0.0 if self.shadow else _options.INFINITY if self.wait is None else self.wait
        return WorstCase(calls=inner.calls, seconds=inner.seconds + waits)

    def explain(self) -> str:
        """What it did and would do, in plain words; in shadow mode, the limit that would have refused nothing.

        >>> from resilience import RateLimiter
        >>> RateLimiter(5, per=60).explain()
        '5 calls each 60 s: 5 more may pass now; 0 of 0 calls were refused'
        """
        with self.lock:
            seen, most = self.admitted + self.rejected, int(self._most_seen)
            refused = self.would_reject if self.shadow else self.rejected
        if not self.shadow:
            keyed = "" if self._key is None else " for each key"
            now = f": {self.peek().remaining} more may pass now" if self._key is None else ""
            return f"{self._words()}{keyed}{now}; {refused} of {seen} calls were refused"
        said = f"shadow: {self._words()} would have refused {refused} of {seen} calls"
        enough = self._enough(most)
        return (
            f"{said}; at most {most} came in any {self.per:g} s, so {enough} would have refused none" if most else said
        )

    def _enough(self, most: int) -> str:
        """The options that let so many pass in any `per`."""
        return f"limit={most}"

    def snapshot(self) -> LimiterSnapshot:
        with self.lock:
            return LimiterSnapshot(
                name=self.name,
                admitted=self.admitted,
                rejected=self.rejected,
                waiting=self._streams.waiting_locked(),
                keys=len(self._streams),
                other=self._streams.other_calls,
                would_reject=self.would_reject,
            )

    def reset_after_fork(self) -> None:
        reset_lock(self.lock)
        self._streams.forget_turns()
