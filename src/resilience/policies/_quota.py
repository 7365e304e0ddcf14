"""The retry quota of the AWS standard mode: a bucket of tokens that retries take and successes give back.

Rules: `_tokens` and the counts are guarded by `_lock`, which is never held while the user's `throttled` runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _options
from .._budget import Allowance
from .._record import Record
from ._aws import is_throttling


class RetryQuotaSnapshot(Record):
    """`balance` of `capacity` tokens are left; `granted` and `refused` retries since it was made."""

    capacity: int
    balance: float
    granted: int
    refused: int


class RetryQuota(Allowance):
    """A bucket of tokens: a retry takes some, a success gives back what its last retry took, a first-try success one.

    Defaults: those of the AWS standard mode of 2026. 500 tokens pay for 35 retries in a row; when everything fails there
    are no more, and as many successes as the retry took tokens pay for the next. Time gives nothing back. A retry after
    throttling is cheaper: the service says itself when to come again.

    Args:
        capacity: tokens, at the start and at the most.
        cost: what a retry takes.
        throttled_cost: what it takes after a failure that `throttled` names.
        throttled: `f(cause) -> bool` of the error or bad result. The default knows the codes of AWS, status 429, and
            our own `RateLimitedError`.

    One may serve the retries and hedges of many policies, threads and loops. Source: AWS SDKs and Tools Reference,
    "Retry behavior" (2026).

    >>> quota = RetryQuota(capacity=20)
    >>> quota.withdraw(ConnectionError()), quota.withdraw(ConnectionError()), quota.balance()
    (14.0, None, 6)
    >>> quota.succeeded(2, took=14.0); quota.balance()
    20
    """

    __slots__ = ("_tokens", "capacity", "cost", "throttled", "throttled_cost")

    def __init__(
        self,
        capacity: int = 500,
        cost: int = 14,
        throttled_cost: int = 5,
        *,
        throttled: Callable[[Any], Any] = is_throttling,
    ) -> None:
        super().__init__()
        self.capacity = _options.count("capacity", capacity)
        self.cost = _affordable("cost", cost, self.capacity)
        self.throttled_cost = _affordable("throttled_cost", throttled_cost, self.capacity)
        self.throttled = _options.logic("throttled", throttled, optional=False)
        self._tokens: float = self.capacity

    def began(self) -> None:
        """A call that begins earns nothing: its success does."""

    def failed(self, cause: Any) -> None:
        """A failure costs nothing: the retry does."""

    def withdraw(self, cause: Any) -> float | None:
        """Take the tokens of one retry, if there are enough."""
        cost = self.throttled_cost if self.throttled(cause) else self.cost
        with self._lock:
            if self._tokens < cost:
                self.refused += 1
                return None
            self._tokens -= cost
            self.granted += 1
        return float(cost)

    def succeeded(self, attempt: int, took: float) -> None:
        """Give back what the last retry took; a success without one gives one token."""
        with self._lock:
            self._tokens = min(self.capacity, self._tokens + (took if attempt > 1 else 1))

    def balance(self) -> float:
        """Tokens left."""
        return self._tokens

    def snapshot(self) -> RetryQuotaSnapshot:
        """Its state as a frozen record."""
        with self._lock:
            return RetryQuotaSnapshot(
                capacity=self.capacity, balance=self._tokens, granted=self.granted, refused=self.refused
            )

    def __repr__(self) -> str:
        return f"RetryQuota({self.capacity}, cost={self.cost}, throttled_cost={self.throttled_cost})"


def _affordable(option: str, value: Any, capacity: int) -> int:
    cost = _options.count(option, value)
    if cost > capacity:
        _options.refuse(option, value, f"at most capacity={capacity}, or no retry would ever be granted")
    return cost
