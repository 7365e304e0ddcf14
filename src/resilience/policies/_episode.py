"""What one retried call remembers from its first failure on, and whether it goes on.

Rules: an episode belongs to one call, so it needs no lock. It is the verdict that asks for the next attempt and that
attempt's permit. Tracebacks of superseded errors are dropped, so that no frame outlives its call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _options, _watch
from .._deadline import remaining
from .._gate import Again, Answer, Verdict
from .._history import SERIAL, Tried, give_up, remember
from .._options import INFINITY
from .._outcome import Outcome
from .._span import span
from ..events import BudgetRefused, RetryGaveUp, RetryScheduled, RetrySucceeded

if TYPE_CHECKING:
    from .retry import Retry

_SERVER_JITTER = 0.1
_MOST_NOTED = 64


class Stop:
    """The type of `Retry.STOP`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Retry.STOP"

    def __reduce__(self) -> str:
        return "STOP"


STOP = Stop()


class Episode(Again):
    """The failing part of one call."""

    __slots__ = ("_delays", "_value", "attempts", "number", "retry", "serial", "start", "took")

    def __init__(self, retry: Retry, start: float) -> None:
        super().__init__(0.0)
        self.retry = retry
        self.start = start
        self.serial = SERIAL.newest
        self.number = 1
        self.attempts: list[Tried] = []
        self._delays = retry.backoff.begin()
        self._value: Any = None
        self.took = 0.0

    def attempt(self) -> int:
        return self.number

    def superseded(self) -> Any:
        dispose = self.retry.on_superseded
        if dispose is None or not self.attempts or self.attempts[-1][1] is not None:
            return None
        return dispose(self._value)

    def resume(self) -> Any:
        last = self.attempts[-1][1] if self.attempts else None
        try:
            if remaining() <= 0 and self.attempts:
                self._give_up("deadline", last, self.number - 1)
                if last is not None:
                    raise last
                return Answer(self._value)
            if last is not None:
                last.with_traceback(None)
        finally:
            del last  # or this frame, the traceback and the error would be a cycle
        self._value = None
        self.serial = SERIAL.newest
        if _watch.tracers:
            _watch.attempted(self.retry.name, self.number)
        return self

    def after(self, error: Exception | None, value: Any, attempt: int) -> Verdict | None:
        """What follows a failed attempt: this episode again, or `None` when it is time to give up."""
        elapsed = self.retry._now() - self.start
        cause = value if error is None else error
        if self.retry.budget is not None:
            self.retry.budget.failed(cause)
        named = self._named(error, value, attempt, elapsed)
        reason, delay = self._refusal(cause, attempt, elapsed, named)
        self._note(attempt, error, elapsed, None if reason else delay)
        if reason:
            self._give_up(reason, error, attempt)
            return None
        self.seconds, self.number, self._value = delay, attempt + 1, value
        if self.retry.on_retry is not None or self.retry.heard():
            self._announce(error, attempt, elapsed, delay, named is not None)
        return self

    def _named(self, error: Exception | None, value: Any, attempt: int, elapsed: float) -> Any:
        """The delay that the callee named, if it did."""
        delay_from = self.retry.delay_from
        if delay_from is None:
            return None
        named = delay_from(Outcome(value=value, error=error, attempt=attempt, elapsed=elapsed))
        if named is None or named is STOP:
            return named
        return _options.seconds("delay_from", named, zero=True, infinite=True)

    def _refusal(self, cause: Any, attempt: int, elapsed: float, named: Any) -> tuple[str, float]:
        """Why there is no retry (empty if there is one), and the delay before it."""
        retry = self.retry
        if named is STOP:
            return "stop", 0.0
        if retry.attempts is not None and attempt >= retry.attempts:
            return "attempts", 0.0
        left = remaining()
        budgeted = INFINITY if retry.max_elapsed is None else retry.max_elapsed - elapsed
        delay = self._delay(cause, attempt, named, min(left, budgeted))
        if delay is None:
            return "server delay", 0.0
        if delay >= left:
            return "deadline", delay
        if delay > budgeted:
            return "max_elapsed", delay
        return self._withdrawal(cause), delay

    def _delay(self, cause: Any, attempt: int, named: float | None, room: float) -> float | None:
        """What is waited; `None` for a delay that the callee names and that is too long to obey."""
        retry = self.retry
        backoff, chance = retry.backoff, retry._random()
        delays = backoff.after(self._delays, cause)
        if named is None:
            return delays(attempt, chance)
        clamped = backoff.obey(named, delays, attempt, chance)
        delay = named if clamped is None else clamped
        if delay > retry.max_server_delay:
            return None
        self._delays = backoff.obeyed(self._delays, attempt)
        if clamped is None:
            delay += min(named * _SERVER_JITTER * chance, max(0.0, room - named) / 2)
        return delay

    def _withdrawal(self, cause: Any) -> str:
        """Ask the budget last: what it gives is used."""
        budget = self.retry.budget
        if budget is None:
            return ""
        took = budget.withdraw(cause)
        if took is None:
            self.retry.tell(BudgetRefused, balance=budget.balance())
            return "budget"
        self.took = took
        return ""

    def _note(self, attempt: int, error: BaseException | None, elapsed: float, delay: float | None) -> None:
        """Remember the attempt; of very many, the last."""
        if len(self.attempts) >= _MOST_NOTED:
            del self.attempts[: _MOST_NOTED // 2]
        self.attempts.append((attempt, error, elapsed, delay))

    def _announce(
        self, error: Exception | None, attempt: int, elapsed: float, delay: float, server_delay: bool
    ) -> None:
        retry = self.retry
        fields: dict[str, Any] = {
            "attempt": attempt,
            "delay": delay,
            "elapsed": elapsed,
            "error": error,
            "server_delay": server_delay,
        }
        retry.tell(RetryScheduled, **fields)
        if retry.on_retry is not None:
            retry.on_retry(RetryScheduled(policy=retry.name, at=retry._now(), **fields))

    def _give_up(self, reason: str, error: BaseException | None, attempt: int) -> None:
        elapsed = self.retry._now() - self.start
        if error is not None:
            give_up(error)
            self._remember(error, f"gave up after {_attempts(attempt)} in {span(elapsed)} ({reason})")
        self.attempts.clear()  # the frames of the call hold this episode: with its own error in it, a cycle
        self.retry.tell(RetryGaveUp, attempt=attempt, elapsed=elapsed, reason=reason, error=error)

    def _remember(self, error: BaseException, note: str) -> None:
        remember(error, self.attempts, f"{self.retry.name}: {note}")

    def ended(self, error: BaseException, attempt: int) -> None:
        """A later attempt raised what is not retried."""
        elapsed = self.retry._now() - self.start
        self._note(attempt, error, elapsed, None)
        self._remember(error, f"not retried at attempt {attempt} after {span(elapsed)}")
        self.attempts.clear()

    def healed(self, attempt: int) -> None:
        """A later attempt succeeded."""
        self.retry.tell(RetrySucceeded, attempt=attempt, elapsed=self.retry._now() - self.start)


def _attempts(number: int) -> str:
    return "1 attempt" if number == 1 else f"{number} attempts"
