"""A circuit with the verbs of its operator.

Rules: those of `_circuit.py`; each verb takes the lock once; who calls it tells the events that it gives, under no lock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._circuit import Circuit, News
from ._state import CLOSED, HALF_OPEN, OPEN, State
from ._trip import ConsecutiveTally

if TYPE_CHECKING:
    from .breaker import CircuitBreaker


class OperatedCircuit(Circuit):
    """What `CircuitBreaker` makes: the state machine, open to manual changes, dumped and restored."""

    __slots__ = ("given",)

    def __init__(self, breaker: CircuitBreaker, state: State) -> None:
        super().__init__(breaker, state)
        self.given: tuple[State, float] = self.state, self.due
        """The state that an operator gave last, and when that is due to end."""

    def enter(self, state: State, reason: str, seconds: float | None = None) -> News:
        """An operator's change of state."""
        news: News = []
        with self._lock:
            self._enter_locked(state, reason, news, seconds, release=state is CLOSED)
            self.given = state, self.due
        return news

    def sibling(self) -> OperatedCircuit:
        """A circuit for one instance more, in the state that an operator has given to all."""
        made = type(self)(self.breaker, CLOSED)
        with self._lock:
            made.isolations = self.isolations
            state, due = self.given
        if state is not OPEN or self.breaker._now() < due:
            made.state, made.due = state, due
        with made._lock:
            made._refresh_locked()
        return made

    def isolate(self, holder: object) -> News:
        """One isolation more; what lies beneath goes on by itself."""
        return self._change_isolations(lambda: self.isolations | {holder}, "isolate()")

    def release_isolation(self, holder: object) -> News:
        """One isolation fewer, if `close()` has not ended it."""
        return self._change_isolations(lambda: self.isolations - {holder}, "the last isolation is released")

    def _change_isolations(self, change: Callable[[], frozenset[object]], reason: str) -> News:
        news: News = []
        with self._lock:
            old = self._shown_locked()
            self.isolations = change()
            self._refresh_locked()
            self._note_locked(old, reason, news)
        return news

    def limit(self, failures: int) -> None:
        """Open at so many failures in a row from now on; what was counted stays."""
        tally = self.tally
        assert isinstance(tally, ConsecutiveTally)
        with self._lock:
            tally.limit = failures

    def dump(self, stamp: float) -> dict[str, Any]:
        with self._lock:
            left = max(0.0, self.due - self.breaker._now())  # 0 where it is not open
            # A probe belongs to a process: what is half-open here is open there, and due.
            state = OPEN if self.state is HALF_OPEN else self.state
            return {
                "format": 1,
                "state": state.value,
                "isolated": bool(self.isolations),
                "open_for": left,
                "failed_recoveries": self.failed_recoveries,
                "stamp": stamp,
            }

    def restore(self, state: State, left: float, failed_recoveries: int, isolated: bool) -> News:
        news: News = []
        with self._lock:
            self._enter_locked(state, "load()", news, left)
            self.given = state, self.due
            self.failed_recoveries = failed_recoveries
        return [*news, *(self.isolate("load()") if isolated else ())]
