"""The retry throttle of gRPC: failures take tokens, successes give a part of one, half a bucket ends the retries.

Rules: `_thousandths` and the counts are guarded by `_lock`. Tokens are counted in whole thousandths, as gRPC's own
implementations do: floats that were added up may stand a hair above half where the bucket is half empty.
"""

from __future__ import annotations

from typing import Any

from .. import _options
from .._budget import Allowance
from .._record import Record


class RetryThrottleSnapshot(Record):
    """`tokens` of `max_tokens` are left; retries are granted above half. `granted` and `refused` since it was made."""

    max_tokens: float
    tokens: float
    granted: int
    refused: int


class RetryThrottle(Allowance):
    """A bucket of tokens: each failed attempt takes one, each success gives `token_ratio`; retries need over half of it.

    Defaults: 10 tokens and 0.1, the example of gRFC A6: once failures outnumber what successes give back (one failure
    for ten successes in the long run), nothing is retried.

    Args:
        max_tokens: above 0, at most 1000, as in the gRFC.
        token_ratio: above 0; what is beyond three decimals is ignored (0.5466 is 0.546), as in the gRFC.

    One may serve the retries and hedges of many policies, threads and loops; gRPC keeps one for each server. Source:
    gRFC A6, "Throttling Retry Attempts and Hedged RPCs".

    >>> throttle = RetryThrottle(max_tokens=4)
    >>> throttle.failed(ConnectionError()); throttle.withdraw(ConnectionError())
    0.0
    >>> throttle.failed(ConnectionError()); throttle.withdraw(ConnectionError()) is None
    True
    """

    __slots__ = ("_gain", "_most", "_thousandths", "max_tokens", "token_ratio")

    def __init__(self, max_tokens: float = 10, token_ratio: float = 0.1) -> None:
        super().__init__()
        self.max_tokens = _options.amount("max_tokens", max_tokens, above=True)
        if self.max_tokens > _MOST:
            _options.refuse("max_tokens", max_tokens, f"at most {_MOST}, as in gRFC A6")
        # More than the largest bucket holds is no more than that.
        self._gain = _thousandths(min(_options.amount("token_ratio", token_ratio, above=True), _MOST))
        if not self._gain:
            _options.refuse("token_ratio", token_ratio, "at least 0.001, as in gRFC A6, or no success would count")
        self.token_ratio = self._gain / _TOKEN
        self._thousandths = self._most = max(1, _thousandths(self.max_tokens))

    def began(self) -> None:
        """A call that begins earns nothing: its success does."""

    def failed(self, cause: Any) -> None:
        """One token goes, whether a retry follows or not."""
        with self._lock:
            self._thousandths = max(0, self._thousandths - _TOKEN)

    def withdraw(self, cause: Any) -> float | None:
        """A retry takes nothing itself; it needs more than half of the bucket."""
        with self._lock:
            if self._thousandths * 2 <= self._most:
                self.refused += 1
                return None
            self.granted += 1
        return 0.0

    def succeeded(self, attempt: int, took: float) -> None:
        """A success, at whichever attempt, gives `token_ratio`."""
        with self._lock:
            self._thousandths = min(self._most, self._thousandths + self._gain)

    def balance(self) -> float:
        """Tokens above the half that ends the retries."""
        return max(0.0, (self._thousandths - self._most / 2) / _TOKEN)

    def snapshot(self) -> RetryThrottleSnapshot:
        """Its state as a frozen record."""
        with self._lock:
            return RetryThrottleSnapshot(
                max_tokens=self.max_tokens,
                tokens=self._thousandths / _TOKEN,
                granted=self.granted,
                refused=self.refused,
            )

    def __repr__(self) -> str:
        return f"RetryThrottle({self.max_tokens:g}, token_ratio={self.token_ratio:g})"


def _thousandths(tokens: float) -> int:
    """Cut, not rounded; but 0.29 is 290, though its float is a hair less."""
    return int(round(tokens * _TOKEN, 6))


_TOKEN = 1000
_MOST = 1000
