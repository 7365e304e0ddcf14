"""One circuit: its state, its count, its probes.

Rules. All fields are guarded by `_lock`, which is never held while the guarded function, a listener or the user's logic
runs. Some are also read without it: `admission` (the epoch while calls are let through and counted, else `None`), `calm`
(the same while a success would change nothing), and `state` with `due`, for a refusal. Each change of state begins a new
epoch; a result counts only in the epoch that admitted it. Events are collected under the lock and told after it.
"""

from __future__ import annotations

from _thread import allocate_lock
from typing import TYPE_CHECKING, Any, ClassVar

from .._gate import Gate, Verbs
from .._listeners import HUB
from .._outcome import UNSEEN, bare
from .._outcome import open_for as asked_open_for
from ..errors import CircuitOpenError
from ..events import BreakerStateChanged, CallRejected, Event, LateResult, ProbeLost
from ._probes import Admitted, Probe, Probes
from ._ramp import Ramp
from ._state import CLOSED, DISABLED, HALF_OPEN, ISOLATED, METRICS_ONLY, OPEN, State

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .breaker import CircuitBreaker

_JITTER = 0.1
# Without `__init__`, whose keywords would cost a third of a refusal; the text is made when somebody reads it.
_new_refusal = CircuitOpenError.__new__
News = list[tuple[Any, dict[str, Any]]]


