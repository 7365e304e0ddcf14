"""What a retry asks before it repeats a call; budgets are shared between policies, so they only answer questions.

Rules: `granted`, `refused` and what a kind of budget counts are guarded by its `_lock`, which is never held while
anything else runs. `_BUDGETS` holds them weakly, for what a forked child must do to them.
"""

from __future__ import annotations

from _thread import allocate_lock
from typing import Any, NoReturn, Protocol, runtime_checkable
from weakref import WeakSet

from . import _options
from ._clock import Clock
from ._names import reset_in_child


@runtime_checkable
class Budget(Protocol):
    """A shared allowance for repeated calls."""

    def began(self) -> None:
        """A call begins (its first attempt)."""
        ...

    def failed(self, cause: Any) -> None:
        """An attempt, the last as well, failed in a way that its policy retries: by this error, or with this result."""
        ...

    def withdraw(self, cause: Any) -> float | None:
        """What one more call takes, or `None`: there is none. `cause` as for `failed`; `None` for a hedge."""
        ...

    def succeeded(self, attempt: int, took: float) -> None:
        """A call succeeded at this attempt, for which `withdraw` gave `took` (0 at the first)."""
        ...

    def balance(self) -> float:
        """How much it would grant now."""
        ...

    def adopt(self, clock: Clock) -> None:
        """Take the clock of the pipeline, unless it was given one."""
        ...


class Allowance:
    """What all budgets of ours share: a lock, counts of what they granted and refused, and no copies."""

    __slots__ = ("__weakref__", "_lock", "granted", "refused")

    def __init__(self) -> None:
        self.granted = 0
        self.refused = 0
        self._lock = allocate_lock()
        _BUDGETS.add(self)

    def adopt(self, clock: Clock) -> None:
        """Time means nothing to it, unless its kind says otherwise."""

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} cannot be pickled or copied, for its state is live and shared; make one in each "
            "process (docs/policies/budget.md)"
        )

    def reset_after_fork(self) -> None:
        """A lock that another thread held in the parent is nobody's in the child."""
        self._lock = allocate_lock()


_BUDGETS: WeakSet[Allowance] = WeakSet()


@reset_in_child
def _reset_after_fork() -> None:
    for budget in list(_BUDGETS):
        budget.reset_after_fork()


def checked_budget(value: object) -> Budget | None:
    """A `budget=` as given, if it has a budget's verbs."""
    if value is not None and not isinstance(value, Budget):
        _options.refuse(
            "budget",
            value,
            "a RetryBudget, RetryQuota or RetryThrottle (or another with their verbs), e.g. RetryBudget()",
            kind=TypeError,
        )
    return value
