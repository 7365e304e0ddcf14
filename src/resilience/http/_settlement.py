"""Leave of an origin's breaker for one attempt, held until it is known how the attempt ended.

Rules: settled once, by whoever comes first; what comes later changes nothing. It may be settled in another thread or
task than the one that got it: an answer's body is read where its reader is.
"""

from __future__ import annotations

from typing import Any

from resilience import _drive
from resilience._outcome import Failure, open_for
from resilience.policies.breaker import CircuitBreaker


class Settlement:
    """Made when an attempt begins; raises `CircuitOpenError` when it may not. Without a breaker it does nothing."""

    __slots__ = ("_circuit", "_permit", "is_open")

    def __init__(self, breaker: CircuitBreaker | None) -> None:
        self._circuit = None if breaker is None or _drive.passing else breaker.circuit
        self._permit: Any = None if self._circuit is None else self._circuit.admit((), {})
        self.is_open = True

    def _close(self) -> bool:
        first, self.is_open = self.is_open, False
        return first and self._circuit is not None

    def failed(self, error: BaseException) -> None:
        """The attempt raised this; the breaker's own `on` and `ignore` decide whether that counts."""
        if self._close() and self._circuit is not None:
            self._circuit.failed(self._permit, error, 1)

    def failed_by_answer(self, verdict: bool | Failure) -> None:
        """The answer itself was a failure."""
        if self._close() and self._circuit is not None:
            self._circuit.settle(self._permit, True, open_for(verdict), None)

    def succeeded(self) -> None:
        """The answer was fine, as far as it is judged."""
        if self._close() and self._circuit is not None:
            self._circuit.succeeded(self._permit, None)

    def release(self) -> None:
        """Neither: it was cancelled, or it says nothing of the origin."""
        if self._close() and self._circuit is not None:
            self._circuit.release(self._permit)