class Circuit(Gate):
    """The state machine behind a circuit breaker."""

    refused_as: ClassVar[type[Event]] = CallRejected

    __slots__ = (
        "__weakref__",
        "_lock",
        "_probes",
        "_slow_tally",
        "admission",
        "breaker",
        "calm",
        "due",
        "epoch",
        "failed_recoveries",
        "failures",
        "isolations",
        "last_error",
        "opened",
        "ramp",
        "rejected",
        "state",
        "successes",
        "tally",
    )

    def __init__(self, breaker: CircuitBreaker, state: State) -> None:
        self.breaker = breaker
        self.tally = breaker.trip.begin()
        self._slow_tally = None if breaker.slow is None else breaker.slow.begin()
        self._probes = Probes()
        self.epoch = self.failed_recoveries = 0
        self.isolations: frozenset[object] = frozenset()  # most never have one: shared, and replaced
        self.opened = self.rejected = self.successes = self.failures = 0
        self.due = 0.0
        self.last_error: BaseException | None = None
        self.ramp: Ramp | None = None
        self.state = state
        self.admission: int | None = None
        self.calm: int | None = None
        self.renew_lock()
        if state is OPEN:
            self._enter_locked(OPEN, "initial_state", [])
        self._refresh_locked()

    def renew_lock(self) -> None:
        self._lock = allocate_lock()
        self._probes.clear()

    # Admission

    def verbs(self) -> Verbs:
        """While it is closed and calm a call asks nothing: it reads `admission` and `calm`."""
        return Verbs(self.admit, self.succeeded, self.failed, standing=self)

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        epoch = self.admission
        if epoch is not None:
            return epoch
        now = self.breaker._now()
        if now < self.due or self.isolations:
            # Raised here rather than deeper: each frame that it passes is one more to unwind.
            raise self._refusal(now) from self.last_error
        return self._admit_rarely(now)

    def _admit_rarely(self, now: float) -> Any:
        news: News = []
        with self._lock:
            permit = self._probe_locked(now, news)
        self._tell(news)
        if permit is None:
            raise self._refusal(now) from self.last_error
        return None if permit is _UNCOUNTED else permit

    def _probe_locked(self, now: float, news: News) -> Any:
        if self.state is DISABLED:
            return _UNCOUNTED
        if self.state is OPEN and now >= self.due:
            self._enter_locked(HALF_OPEN, "the reset timeout is over", news)
        if self.isolations or self.state is OPEN:
            return None
        if self.ramp is not None and not self._ramped_locked(self.ramp, now):
            return None
        if self.state is not HALF_OPEN:
            return self.epoch if self._slow_tally is None else Admitted(self.epoch, now)
        news.extend((ProbeLost, {"reason": reason}) for reason in self._probes.reclaim(now))
        if len(self._probes) >= self.breaker.half_open_max_calls:
            return None
        return self._probes.begin(self.epoch, now, now + self.breaker.lease_for(self.failed_recoveries))

    def _ramped_locked(self, ramp: Ramp, now: float) -> bool:
        """Does the ramp let this call through? Once it is over, all go the short way again."""
        if ramp.left(now) > 0:
            return ramp.admits(now)
        self.ramp = None
        self._refresh_locked()
        return True

    def _refusal(self, now: float) -> CircuitOpenError:
        self.rejected += 1
        breaker = self.breaker
        reason: str = "open"
        retry_after: float | None = self.due - now
        if self.isolations:
            reason, retry_after = "isolated", None
        elif (ramp := self.ramp) is not None:
            reason, retry_after = (
                f"closed for {1 - ramp.share(now):.0%} of the calls, to recover gradually",
                ramp.left(now),
            )
        elif self.state is not OPEN:
            reason = f"half-open, {len(self._probes)} of {breaker.half_open_max_calls} probes under way,"
            retry_after = max(0.0, self._probes.earliest(now) - now)
        if breaker._listeners or HUB.listeners:
            breaker.tell(self.refused_as, reason=reason, retry_after=retry_after)
        error = _new_refusal(CircuitOpenError)
        error.policy, error.retry_after, error.reason = breaker.name, retry_after, reason
        return error

    # Results

    def succeeded(self, permit: Any, value: Any) -> None:
        if permit is not self.calm:
            self.settle(permit, False, None, None)

    def failed(self, permit: Any, error: BaseException, attempt: int) -> None:
        if permit is None:
            return
        try:
            verdict = self.breaker.judge.of_error(error)
        except BaseException:
            self.release(permit)
            raise
        if verdict:
            self.settle(permit, True, asked_open_for(verdict), error)
        else:
            self.release(permit)

    def judged(self, permit: Any, value: Any) -> None:
        """The call returned, and `on_result` says what that means."""
        on_result = self.breaker.judge.on_result
        try:
            verdict = on_result(value) if on_result is not None and value is not UNSEEN else False
        except BaseException:
            self.release(permit)
            raise
        self.settle(permit, bool(verdict), asked_open_for(verdict), None)

    def release(self, permit: Any) -> None:
        """The call ended with neither success nor failure."""
        if isinstance(permit, Probe):
            with self._lock:
                self._probes.end(permit)

    def settle(self, permit: Any, failed: bool, open_for: float | None, error: BaseException | None) -> None:
        """Take the permit back and count its result, if it is of this epoch."""
        if permit is None:
            return
        now = self.breaker._now()
        news: News = []
        with self._lock:
            if isinstance(permit, Probe):
                self._probes.end(permit)
            epoch = permit if isinstance(permit, int) else permit.epoch
            if epoch != self.epoch:
                news.append((LateResult, {"success": not failed}))
            else:
                slow = self._slow_locked(permit, now)
                self._count_locked(now, failed, slow, open_for, news)
        if error is not None and self.state is OPEN and epoch != self.epoch:
            self.last_error = bare(error)
        self._tell(news)

    def _slow_locked(self, permit: Any, now: float) -> bool | None:
        slow = self.breaker.slow
        return None if slow is None or isinstance(permit, int) else now - permit.start >= slow.longer_than

    def _count_locked(self, now: float, failed: bool, slow: bool | None, open_for: float | None, news: News) -> None:
        if self.state is HALF_OPEN:
            self._count_probe_locked(failed or bool(slow), open_for, news)
            return
        trips = self.tally.count(now, failed=failed)
        self.calm = self.admission if self.tally.calm else None
        reason = "failures" if trips else ""
        if slow is not None and self._slow_tally is not None and self._slow_tally.count(now, failed=slow):
            reason = reason or "slow calls"
        if self.state is CLOSED and (reason or open_for is not None):
            self._enter_locked(OPEN, reason or "the callee asked for it", news, open_for)

    def _count_probe_locked(self, failed: bool, open_for: float | None, news: News) -> None:
        probes = self.breaker.half_open_max_calls
        if not failed:
            self.successes += 1
            if self.successes >= probes:
                self._enter_locked(CLOSED, "the probes succeeded", news)
            return
        self.failures += 1
        if open_for is not None or self.breaker.trip.reopens(self.failures, probes):
            self.failed_recoveries += 1
            self._enter_locked(OPEN, "a probe failed", news, open_for)

    # Changes of state

    def _enter_locked(
        self, state: State, reason: str, news: News, seconds: float | None = None, *, release: bool = False
    ) -> None:
        old = self._shown_locked()
        if release:
            self.isolations = frozenset()
        self.epoch += 1
        self._probes.clear()
        self.successes = self.failures = 0
        self.due = 0.0
        if state is OPEN:
            self.opened += 1
            if seconds is None:
                seconds = self.breaker.open_seconds(self.failed_recoveries)
                seconds *= 1 + _JITTER * self.breaker._random()
            self.due = self.breaker._now() + seconds
        elif state is not HALF_OPEN:
            self.failed_recoveries = 0
            self.last_error = None
            self._clear_counts_locked()
        recovers, seconds_of_ramp = state is CLOSED and self.state is HALF_OPEN, self.breaker.ramp
        self.ramp = Ramp(self.breaker._now(), seconds_of_ramp) if recovers and seconds_of_ramp else None
        self.state = state
        self._refresh_locked()
        self._note_locked(old, reason, news, seconds)

    def locked(self) -> AbstractContextManager[object]:
        """The lock, for who reads several fields at once."""
        return self._lock

    def _clear_counts_locked(self) -> None:
        self.tally.clear()
        if self._slow_tally is not None:
            self._slow_tally.clear()

    def _note_locked(self, old: State, reason: str, news: News, seconds: float | None = None) -> None:
        new = self._shown_locked()
        if new is not old:
            fields = {"old": old.value, "new": new.value, "reason": reason, "retry_after": seconds}
            news.append((BreakerStateChanged, fields))

    def _refresh_locked(self) -> None:
        counts = self.state in (CLOSED, METRICS_ONLY) and not self.isolations
        plain = counts and self._slow_tally is None and self.ramp is None
        self.admission = self.epoch if plain else None
        self.calm = self.admission if self.tally.calm else None

    def _shown_locked(self) -> State:
        return ISOLATED if self.isolations else self.state

    def _tell(self, news: News) -> None:
        for kind, fields in news:
            self.breaker.tell(kind, **fields)


class _Uncounted:
    __slots__ = ()


_UNCOUNTED = _Uncounted()
