"""Adaptive limit: so many calls at once as the callee bears, learned from how long calls take and how they end.

Rules: the learner, the queue and the counts are guarded by `_lock`, which is never held while the guarded function, the
user's `on` or a listener runs. A call that was collected unsettled is noted in `_lost`, without the lock; the next locked
section takes it out. `_beyond` are those of the `_active` calls that a shadow let through over its limit: they take no
place in it, for they would not be there.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from typing import Any, Never, NoReturn

from .. import _options
from .._clock import Clock
from .._deadline import remaining
from .._gate import Park
from .._listeners import HUB
from .._names import reset_lock
from .._outcome import FAILURES, Judge
from .._permit import Acquirable
from .._policy import Policy
from .._worst import WorstCase
from ..errors import BulkheadFullError
from ..events import CallRejected, LimitChanged, WouldReject
from ._begun import AdaptiveLimitSnapshot, Begun
from ._gradient import Gradient2
from ._learner import Algorithm, Call, checked_bounds
from ._patience import patience_of
from ._place import Place, drop_expired


class AdaptiveLimit(Policy[Never], Acquirable):
    """Let as many calls run at once as the callee bears; others wait in a bounded queue, or are refused.

    For a callee whose capacity nobody knows, or that changes. A bulkhead with a number that is right today refuses too
    little when the callee is ill; this one finds the number, and finds it again.

    Args:
        algorithm: how it learns: `Gradient2()` (default), `Vegas()` or `AIMD()`.
        initial: calls at once to begin with (default 20), brought between the two bounds that follow.
        minimum: never fewer (default 1).
        maximum: never more (default 200).
        max_queue: how many may wait (default 0: none).
        wait: seconds that one may wait; 0 refuses at once (default), `None` waits to the deadline.
        on: what counts as a drop, as for `Retry`. A call that its own deadline cut short is one, too; refusals of ours and
            cancellations by the caller say nothing.
        name: a label.
        shadow: learn and count what it would refuse, and refuse and delay nothing; see `explain()`. There are no probes
            then, for a limit that nobody obeys finds no call without a queue.

    Raises:
        BulkheadFullError: no room, with `reason="limit"`: whoever handles a full bulkhead handles this.

    Put it inside the retry, around what takes the time: a wait of ours inside it would pass for slowness of the callee. It
    guards no generators, whose time is their reader's. Safe to share between threads, tasks and loops.
    Source: Netflix' concurrency-limits; see the algorithms.

    >>> AdaptiveLimit().call(int, "7")
    7
    """

    __slots__ = (
        "_active",
        "_beyond",
        "_judge",
        "_learner",
        "_lock",
        "_lost",
        "_maximum",
        "_queue",
        "admitted",
        "algorithm",
        "dropped",
        "max_queue",
        "most",
        "rejected",
        "shadow",
        "wait",
        "would_reject",
    )
    kind = "adaptive-limit"

    def __init__(
        self,
        algorithm: Algorithm = Gradient2(),  # noqa: B008 - immutable
        *,
        initial: int = 20,
        minimum: int = 1,
        maximum: int = 200,
        max_queue: int = 0,
        wait: Any = 0.0,
        on: Any = FAILURES,
        name: str | None = None,
        shadow: bool = False,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name, clock=clock)
        if not isinstance(algorithm, Algorithm):
            _options.refuse("algorithm", algorithm, "Gradient2(), Vegas() or AIMD()", kind=TypeError)
        self.algorithm = algorithm
        self.shadow = _options.flag("shadow", shadow)
        bounds = checked_bounds(initial, minimum, maximum, obeyed=not self.shadow)
        self._maximum = bounds.maximum
        self._learner = algorithm.begin(bounds)
        self.max_queue = _options.count("max_queue", max_queue, minimum=0)
        self.wait = patience_of(wait)
        self._judge = Judge(on)
        self._lock = allocate_lock()
        self._queue: deque[Place] = deque()
        self._lost: list[Begun] = []
        self._active = self._beyond = self.admitted = self.rejected = self.dropped = self.would_reject = self.most = 0

    # The chain

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        now = self._now()
        with self._lock:
            while self._lost:
                self._leave_locked(self._lost.pop())
            granted = self._serve_locked(now)
            over = self._active - self._beyond >= self._learner.allowed() or bool(self._queue)
            permit: Any = None
            if not over or self.shadow:
                permit = self._begin_locked(now, over=over)
            elif len(self._queue) < self.max_queue and self.wait != 0:
                place = Place(self)
                self._queue.append(place)
                permit = Park(place)
            else:
                self.rejected += 1
        _wake(granted)
        if permit is None:
            self._refuse("limit")
        if over and self.shadow:
            self.tell(WouldReject, reason="limit")
        return permit

    def _begin_locked(self, now: float, *, over: bool = False) -> Begun:
        self._active += 1
        self._beyond += over
        self.admitted += 1
        self.would_reject += over
        self.most = max(self.most, self._active)
        return Begun(now, self._active, over=over)

    def _leave_locked(self, begun: Begun) -> None:
        self._active -= 1
        self._beyond -= begun.over

    def _serve_locked(self, now: float) -> list[Place]:
        granted: list[Place] = []
        while self._queue:
            drop_expired(self._queue, now, granted)
            if not self._queue or self._active >= self._learner.allowed():
                break
            place = self._queue.popleft()
            place.permit = self._begin_locked(now)
            granted.append(place)
        return granted

    def _refuse(self, reason: str) -> NoReturn:
        if self._listeners or HUB.listeners:
            self.tell(CallRejected, reason=reason)
        raise BulkheadFullError(
            f"{self.name}: the callee bears {self._learner.allowed()} calls at once, as learned, and {self._active} are "
            f"under way ({reason}); try again later (docs/policies/adaptive-limit.md)",
            policy=self.name,
            reason=reason,
        )

    def succeeded(self, permit: Any, value: Any) -> None:
        self._end(permit, dropped=False)

    def failed(self, permit: Any, error: BaseException, attempt: int) -> None:
        if not isinstance(error, Exception):
            # Nobody knows how long it would have taken, unless it took all the time there was.
            self._end(permit, dropped=True if remaining() <= 0 else None)
            return
        try:
            dropped = bool(self._judge.of_error(error))
        except BaseException:
            self.released(permit)
            raise
        self._end(permit, dropped=dropped or None)

    def blamed(self, permit: Any, error: BaseException | None, open_for: float | None) -> None:
        self._end(permit, dropped=True)

    def released(self, permit: Any) -> None:
        self._end(permit, dropped=None)

    def forgotten(self, permit: Any) -> None:
        """A call was collected unsettled: no lock may be taken now."""
        self._lost.append(permit)

    def _end(self, begun: Begun, *, dropped: bool | None) -> None:
        """A call ended; `None`: it tells nothing."""
        now = self._now()
        with self._lock:
            self._leave_locked(begun)
            old = self._learner.allowed()
            if dropped is not None:
                self.dropped += dropped
                self._learner.learn(now, Call(begun.at, begun.in_flight, now - begun.at, dropped))
            new = self._learner.allowed()
            granted = self._serve_locked(now)
        _wake(granted)
        if new != old:
            self.tell(LimitChanged, old=old, new=new)

    # The queue

    def redeemed(self, place: Place) -> Any:
        """A waiter looks: its leave, or its time is over."""
        with self._lock:
            if place.held:
                return place.permit
            if not place.expired:
                self._queue.remove(place)
            self.rejected += 1
        return self._refuse("waited too long")

    def forsaken(self, place: Place) -> None:
        """A waiter breaks off: leave that it was granted already is handed on."""
        with self._lock:
            if place.held:
                self.admitted -= 1  # granted, and never used
            elif not place.expired:
                self._queue.remove(place)
        if place.held:
            self.released(place.permit)

    def worst_case(self, inner: WorstCase) -> WorstCase:
        waits = 0.0 if not self.max_queue or self.shadow else _options.INFINITY if self.wait is None else self.wait
        return WorstCase(calls=inner.calls, seconds=inner.seconds + waits)

    # What users ask

    @property
    def limit(self) -> int:
        """Calls at once, as learned by now."""
        with self._lock:
            return self._learner.allowed()

    def explain(self) -> str:
        """What it learned, in plain words; in shadow mode, what it would have refused.

        >>> AdaptiveLimit().explain()
        '0 of 20 calls are under way, as Gradient2(tolerance=1.5, queue_size=4, probe=30) learned; 0 of 0 were refused'
        """
        now = self.snapshot()
        if self.shadow:
            refused = f"{now.would_reject} of {now.admitted} calls"
            said = f"shadow: a limit of {now.limit} now, as learned, would have refused {refused}"
            more = f", maximum={self.most}" if self.most > self._maximum else ""
            enough = f"at most {self.most} ran at once, so minimum={self.most}{more} would have refused none"
            return f"{said}; {enough}" if self.most else said
        return (
            f"{now.active} of {now.limit} calls are under way, as {self.algorithm!r} learned; "
            f"{now.rejected} of {now.admitted + now.rejected} were refused"
        )

    def snapshot(self) -> AdaptiveLimitSnapshot:
        with self._lock:
            return AdaptiveLimitSnapshot(
                name=self.name,
                active=self._active - len(self._lost),
                limit=self._learner.allowed(),
                waiting=len(self._queue),
                max_queue=self.max_queue,
                admitted=self.admitted,
                rejected=self.rejected,
                dropped=self.dropped,
                would_reject=self.would_reject,
            )

    def reset_after_fork(self) -> None:
        reset_lock(self._lock)
        self._queue.clear()
        self._lost.clear()
        self._active = self._beyond = 0

    def __repr__(self) -> str:
        return f"<AdaptiveLimit {self.name!r} {self._learner.allowed()} at once, {self.algorithm!r}>"


def _wake(granted: list[Place]) -> None:
    for place in granted:
        place.grant()
