"""When a circuit breaker trips, apart from what tripping does.

Rules: a `Trip` is immutable configuration; a `Tally` counts for one circuit and is called under that circuit's lock.
Comparisons are `>=`. A rate needs volume as well: one error of one call trips nothing.
"""

from __future__ import annotations

from typing import Any

from .. import _options
from .._record import Part
from .._window import CountWindow, TimeWindow


class Tally:
    """Counts outcomes; each verb answers: does this trip?"""

    __slots__ = ()
    calm = False
    """A success would change nothing here, so it need not be reported."""

    def count(self, now: float, *, failed: bool) -> bool:
        raise NotImplementedError

    def clear(self) -> None:
        raise NotImplementedError

    def counted(self, now: float) -> tuple[int, int]:
        """Calls and failures that count now."""
        raise NotImplementedError

    def describe(self, now: float) -> str:
        """The state of the count, and what would trip, in words."""
        raise NotImplementedError


class Trip(Part):
    """The base of what `trip=` takes."""

    __slots__ = ()

    def begin(self) -> Tally:
        raise NotImplementedError

    def reopens(self, failures: int, probes: int) -> bool:
        """Do so many failures of so many half-open probes mean that it is not over?"""
        raise NotImplementedError


class Consecutive(Trip):
    """Trip after so many failures in a row (default of the breaker: 5). The cheapest, and blind to rates.

    >>> Consecutive(5)
    Consecutive(5)
    """

    __slots__ = ("failures",)

    def __init__(self, failures: int) -> None:
        self.failures = _options.count("failures", failures)

    def begin(self) -> Tally:
        return ConsecutiveTally(self.failures)

    def reopens(self, failures: int, probes: int) -> bool:
        return failures >= 1

    def __repr__(self) -> str:
        return f"Consecutive({self.failures})"


class ConsecutiveTally(Tally):
    """Counts failures in a row; `limit` may be replaced while it counts."""

    __slots__ = ("calm", "failures", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.clear()

    def clear(self) -> None:
        self.failures = 0
        self.calm = True

    def count(self, now: float, *, failed: bool) -> bool:
        self.failures = self.failures + 1 if failed else 0
        self.calm = not failed
        return self.failures >= self.limit

    def counted(self, now: float) -> tuple[int, int]:
        return self.failures, self.failures

    def describe(self, now: float) -> str:
        return f"{self.failures} failures in a row; opens at {self.limit}"


class FailureRate(Trip):
    """Trip when this share of the calls failed, in the last `window` seconds or the last `calls` calls.

    Args:
        rate: share of failures, above 0 to 1.
        window: seconds (default 30), to within a tenth.
        calls: a count of calls, instead of a window.
        min_calls: fewer calls than this trip nothing (default 10; with `calls`, at most that many).

    >>> FailureRate(0.5, calls=20, min_calls=5)
    FailureRate(0.5, calls=20, min_calls=5)
    """

    __slots__ = ("calls", "min_calls", "rate", "window")
    _what = "failed"

    def __init__(
        self, rate: float, *, window: Any = None, calls: int | None = None, min_calls: int | None = None
    ) -> None:
        self.rate = _options.share("rate", rate)
        if window is not None and calls is not None:
            _options.refuse("calls", calls, "left out when window= is given: a window is of time or of calls")
        self.calls = None if calls is None else _options.count("calls", calls)
        self.window = None if calls is not None else _options.seconds("window", 30.0 if window is None else window)
        most = 10 if self.calls is None else min(10, self.calls)
        self.min_calls = _options.count("min_calls", most if min_calls is None else min_calls)
        if self.calls is not None and self.min_calls > self.calls:
            _options.refuse("min_calls", min_calls, f"at most calls={self.calls}, else it could never trip")

    def begin(self) -> Tally:
        return _RateTally(self)

    def reopens(self, failures: int, probes: int) -> bool:
        return failures >= 1 and failures / probes >= self.rate

    def __repr__(self) -> str:
        span = f"calls={self.calls}" if self.calls is not None else f"window={self.window:g}"
        return f"{type(self).__name__}({self.rate:g}, {span}, min_calls={self.min_calls})"


class SlowCalls(FailureRate):
    """Trip when this share of the calls took longer than `longer_than` seconds, whatever they returned.

    >>> SlowCalls(2, rate=0.8)
    SlowCalls(2, rate=0.8, window=30, min_calls=10)
    """

    __slots__ = ("longer_than",)
    _what = "were slow"

    def __init__(self, longer_than: Any, *, rate: float = 0.5, window: Any = 30.0, min_calls: int = 10) -> None:
        super().__init__(rate, window=window, min_calls=min_calls)
        self.longer_than = _options.seconds("longer_than", longer_than)

    def __repr__(self) -> str:
        return (
            f"SlowCalls({self.longer_than:g}, rate={self.rate:g}, window={self.window:g}, min_calls={self.min_calls})"
        )


class _RateTally(Tally):
    __slots__ = ("_trip", "_window")

    def __init__(self, trip: FailureRate) -> None:
        self._trip = trip
        self._window = TimeWindow(trip.window) if trip.window is not None else CountWindow(trip.calls or 1)

    def clear(self) -> None:
        self._window.clear()

    def count(self, now: float, *, failed: bool) -> bool:
        self._window.add(now, failed=failed)
        calls, failures = self._window.counted(now)
        return calls >= self._trip.min_calls and failures / calls >= self._trip.rate

    def counted(self, now: float) -> tuple[int, int]:
        return self._window.counted(now)

    def describe(self, now: float) -> str:
        calls, failures = self._window.counted(now)
        trip = self._trip
        volume = f"{calls} of the {trip.min_calls} calls it needs" if calls < trip.min_calls else f"{calls} calls"
        return f"{volume}, {failures} {trip._what}; opens at {100 * trip.rate:.3g} %"
