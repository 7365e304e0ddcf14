"""Rules about who stands around whom."""

from __future__ import annotations

from collections.abc import Iterator

from .._outcome import FAILURES, UNAVAILABLE
from ..policies.breaker import CircuitBreaker
from ..policies.cache import Cache
from ..policies.fallback import Fallback
from ..policies.retry import Retry
from ..policies.timeout import Timeout
from ._finding import LintFinding, Parts, finding, pairs


def cache_under_retry(parts: Parts) -> Iterator[LintFinding]:
    """A retry around a cache goes through the cache at each attempt."""
    for retry, cache in pairs(parts, Retry, Cache):
        yield finding(
            "cache-under-retry",
            retry,
            cache,
            message=f"{retry.name} is around {cache.name}: every caller of one key retries on its own what all share",
            fix="put the cache outside the retry",
        )


def retry_inside_breaker(parts: Parts) -> Iterator[LintFinding]:
    """A breaker around a retry hears one failure of many."""
    for breaker, retry in pairs(parts, CircuitBreaker, Retry):
        yield finding(
            "retry-inside-breaker",
            breaker,
            retry,
            message=(
                f"{breaker.name} is around {retry.name}: it counts {_attempts(retry)} failed attempts as one, and cannot "
                "stop those that are still to come"
            ),
            fix="put the breaker inside the retry",
        )


def _attempts(retry: Retry) -> str:
    return "all" if retry.attempts is None else str(retry.attempts)


def thread_under_retry(parts: Parts) -> Iterator[LintFinding]:
    """Each attempt may leave a thread behind."""
    for retry, timeout in pairs(parts, Retry, Timeout):
        if timeout.thread:
            yield finding(
                "thread-under-retry",
                retry,
                timeout,
                message=(
                    f"{timeout.name} with thread=True is inside {retry.name}: each attempt that hangs leaves a thread "
                    "behind that nobody can end, and the next attempt takes another"
                ),
                fix="put thread=True on a total timeout outside the retry, or use a client with a timeout of its own",
            )


def unreachable_fallback(parts: Parts) -> Iterator[LintFinding]:
    """A fallback that answers everything leaves nothing for one outside it."""
    for outer, inner in pairs(parts, Fallback, Fallback):
        if inner.judge.catches(UNAVAILABLE) and inner.always_answers:
            yield finding(
                "unreachable-fallback",
                outer,
                inner,
                message=f"{inner.name} answers whatever fails inside, so {outer.name} around it never has to",
                fix="give the inner one an on= that leaves something over, or remove one of them",
            )


def fallback_under_retry(parts: Parts) -> Iterator[LintFinding]:
    """A retry around a fallback never sees a failure."""
    for retry, fallback in pairs(parts, Retry, Fallback):
        if fallback.always_answers and (fallback.judge.catches(UNAVAILABLE) or fallback.judge.catches(FAILURES)):
            yield finding(
                "fallback-under-retry",
                retry,
                fallback,
                message=f"{fallback.name} is inside {retry.name} and answers first: the retry never sees a failure",
                fix="put the fallback outside the retry",
            )


RULES = (cache_under_retry, retry_inside_breaker, thread_under_retry, unreachable_fallback, fallback_under_retry)
