"""A circuit that opens and closes as it would, and refuses nothing.

Rules: those of `_circuit.py`. A call that it would have refused gets the permit `PASSED`, whose result changes no state.
What `explain()` suggests is seen over all calls, in whatever state, and guarded by the circuit's lock.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from .._gate import Verbs
from ..errors import CircuitOpenError
from ..events import WouldReject
from ._operated import OperatedCircuit
from ._probes import Admitted
from ._trip import FailureRate, Tally

if TYPE_CHECKING:
    from ._state import State
    from .breaker import CircuitBreaker

PASSED = -1


class ShadowCircuit(OperatedCircuit):
    """The state machine of a breaker in shadow mode; `rejected` counts what it would have refused."""

    __slots__ = ("_asked", "_run", "_seen", "_seen_slow", "_worst", "_worst_slow")
    refused_as = WouldReject

    def __init__(self, breaker: CircuitBreaker, state: State) -> None:
        super().__init__(breaker, state)
        self._seen = breaker.trip.begin()
        self._seen_slow = None if breaker.slow is None else breaker.slow.begin()
        self._asked = self._run = 0
        self._worst = self._worst_slow = 0.0

    def verbs(self) -> Verbs:
        """Every call is seen, also when it would change nothing."""
        return Verbs(self.admit, self.succeeded, self.failed)

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return super().admit(args, kwargs)
        except CircuitOpenError:
            return PASSED if self._seen_slow is None else Admitted(PASSED, self.breaker._now())

    def succeeded(self, permit: Any, value: Any) -> None:
        self.settle(permit, False, None, None)

    def settle(self, permit: Any, failed: bool, open_for: float | None, error: BaseException | None) -> None:
        if permit is None:
            return
        now = self.breaker._now()
        with self._lock:
            self._asked += open_for is not None
            self._watch_locked(now, failed, self._slow_locked(permit, now))
        if (permit if isinstance(permit, int) else permit.epoch) != PASSED:
            super().settle(permit, failed, open_for, error)

    def _watch_locked(self, now: float, failed: bool, slow: bool | None) -> None:
        self._run = self._run + 1 if failed else 0
        if isinstance(self.breaker.trip, FailureRate):
            self._worst = max(self._worst, _share(self.breaker.trip, self._seen, now, failed))
        else:
            self._worst = max(self._worst, self._run)
        if self.breaker.slow is not None and self._seen_slow is not None and slow is not None:
            self._worst_slow = max(self._worst_slow, _share(self.breaker.slow, self._seen_slow, now, slow))

    def explain(self) -> str:
        """What it would have done, and which threshold would have done nothing."""
        trip, slow = self.breaker.trip, self.breaker.slow
        with self._lock:
            opened, refused, asked = self.opened, self.rejected, self._asked
            worst, worst_slow = self._worst, self._worst_slow
        if isinstance(trip, FailureRate):
            seen = [f"at most {_percent(worst)}% of the calls that count failed"]
            enough = [_rate_above(worst)]
        else:
            seen, enough = [f"at most {worst:.0f} failed in a row"], [f"Consecutive({worst + 1:.0f})"]
        both = "" if slow is None else f" and {slow!r}"
        if slow is not None:
            seen.append(f"at most {_percent(worst_slow)}% were slow")
            enough.append(f"for the slow ones {_rate_above(worst_slow)}")
        said = f"shadow: {trip!r}{both} would have opened {opened} times and refused {refused} calls"
        said = f"{said}; {' and '.join(seen)}, so {' and '.join(enough)} would have refused none"
        return f"{said}, but for {asked} times that the callee asked for it to open" if asked else said


def _share(trip: FailureRate, tally: Tally, now: float, failed: bool) -> float:
    """Count one more; the share that would trip, 0 where the volume is missing."""
    tally.count(now, failed=failed)
    calls, failures = tally.counted(now)
    return failures / calls if calls >= trip.min_calls else 0.0


def _percent(share: float) -> int:
    """Never less than it was."""
    return ceil(round(100 * share, 6))


def _rate_above(share: float) -> str:
    if share >= 1:
        return "only more min_calls"
    return "a rate above that" if _percent(share) < _ALL else "a rate of 1"


_ALL = 100
