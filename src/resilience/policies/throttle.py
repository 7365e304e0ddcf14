"""Throttle: the client itself holds calls back once the callee accepts too few of them.

Rules: the counts are guarded by `_lock`, which is never held while the guarded function, the user's `on`, chance or a
listener runs. A call that a shadow would have refused has the permit `_PASSED`: it would not have been accepted, for it
would not have been made; what came of it is in `_seen` alone, from which `explain()` suggests.
"""

from __future__ import annotations

from _thread import allocate_lock
from math import ceil
from typing import Any, Never, NoReturn

from .. import _options
from .._chance import Chance
from .._clock import Clock
from .._deadline import remaining
from .._listeners import HUB
from .._names import reset_lock
from .._outcome import FAILURES, Judge
from .._permit import Acquirable
from .._policy import Policy
from .._record import Record
from .._window import TimeWindow
from ..errors import RateLimitedError
from ..events import CallRejected, WouldReject


class ThrottleSnapshot(Record):
    """`requests` and `accepts` of the window; the `share` that is refused now; the rest since it was made.

    `would_reject`: calls that one in shadow mode let through, and would have refused.
    """

    name: str
    requests: int
    accepts: int
    share: float
    admitted: int
    rejected: int
    would_reject: int = 0


class Throttle(Policy[Never], Acquirable):
    """Refuse calls here, at random, in proportion to how many of them the callee does not accept.

    With `requests` made here and `accepts` of the callee in the last `window`, a call is refused with the chance
    `max(0, (requests - multiplier * accepts) / (requests + 1))`. A refusal counts as a request, a request before it is
    made: calls that hang are held against the callee at once. Unlike a breaker it never stops all calls, so it needs no
    probes.

    Args:
        multiplier: how many requests it sends for each that is accepted (default 2, the book's: half of all calls must fail
            before any is refused, and the callee sees at most about twice what it accepts). Lower holds back sooner.
        window: seconds that count (default 120, the book's two minutes: long enough for a quiet client to have numbers).
            Shorter reacts and forgets sooner.
        min_requests: with fewer requests in the window nothing is refused (default 100: a burst on a cold start has no
            answers yet, which is no fault of the callee).
        on: what counts as not accepted, as for `Retry`. A call that its own deadline cut short is that, too. What tells
            nothing of the callee (a refusal of ours, a cancellation by the caller) counts as accepted, so that it changes
            nothing.
        name: a label.
        shadow: count what it would refuse, and refuse nothing; `explain()` then names a multiplier.

    Raises:
        RateLimitedError: with `reason="throttled"`, and no `retry_after`: nobody knows.

    Safe to share between threads, tasks and loops. Source: Beyer and others, "Site Reliability Engineering", chapter 21,
    client-side throttling.

    >>> Throttle().call(int, "7")
    7
    """

    __slots__ = (
        "_accepts",
        "_hopeless",
        "_judge",
        "_lock",
        "_requests",
        "_seen",
        "_worst",
        "admitted",
        "min_requests",
        "multiplier",
        "rejected",
        "shadow",
        "window",
        "would_reject",
    )
    kind = "throttle"

    def __init__(
        self,
        *,
        multiplier: float = 2.0,
        window: Any = 120.0,
        min_requests: int = 100,
        on: Any = FAILURES,
        name: str | None = None,
        shadow: bool = False,
        clock: Clock | None = None,
        random: Chance | None = None,
    ) -> None:
        super().__init__(name, clock=clock, random=random)
        self.multiplier = _options.amount("multiplier", multiplier, minimum=1.0)
        self.window = _options.seconds("window", window)
        self.min_requests = _options.count("min_requests", min_requests, minimum=0)
        self._judge = Judge(on)
        self.shadow = _options.flag("shadow", shadow)
        self._lock = allocate_lock()
        self._requests, self._accepts = TimeWindow(self.window), TimeWindow(self.window)
        self._seen = TimeWindow(self.window) if self.shadow else None
        self.admitted = self.rejected = self.would_reject = 0
        self._worst = 0.0
        self._hopeless = 0

    # The chain

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        now, chance = self._now(), self._random()
        with self._lock:
            refused = chance < self._share_locked(now)
            self._requests.add(now, failed=False)
            if not refused or self.shadow:
                self.admitted += 1
                self.would_reject += refused
            else:
                self.rejected += 1
        if not refused:
            return None
        if not self.shadow:
            self._refuse()
        self.tell(WouldReject, reason="throttled")
        return _PASSED

    def _share_locked(self, now: float) -> float:
        requests, accepts = self._requests.counted(now)[0], self._accepts.counted(now)[0]
        if requests < self.min_requests:
            return 0.0
        if self._seen is not None:
            self._watch_locked(requests, self._seen.counted(now)[0])
        return max(0.0, (requests - self.multiplier * accepts) / (requests + 1))

    def _watch_locked(self, requests: int, accepted: int) -> None:
        if accepted:
            self._worst = max(self._worst, requests / accepted)
        else:
            self._hopeless = max(self._hopeless, requests)

    def _refuse(self) -> NoReturn:
        if self._listeners or HUB.listeners:
            self.tell(CallRejected, reason="throttled")
        raise RateLimitedError(
            f"{self.name}: the callee accepts too few calls, so a share of them is not made; {self.explain()}; "
            "try again later (docs/policies/throttle.md)",
            policy=self.name,
            reason="throttled",
        )

    def succeeded(self, permit: Any, value: Any) -> None:
        self.released(permit)

    def failed(self, permit: Any, error: BaseException, attempt: int) -> None:
        if not isinstance(error, Exception):
            if remaining() > 0:
                self.released(permit)
        elif not self._judge.of_error(error):
            self.released(permit)

    def blamed(self, permit: Any, error: BaseException | None, open_for: float | None) -> None:
        """It was not accepted, and was counted as a request."""

    def released(self, permit: Any) -> None:
        now = self._now()
        with self._lock:
            if permit is not _PASSED:
                self._accepts.add(now, failed=False)
            if self._seen is not None:
                self._seen.add(now, failed=False)

    # What users ask

    def explain(self) -> str:
        """What share of the calls is refused now, and why; in shadow mode, what would have refused none.

        >>> Throttle().explain()
        '0 of 0 requests of the last 120 s were accepted; 0 % of the calls are refused now'
        """
        now = self.snapshot()
        if self.shadow:
            said = (
                f"shadow: multiplier={self.multiplier:g} would have refused {now.would_reject} of {now.admitted} calls"
            )
            return said + self._enough()
        return (
            f"{now.accepts} of {now.requests} requests of the last {self.window:g} s were accepted; "
            f"{now.share:.0%} of the calls are refused now".replace("%", " %")
        )

    def _enough(self) -> str:
        """The options that would have refused nothing; where nothing was accepted, no multiplier is enough."""
        seen, options = [], []
        if self._worst:
            worst = max(1.0, ceil(100 * self._worst) / 100)
            seen.append(f"there were at most {worst:g} requests for each that was accepted")
            options.append(f"multiplier={worst:g}")
        if self._hopeless:
            seen.append(f"of {self._hopeless} requests none was accepted")
            options.append(f"min_requests={self._hopeless + 1}")
        return f"; {' and '.join(seen)}, so {', '.join(options)} would have refused none" if seen else ""

    def snapshot(self) -> ThrottleSnapshot:
        now = self._now()
        with self._lock:
            share = self._share_locked(now)
            return ThrottleSnapshot(
                name=self.name,
                requests=self._requests.counted(now)[0],
                accepts=self._accepts.counted(now)[0],
                share=share,
                admitted=self.admitted,
                rejected=self.rejected,
                would_reject=self.would_reject,
            )

    def reset_after_fork(self) -> None:
        reset_lock(self._lock)

    def __repr__(self) -> str:
        return f"<Throttle {self.name!r} multiplier {self.multiplier:g}, window {self.window:g} s>"


_PASSED = "passed"
