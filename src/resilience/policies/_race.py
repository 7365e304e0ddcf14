"""One hedged call: its attempts, who has won, and what is left over. Pure: the driver launches, waits and closes.

Rules: all fields are guarded by `_lock`, but for `over`, which only ever becomes true. Attempts report from tasks and
threads of their own; `launch`, `patience`, `abandon` and `result` are the driver's. No user code (`on`, `on_result`,
the budget, a listener) runs under the lock. Who is still running matters, and is kept, only until the race is over.
"""

from __future__ import annotations

from _thread import allocate_lock
from typing import TYPE_CHECKING, Any

from .._deadline import Scope
from .._history import Tried, remember
from .._options import INFINITY
from .._outcome import never_begun, open_for
from .._span import span
from ..errors import RejectedError

if TYPE_CHECKING:
    from .hedge import Hedge

NOTHING: Any = None
"""What is to be closed when nothing is: `None` has no `close`."""
_ROUNDING = 1e-9


class Race:
    """What one call knows of its attempts."""

    __slots__ = (
        "_cause",
        "_causes",
        "_delay",
        "_due",
        "_error",
        "_hedge",
        "_held",
        "_lock",
        "_most",
        "_running",
        "_scope",
        "_spoilt",
        "_start",
        "_took",
        "_tried",
        "_value",
        "_winner",
        "launches",
        "over",
    )

    def __init__(self, hedge: Hedge, scope: Scope | None, now: float, delay: float) -> None:
        self._hedge = hedge
        self._scope = scope
        self._start = self._due = now
        self._delay = delay
        self._lock = allocate_lock()
        self._held = now
        self._most = hedge.attempts
        self._running: set[int] = set()
        self._tried: list[Tried] = []
        self._cause: Any = None
        self._causes: dict[int, Any] = {}
        self._took: dict[int, float] = {}
        self._error: BaseException | None = None
        self._value: Any = NOTHING
        self._spoilt: Any = NOTHING
        self._winner = 0
        self.launches: list[float] = []
        self.over = False

    @property
    def name(self) -> str:
        """The label of its hedge."""
        return self._hedge.name

    # The driver

    def launch(self) -> int | None:
        """The number of the attempt to launch now; `None` if none is due."""
        now = self._hedge.clock.now()
        with self._lock:
            number = len(self.launches) + 1
            if number > self._most or now < self._due - _ROUNDING:
                return None
            cause = self._cause
        if number > 1:
            took = None if self._late() else self._hedge._withdrawn(cause)
            if took is None:
                self.refused(number, "deadline" if self._late() else "budget")
                return None
            self._took[number] = took
        with self._lock:
            if self.over:
                return None
            self.launches.append(now)
            self._running.add(number)
            self._due = now + self._delay
            self._causes[number], self._cause = cause, None
        return number

    def _late(self) -> bool:
        return self._scope is not None and self._scope.remaining() <= 0

    def refused(self, number: int, reason: str) -> None:
        """There will be no such attempt, and none after it."""
        with self._lock:
            self._most = number - 1
            del self.launches[self._most :]
            self._running.discard(number)
            ended = self._end_locked(self._start)
        self._hedge._refused(number, reason)
        if ended:
            self._fail()

    def patience(self) -> float:
        """Seconds until the next attempt is due; `inf` if none follows."""
        with self._lock:
            if len(self.launches) >= self._most:
                return INFINITY
            return max(0.0, self._due - self._hedge.clock.now())

    def abandon(self) -> Any:
        """The caller has gone; what is to be closed, if anything: a value that it did not take."""
        with self._lock:
            self.over = True
            value, self._value, self._error = self._value, NOTHING, None
            spoilt, self._spoilt = self._spoilt, NOTHING
            self._forget_locked()
        return spoilt if value is NOTHING else value

    def result(self) -> Any:
        """The value that won, or it raises."""
        error, self._error = self._error, None
        if error is None:
            if self._winner:
                self._hedge._paid(self._winner, self._took.get(self._winner, 0.0))
            return self._value
        try:
            raise error
        finally:
            del error  # or this frame, the traceback and the error would be a cycle

    # The attempts

    def begins(self, number: int) -> bool:
        """The attempt is about to call the function; not if it has lost before."""
        with self._lock:
            cause = self._causes.pop(number, None)
            if self.over:
                return False
        error = cause if isinstance(cause, BaseException) else None
        self._hedge._launched(number, self.launches[number - 1] - self._start, error)
        return True

    def returned(self, number: int, value: Any) -> Any:
        """The attempt gave this value; what is to be closed, if anything."""
        try:
            on_result = self._hedge.judge.on_result
            verdict = None if on_result is None or self.over else on_result(value)
            if verdict:
                self._hedge._attempt_failed(value)
        except BaseException as error:
            self._ended_by(error)
            return value
        return self._spoiled(number, value, verdict) if verdict else self._won(number, value)

    def raised(self, number: int, error: BaseException) -> Any:
        """The attempt raised this; what is to be closed, if anything."""
        if self.over:
            self._hedge._ended()
            return NOTHING
        try:
            verdict = self._hedge.judge.of_error(error)
            if verdict:
                self._hedge._attempt_failed(error)
        except BaseException as other:
            return self._ended_by(other)
        if verdict:
            self._failed(number, error, error, open_for(verdict))
            return NOTHING
        if number > 1 and (isinstance(error, RejectedError) or never_begun(error)):
            # A refusal of ours (an open circuit, a full bulkhead) says nothing against the attempts that were let in.
            self._failed(number, None, error, INFINITY)
            return NOTHING
        return self._ended_by(error)

    def _won(self, number: int, value: Any) -> Any:
        now = self._hedge.clock.now()
        with self._lock:
            first = not self.over
            took = self._first_took_locked(now)
            if first:
                self.over, self._value, self._winner = True, value, number
                value, self._spoilt = self._spoilt, NOTHING
                self._forget_locked()
            rest = NOTHING if value is self._value else value
        self._hedge._ended()
        if first:
            self._hedge._won(number, len(self.launches), now - self._start, took)
        return rest

    def _first_took_locked(self, now: float) -> float | None:
        """What the first attempt took, or has taken so far; `None` if it failed."""
        return now - self.launches[0] if 1 in self._running else None

    def _spoiled(self, number: int, value: Any, verdict: Any) -> Any:
        """A value that `on_result` calls a failure: the first attempt's is kept, for it may have to be given after all."""
        with self._lock:
            keep = number == 1 and not self.over
            if keep:
                self._spoilt = value
            rest = NOTHING if keep or value is self._spoilt or value is self._value else value
        self._failed(number, value, None, open_for(verdict))
        return rest

    def _failed(self, number: int, cause: Any, error: BaseException | None, pause: float | None) -> None:
        """The next attempt follows at once, or after the pause that the callee asked for."""
        now = self._hedge.clock.now()
        with self._lock:
            self._running.discard(number)
            self._held = max(self._held, now + (pause or 0.0))
            self._due = max(now, self._held)
            if not self.over:
                self._cause = cause
                self._tried.append((number, error, now - self._start, None))
            ended = self._end_locked(now)
        self._hedge._ended()
        if ended:
            self._fail()

    def _ended_by(self, error: BaseException) -> Any:
        """An error that is no failure ends the call at once."""
        with self._lock:
            first = not self.over
            if first:
                self.over, self._error = True, error
                self._forget_locked()
            rest, self._spoilt = self._spoilt, NOTHING
        self._hedge._ended()
        return rest

    # The end

    def _end_locked(self, now: float) -> bool:
        """Have all failed? With nothing under way nobody waits: that is what a retry is for."""
        return not self.over and not self._running and (len(self.launches) >= self._most or self._held > now)

    def _fail(self) -> None:
        """All failed: the first attempt's outcome is the call's."""
        hedge, now = self._hedge, self._hedge.clock.now()
        with self._lock:
            tried = sorted(self._tried, key=_number)
            self._forget_locked()
        # Only the last has nothing after it; the others were not waited for.
        tried = [(*attempt[:3], 0.0) for attempt in tried[:-1]] + tried[-1:]
        error, elapsed = tried[0][1], now - self._start
        for _, other, _, _ in tried[1:]:
            if other is not None and other is not error:
                other.with_traceback(None)
        if error is not None and len(tried) > 1:
            remember(error, tried, f"{hedge.name}: all {len(tried)} attempts failed within {span(elapsed)}")
        tried.clear()  # the frames of the call hold this race: with its own error in it, a cycle
        hedge._lost(len(self.launches), elapsed, error)
        with self._lock:
            self._error, self._value, self._spoilt = error, self._spoilt, NOTHING
            self.over = True
        del error

    def _forget_locked(self) -> None:
        self._tried.clear()
        self._causes.clear()
        self._cause = None


def _number(tried: Tried) -> int:
    return tried[0]
