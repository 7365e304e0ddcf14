"""What a retry asks before it repeats a call; budgets are shared between policies, so they only answer questions."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from . import _options
from ._clock import Clock


@runtime_checkable
class Budget(Protocol):
    """A shared allowance for repeated calls."""

    def began(self) -> None:
        """A call begins (its first attempt)."""
        ...

    def withdraw(self, error: BaseException | None) -> bool:
        """May one more call be made because of this error (`None`: a bad result, or a hedge)?"""
        ...

    def succeeded(self, attempt: int) -> None:
        """A call succeeded at this attempt."""
        ...

    def balance(self) -> float:
        """How many retries it would grant now."""
        ...

    def adopt(self, clock: Clock) -> None:
        """Take the clock of the pipeline, unless it was given one."""
        ...


def checked_budget(value: object) -> Budget | None:
    if value is not None and not isinstance(value, Budget):
        _options.refuse(
            "budget", value, "a RetryBudget (or another with its verbs), e.g. RetryBudget()", kind=TypeError
        )
    return value
