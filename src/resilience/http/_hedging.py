"""The hedge of one origin, made after the pattern that the options give.

Rules: what it has learned, and its counts, are the origin's own; the pool of threads is the pattern's, for all origins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resilience._outcome import FAILURES, Failure
from resilience.http._judgement import delay_named, is_repeatable
from resilience.policies.hedge import Hedge

if TYPE_CHECKING:
    from resilience._budget import Budget
    from resilience._clock import Clock

_LONGEST = 1e9


class Withdrawals:
    """A budget that a retry outside keeps the books of: a hedge inside it only takes from it."""

    __slots__ = ("_budget",)

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def began(self) -> None:
        """The retry has said so."""

    def failed(self, cause: Any) -> None:
        """The retry will say so."""

    def withdraw(self, cause: Any) -> float | None:
        """What one more request takes."""
        return self._budget.withdraw(cause)

    def succeeded(self, attempt: int, took: float) -> None:
        """The retry will say so."""

    def balance(self) -> float:
        """How much it would grant now."""
        return self._budget.balance()

    def adopt(self, clock: Clock) -> None:
        """It has its clock."""


def hedge_of(pattern: Hedge, statuses: frozenset[int], budget: Budget | None, *, name: str, clock: Clock) -> Hedge:
    """A hedge like the pattern, for one origin.

    An attempt fails by what is retried, and asks for a pause by `Retry-After`.
    """

    def is_bad(response: Any) -> bool | Failure:
        if response.status_code not in statuses:
            return False
        named = delay_named(response)
        return Failure(open_for=min(named, _LONGEST)) if named else True

    shared = None if budget is None else Withdrawals(budget)
    made = Hedge(
        pattern.after,
        attempts=pattern.attempts,
        on=is_repeatable if pattern.on is FAILURES else pattern.on,
        on_result=pattern.judge.on_result or is_bad,
        budget=pattern.budget or shared,
        name=name,
        clock=clock,
    )
    made._share_threads(pattern)
    return made
