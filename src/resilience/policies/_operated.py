"""A circuit with the verbs of its operator.

Rules: those of `_circuit.py`; each verb takes the lock once and tells its events after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._circuit import Circuit, News
from ._state import CLOSED, HALF_OPEN, OPEN, State
from ._trip import ConsecutiveTally


class OperatedCircuit(Circuit):
    """What `CircuitBreaker` makes: the state machine, open to manual changes, dumped and restored."""

    __slots__ = ()

    def enter(self, state: State, reason: str, seconds: float | None = None) -> None:
        """An operator's change of state."""
        news: News = []
        with self._lock:
            self._enter_locked(state, reason, news, seconds, release=state is CLOSED)
        self._tell(news)

    def sibling(self) -> OperatedCircuit:
        """A circuit for one instance more, in the state that an operator has given to all."""
        made = type(self)(self.breaker, CLOSED)
        with self._lock:
            over = self.state is OPEN and self.breaker._now() >= self.due
            made.isolations = self.isolations
            if not over:
                made.state, made.due = self.state, self.due
        with made._lock:
            made._refresh_locked()
        return made

    def isolate(self, holder: object) -> None:
        """One isolation more; what lies beneath goes on by itself."""
        self._change_isolations(lambda: self.isolations | {holder}, "isolate()")

    def release_isolation(self, holder: object) -> None:
        """One isolation fewer, if `close()` has not ended it."""
        self._change_isolations(lambda: self.isolations - {holder}, "the last isolation is released")

    def _change_isolations(self, change: Callable[[], frozenset[object]], reason: str) -> None:
        news: News = []
        with self._lock:
            old = self._shown_locked()
            self.isolations = change()
            self._refresh_locked()
            self._note_locked(old, reason, news)
        self._tell(news)

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

    def restore(self, state: State, left: float, failed_recoveries: int, isolated: bool) -> None:
        news: News = []
        with self._lock:
            self._enter_locked(state, "load()", news, left)
            self.failed_recoveries = failed_recoveries
        self._tell(news)
        if isolated:
            self.isolate("load()")
