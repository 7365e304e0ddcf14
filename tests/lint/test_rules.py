"""The linter: each rule on a chain that breaks it, and silence on one that does not."""

import pytest

from resilience import (
    FAILURES,
    Bulkhead,
    Cache,
    CircuitBreaker,
    FailureRate,
    Fallback,
    FixedWindow,
    Pipeline,
    RateLimiter,
    Retry,
    SlidingWindow,
    SlowCalls,
    Timeout,
)


def rules(*policies):
    """The names of the rules that a chain breaks."""
    return [finding.rule for finding in Pipeline(*policies).lint()]


def test_the_recommended_order_is_fine():
    """What the docs show first has nothing to say against it."""
    assert rules(
        Fallback(factory=list),
        Cache(ttl=30),
        Timeout(10),
        Retry(attempts=4),
        CircuitBreaker(),
        RateLimiter(10),
        Bulkhead(5),
        Timeout(2),
    ) == []  # fmt: skip


def by_id(user):
    return user


@pytest.mark.parametrize(
    ("broken", "mended", "rule"),
    [
        ([Retry(), Cache(ttl=1)], [Cache(ttl=1), Retry()], "cache-under-retry"),
        (
            [CircuitBreaker(), Retry(attempts=None, max_elapsed=5), Timeout(1)],
            [Retry(), CircuitBreaker(), Timeout(1)],
            "retry-inside-breaker",
        ),
        ([Retry(), Timeout(1, thread=True)], [Timeout(1, thread=True), Retry()], "thread-under-retry"),
        ([Fallback(1), Fallback(2)], [Fallback(1), Fallback(2, on=OSError)], "unreachable-fallback"),
        ([Fallback(1), Fallback(2)], [Fallback(1), Fallback(call=str)], "unreachable-fallback"),
        ([Retry(), Fallback(2, on=FAILURES)], [Fallback(2), Retry()], "fallback-under-retry"),
        ([Retry(), Fallback(2)], [Retry(), Fallback(2, on=OSError)], "fallback-under-retry"),
        ([Timeout(2), Timeout(2)], [Timeout(2), Timeout(1)], "timeout-that-never-fires"),
        ([Timeout(5), Retry(), Timeout(2)], [Timeout(6), Retry(), Timeout(2)], "attempts-do-not-fit"),
        (
            [Timeout(5), Retry(), Timeout(2)],
            [Timeout(5), Retry(attempts=None, max_elapsed=5), Timeout(2)],
            "attempts-do-not-fit",
        ),
        ([CircuitBreaker()], [CircuitBreaker(), Timeout(1)], "breaker-without-timeout"),
        ([Timeout(2), CircuitBreaker()], [Timeout(2), CircuitBreaker(), Timeout(1)], "breaker-without-timeout"),
        ([Retry(), Retry()], [Retry()], "nested-retries"),
        (
            [RateLimiter(1, per=10), CircuitBreaker(trip=FailureRate(0.5, min_calls=10)), Timeout(1)],
            [RateLimiter(1), CircuitBreaker(trip=FailureRate(0.5, min_calls=10)), Timeout(1)],
            "min-calls-beyond-reach",
        ),
        (
            [RateLimiter(1, per=10), CircuitBreaker(trip=FailureRate(0.5, min_calls=10)), Timeout(1)],
            [RateLimiter(1, per=10, key=by_id), CircuitBreaker(trip=FailureRate(0.5, min_calls=10)), Timeout(1)],
            "min-calls-beyond-reach",
        ),
        (
            [RateLimiter(1, per=10), CircuitBreaker(trip=FailureRate(0.5, min_calls=10)), Timeout(1)],
            [RateLimiter(1, per=10), CircuitBreaker(trip=FailureRate(0.5, calls=10)), Timeout(1)],
            "min-calls-beyond-reach",
        ),
        ([Cache(ttl=1, key=lambda user: user)], [Cache(ttl=1, key=by_id)], "lambda-as-cache-key"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_and_its_cure(broken, mended, rule):
    """The rule speaks of the one chain, and not of the other."""
    assert rule in rules(*broken)
    assert rule not in rules(*mended)


@pytest.mark.parametrize(
    ("limiter", "most"),
    [
        (RateLimiter(2, per=10), 8),
        (RateLimiter(2, per=10, burst=5), 11),
        (RateLimiter(2, per=10, cost=2), 4),
        (RateLimiter(2, per=10, cost=lambda: 2), 8),
        (SlidingWindow(2, per=10), 8),
        (SlidingWindow(2, per=11), 6),
        (SlidingWindow(2, per=60), 2),
        (FixedWindow(2, per=10), 10),
        (FixedWindow(2, per=60), 4),
        (RateLimiter(2, per=10, shadow=True), None),
        (SlidingWindow(2, per=10, key=by_id), None),
    ],
    ids=repr,
)
@pytest.mark.parametrize("slow", [False, True], ids=["failures", "slow"])
def test_every_limiter_is_reckoned_with(limiter, most, slow):
    """What it lets through in the window, to the call, for failures and for slow calls."""
    for needed in range(1, 20):
        trip = {"slow": SlowCalls(1, min_calls=needed)} if slow else {"trip": FailureRate(0.5, min_calls=needed)}
        found = Pipeline(limiter, CircuitBreaker(**trip), Timeout(1)).lint()
        assert [one.rule for one in found] == ["min-calls-beyond-reach"] * (most is not None and needed > most)
        what = "slow calls" if slow else "failures"
        assert all(f"lets {most} through: it can never open by {what}" in one.message for one in found)


def test_a_finding_names_who_and_what_to_do():
    """Labels, what happens, and the cure, as text too."""
    outer, inner = Timeout(5, name="total"), Timeout(2, name="attempt")
    (finding,) = Pipeline(outer, Retry(attempts=3), inner).lint()
    assert finding.policies == ("total", "attempt")
    assert str(finding) == (
        "attempts-do-not-fit: 3 attempts of up to 2 s each do not fit into the 5 s of total: when the callee hangs, 2 of "
        "them are made in full; allow 6 s and the waits in all, or shorten the attempts"
    )


@pytest.mark.parametrize(
    ("policies", "words"),
    [
        ([CircuitBreaker()], "no timeout inside it, and nobody ends a hang"),
        ([Timeout(2), CircuitBreaker()], "no timeout inside it, and what is outside ends a hang at 2 s"),
        ([Timeout(2), CircuitBreaker(), Timeout(3)], "has 3 s inside it, and what is outside ends a hang at 2 s"),
    ],
    ids=str,
)
def test_a_breaker_that_sees_no_hang(policies, words):
    """The finding tells which of the ways it is."""
    (message,) = [one.message for one in Pipeline(*policies).lint() if one.rule == "breaker-without-timeout"]
    assert words in message


def test_row_1_nested_retries_tell_what_they_come_to():
    """Calls multiplied, time added up; whether the inner one's giving up is heeded."""
    (finding,) = Pipeline(Retry(attempts=3, backoff=[1]), Retry(attempts=4, backoff=[2]), Timeout(2)).lint()
    assert "3 x 4 calls, 44 s at worst; what an inner one gave up on is not repeated" in finding.message
    (finding,) = Pipeline(Retry(attempts=None, max_elapsed=9, retry_exhausted=True), Retry(attempts=4)).lint()
    assert "any number of x 4 calls, unbounded time at worst" in finding.message
    assert "not repeated" not in finding.message
