"""A circuit that opens and closes as it would, and refuses nothing.

Rules: those of `_circuit.py`. A call that it would have refused gets the permit `PASSED`, whose result changes no state.
What `explain()` suggests is seen over all calls, in whatever state, and guarded by the circuit's lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._gate import Verbs
from ..errors import CircuitOpenError
from ..events import WouldReject
from ._operated import OperatedCircuit
from ._trip import FailureRate

if TYPE_CHECKING:
    from ._state import State
    from .breaker import CircuitBreaker

PASSED = -1


class ShadowCircuit(OperatedCircuit):
    """The state machine of a breaker in shadow mode; `rejected` counts what it would have refused."""

    __slots__ = ("_run", "_seen", "_worst")
    refused_as = WouldReject

    def __init__(self, breaker: CircuitBreaker, state: State) -> None:
        super().__init__(breaker, state)
        self._seen = breaker.trip.begin()
        self._run = 0
        self._worst = 0.0

    def verbs(self) -> Verbs:
        """Every call is seen, also when it would change nothing."""
        return Verbs(self.admit, self.succeeded, self.failed)

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return super().admit(args, kwargs)
        except CircuitOpenError:
            return PASSED

    def succeeded(self, permit: Any, value: Any) -> None:
        self.settle(permit, False, None, None)

    def settle(self, permit: Any, failed: bool, open_for: float | None, error: BaseException | None) -> None:
        if permit is None:
            return
        with self._lock:
            self._watch_locked(failed)
        if permit != PASSED:
            super().settle(permit, failed, open_for, error)

    def _watch_locked(self, failed: bool) -> None:
        trip, now = self.breaker.trip, self.breaker._now()
        self._run = self._run + 1 if failed else 0
        if not isinstance(trip, FailureRate):
            self._worst = max(self._worst, self._run)
            return
        self._seen.count(now, failed=failed)
        calls, failures = self._seen.counted(now)
        if calls >= trip.min_calls:
            self._worst = max(self._worst, failures / calls)

    def explain(self) -> str:
        """What it would have done, and which threshold would have done nothing."""
        trip = self.breaker.trip
        with self._lock:
            said = f"shadow: {trip!r} would have opened {self.opened} times and refused {self.rejected} calls"
            worst = self._worst
        if isinstance(trip, FailureRate):
            rate = f"at most {worst:.0%} of the calls that count failed, so a rate above that would have refused none"
            return f"{said}; {rate}"
        return f"{said}; at most {worst:.0f} failed in a row, so Consecutive({worst + 1:.0f}) would have refused none"
