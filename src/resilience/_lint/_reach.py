"""Rules about numbers that can never be reached, and keys that never come again."""

from __future__ import annotations

from collections.abc import Iterator

from .._options import INFINITY
from ..policies._limits import Limits
from ..policies._trip import FailureRate, SlowCalls
from ..policies.breaker import CircuitBreaker
from ..policies.cache import Cache
from ..policies.limiter import RateLimiter
from ..policies.sliding_window import SlidingWindow
from ._finding import LintFinding, Parts, finding, pairs


def min_calls_beyond_reach(parts: Parts) -> Iterator[LintFinding]:
    """A limiter outside lets fewer calls through in the breaker's window than the breaker needs."""
    for limiter, breaker in pairs(parts, Limits, CircuitBreaker):
        for trip in (breaker.trip, breaker.slow):
            if not isinstance(trip, FailureRate) or trip.window is None:
                continue
            most = _most_calls(limiter, trip.window)
            if trip.min_calls <= most:
                continue
            what = "by slow calls" if isinstance(trip, SlowCalls) else "by failures"
            yield finding(
                "min-calls-beyond-reach",
                limiter,
                breaker,
                message=(
                    f"{breaker.name} needs {trip.min_calls} calls within {trip.window:g} s, and {limiter.name} lets "
                    f"{most:.3g} through: it can never open {what}"
                ),
                fix="lower min_calls, widen the window, or use Consecutive",
            )


def _most_calls(limiter: Limits, seconds: float) -> float:
    """Calls that a limiter lets through in such a time at the most; what has a limit for each key bounds nothing here."""
    if limiter.shadow or limiter._key is not None:
        return INFINITY
    if isinstance(limiter, RateLimiter):
        units = limiter.burst + limiter.limit * seconds / limiter.per
    else:
        # A fixed window's edge may lie in any time, however short.
        units = limiter.limit * (seconds // limiter.per + (1 if isinstance(limiter, SlidingWindow) else 2))
    return units if callable(limiter._cost) else units / limiter._cost


def lambda_as_cache_key(parts: Parts) -> Iterator[LintFinding]:
    """A key that nobody named is a key that nobody tested."""
    for cache in parts:
        if isinstance(cache, Cache) and cache._key is not None and getattr(cache._key, "__name__", "") == "<lambda>":
            yield finding(
                "lambda-as-cache-key",
                cache,
                message=(
                    f"{cache.name} has a lambda for its key: callers whose arguments differ in what it leaves out share "
                    "an entry, types and all"
                ),
                fix="leave key= out, so that all arguments and their types count, or name the function and test it",
            )


RULES = (min_calls_beyond_reach, lambda_as_cache_key)
