"""The worst that a guarded call can come to: calls and time."""

import pytest

from resilience import (
    AdaptiveLimit,
    Bulkhead,
    CircuitBreaker,
    Fixed,
    Pipeline,
    RateLimiter,
    Retry,
    SlidingWindow,
    Timeout,
)
from resilience._span import span
from resilience._worst import WorstCase


@pytest.mark.parametrize(
    ("policies", "worst"),
    [
        ([CircuitBreaker()], "1 call of the function, unbounded time"),
        ([Timeout(2)], "1 call of the function, 2 s"),
        ([Retry(attempts=3, backoff=Fixed(1)), Timeout(2)], "3 calls of the function, 8 s"),
        ([Retry(attempts=1, delay_from=lambda outcome: None), Timeout(2)], "1 call of the function, 2 s"),
        ([Retry(attempts=2, delay_from=lambda outcome: None), Timeout(2)], "2 calls of the function, 70 s"),
        ([Retry.aws(), Timeout(2)], "3 calls of the function, 19 s"),
        ([Retry.grpc(2), Timeout(2)], "2 calls of the function, unbounded time"),
        ([Timeout(5), Retry(attempts=3, backoff=Fixed(1)), Timeout(2)], "3 calls of the function, 5 s"),
        ([Retry(attempts=None, max_elapsed=9), Timeout(2)], "any number of calls of the function, 11 s"),
        ([Retry(attempts=1001, backoff=Fixed(1)), Timeout(2)], "1001 calls of the function, 50 min"),
        ([Bulkhead(1), Timeout(2)], "1 call of the function, 2 s"),
        ([Bulkhead(1, max_queue=3, wait=4), Timeout(2)], "1 call of the function, 6 s"),
        ([Bulkhead(1, max_queue=3), Timeout(2)], "1 call of the function, unbounded time"),
        ([Bulkhead(1, max_queue=3, shadow=True), Timeout(2)], "1 call of the function, 2 s"),
        ([AdaptiveLimit(wait=4), Timeout(2)], "1 call of the function, 2 s"),
        ([AdaptiveLimit(max_queue=3, wait=4), Timeout(2)], "1 call of the function, 6 s"),
        ([AdaptiveLimit(max_queue=3, wait=None), Timeout(2)], "1 call of the function, unbounded time"),
        ([RateLimiter(5, wait=4), Timeout(2)], "1 call of the function, 6 s"),
        ([RateLimiter(5, wait=None), Timeout(2)], "1 call of the function, unbounded time"),
        ([SlidingWindow(5, wait=4, shadow=True), Timeout(2)], "1 call of the function, 2 s"),
    ],
    ids=str,
)
def test_the_last_line_of_a_description(policies, worst):
    """Each policy makes of what is inside what it can come to."""
    assert Pipeline(*policies).describe().splitlines()[-1] == f"worst case: {worst}"


def test_a_million_attempts_are_added_up_at_once():
    """The sum is not walked."""
    worst = Retry(attempts=10**9, backoff=Fixed(1)).worst_case(WorstCase(seconds=0.0))
    assert (worst.calls, worst.seconds) == (1e9, 1e9 - 1)


def test_durations_as_people_say_them():
    """Seconds, minutes, hours, days, and never a power of ten."""
    assert [span(seconds) for seconds in (0.25, 599, 600, 35_999, 36_000, 863_999, 864_000, float("inf"))] == [
        "0.25 s",
        "599 s",
        "10 min",
        "600 min",
        "10 h",
        "240 h",
        "10 d",
        "unbounded time",
    ]
