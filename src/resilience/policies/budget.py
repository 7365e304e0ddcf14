"""Retry budgets: an allowance, shared by many callers, that keeps retries from becoming the load.

Rules: all fields but the configuration are guarded by `_lock`, which is never held while anything else runs.

A maximum number of attempts says what one call may do; it does not say what ten thousand calls may do when all of them
fail. Three attempts at each of three layers are 27 calls. A budget bounds the sum: retries are a share of the calls
that were made at all, so that a dead server sees at most that share more than its normal load.
"""

from __future__ import annotations

from typing import Any

from .. import _options
from .._budget import Allowance
from .._clock import Clock
from .._record import Record
from .._window import TimeWindow
from .._world import SYSTEM_CLOCK

_ROUNDING = 1e-9


class RetryBudgetSnapshot(Record):
    """`balance`: retries it would grant now; `granted` and `refused` since it was made."""

    ratio: float
    balance: float
    granted: int
    refused: int


class RetryBudget(Allowance):
    """At most `ratio` retries for each call of the last `window` seconds, and `min_per_second` besides.

    Defaults: 20 % and 10 a second over 10 s, as in Finagle's `RetryBudget`. One may serve the retries (and hedges) of
    many policies, threads and loops.

    Args:
        ratio: retries for each call, 0..1.
        min_per_second: retries a second that are granted without any call, so that a quiet client may retry.
        window: seconds after which what was not used is lost.

    >>> budget = RetryBudget(0.5, min_per_second=0)
    >>> budget.began(); budget.began()
    >>> budget.withdraw(None), budget.withdraw(None)
    (1.0, None)
    """

    __slots__ = ("_clock_given", "_now", "_window", "min_per_second", "ratio")

    def __init__(
        self, ratio: float = 0.2, *, min_per_second: float = 10.0, window: float = 10.0, clock: Clock | None = None
    ) -> None:
        super().__init__()
        self.ratio = _options.share("ratio", ratio, zero=True)
        self.min_per_second = _options.amount("min_per_second", min_per_second)
        self._window = TimeWindow(_options.seconds("window", window))
        self._clock_given = clock is not None
        self._now = (SYSTEM_CLOCK if clock is None else clock).now

    def adopt(self, clock: Clock) -> None:
        """Take the clock of the pipeline, unless it was given one."""
        if not self._clock_given:
            self._now, self._clock_given = clock.now, True

    def began(self) -> None:
        """A call begins: it earns `ratio` of a retry."""
        now = self._now()
        with self._lock:
            self._window.add(now, failed=False)

    def failed(self, cause: Any) -> None:
        """A failure costs nothing here: the retry does."""

    def withdraw(self, cause: Any) -> float | None:
        """Take one retry, if there is one."""
        now = self._now()
        with self._lock:
            if self._balance_locked(now) < 1 - _ROUNDING:
                self.refused += 1
                return None
            # A retry is entered as a failure of weight one, and as no call.
            self._window.add(now, failed=True)
            self.granted += 1
            return 1.0

    def succeeded(self, attempt: int, took: float) -> None:
        """A success earns nothing here: the call has, when it began."""

    def balance(self) -> float:
        """How many retries it would grant now."""
        now = self._now()
        with self._lock:
            return max(0.0, self._balance_locked(now))

    def _balance_locked(self, now: float) -> float:
        entries, retries = self._window.counted(now)
        earned = (entries - retries) * self.ratio + self.min_per_second * self._window.seconds
        return earned - retries

    def snapshot(self) -> RetryBudgetSnapshot:
        """Its state as a frozen record."""
        balance = self.balance()
        return RetryBudgetSnapshot(ratio=self.ratio, balance=balance, granted=self.granted, refused=self.refused)

    def __repr__(self) -> str:
        return f"RetryBudget({self.ratio:g}, min_per_second={self.min_per_second:g}, window={self._window.seconds:g})"
