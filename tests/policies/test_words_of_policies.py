"""What policies show of themselves, whole: `repr` and `describe()`."""

import pytest

import resilience
from resilience import (
    AIMD,
    AdaptiveLimit,
    Bulkhead,
    Cache,
    Chaos,
    CircuitBreaker,
    Consecutive,
    Decorrelated,
    Exponential,
    FailureRate,
    Fallback,
    Fixed,
    FixedWindow,
    Gradient2,
    Hedge,
    Linear,
    Pipeline,
    Quantile,
    RateLimiter,
    ResilienceWarning,
    Retry,
    RetryBudget,
    RetryQuota,
    RetryThrottle,
    SlidingWindow,
    SlowCalls,
    Throttle,
    Timeout,
    Vegas,
)

REPRS = {
    "Exponential(0.2, multiplier=3, maximum=5, jitter='equal')": lambda: Exponential(
        0.2, multiplier=3, maximum=5, jitter="equal"
    ),
    "Fixed(2, jitter=0.5)": lambda: Fixed(2, jitter=0.5),
    "Linear(0.2, step=0.3, maximum=4, jitter='none')": lambda: Linear(0.2, step=0.3, maximum=4, jitter="none"),
    "Decorrelated(0.2, maximum=4)": lambda: Decorrelated(0.2, maximum=4),
    "RetryBudget(0.1, min_per_second=2, window=3)": lambda: RetryBudget(0.1, min_per_second=2, window=3),
    "RetryQuota(50, cost=4, throttled_cost=3)": lambda: RetryQuota(50, cost=4, throttled_cost=3),
    "RetryThrottle(8, token_ratio=0.2)": lambda: RetryThrottle(8, token_ratio=0.2),
    "Consecutive(3)": lambda: Consecutive(3),
    "FailureRate(0.5, window=9, min_calls=3)": lambda: FailureRate(0.5, window=9, min_calls=3),
    "FailureRate(0.5, calls=9, min_calls=9)": lambda: FailureRate(0.5, calls=9),
    "FailureRate(0.5, calls=20, min_calls=10)": lambda: FailureRate(0.5, calls=20),
    "SlowCalls(2, rate=0.8, window=9, min_calls=3)": lambda: SlowCalls(2, rate=0.8, window=9, min_calls=3),
    "Quantile(0.9, min_calls=3, floor=0.1, ceiling=2)": lambda: Quantile(0.9, min_calls=3, floor=0.1, ceiling=2),
    "AIMD(backoff=0.8, longer_than=3)": lambda: AIMD(backoff=0.8, longer_than=3),
    "Gradient2(tolerance=2, queue_size=3, probe=9)": lambda: Gradient2(tolerance=2, queue_size=3, probe=9),
    "Vegas(probe=9)": lambda: Vegas(probe=9),
    "<Retry 'shown-retry' attempts=4 backoff=[1, 2]>": lambda: Retry(4, backoff=[1, 2], name="shown-retry"),
    "<Retry 'shown-elapsed' max_elapsed=9 backoff=Fixed(1, jitter='none')>": lambda: Retry(
        None, max_elapsed=9, backoff=Fixed(1), name="shown-elapsed"
    ),
    "<Retry 'shown-function' attempts=3 backoff=<class 'float'>>": lambda: Retry(
        backoff=resilience._backoff._Computed(float), name="shown-function"
    ),
    "<Retry 'shown-aws' attempts=3 backoff=AWS standard (0.05 s, 1 s after throttling, doubling to 20 s, full jitter)>": (
        lambda: Retry.aws(name="shown-aws")
    ),
    "<CircuitBreaker 'shown-breaker' disabled trip=Consecutive(5)>": lambda: CircuitBreaker(
        "shown-breaker", initial_state="disabled"
    ),
    "<Cache 'shown-cache' 0/9 entries, ttl=2.5 s>": lambda: Cache("shown-cache", ttl=2.5, max_size=9),
    "<RateLimiter 'shown-limiter' 9 each 2.5 s, burst 4>": lambda: RateLimiter(
        9, per=2.5, burst=4, name="shown-limiter"
    ),
    "<SlidingWindow 'shown-sliding' 9 each 2.5 s>": lambda: SlidingWindow(9, per=2.5, name="shown-sliding"),
    "<FixedWindow 'shown-fixed' 9 each 2.5 s>": lambda: FixedWindow(9, per=2.5, name="shown-fixed"),
    "<Bulkhead 'shown-bulkhead' 9 at once, queue 4>": lambda: Bulkhead(9, max_queue=4, name="shown-bulkhead"),
    "<AdaptiveLimit 'shown-adaptive' 9 at once, AIMD(backoff=0.9)>": lambda: AdaptiveLimit(
        AIMD(), initial=9, name="shown-adaptive"
    ),
    "<Throttle 'shown-throttle' multiplier 1.5, window 9 s>": lambda: Throttle(
        multiplier=1.5, window=9, name="shown-throttle"
    ),
    "<Timeout 'shown-timeout' 2.5 s>": lambda: Timeout(2.5, name="shown-timeout"),
    "<Timeout 'shown-thread' 2.5 s in a thread>": lambda: Timeout(2.5, thread=True, name="shown-thread"),
    "<Fallback 'shown-value' 'old'>": lambda: Fallback("old", name="shown-value"),
    "<Fallback 'shown-call' call=str>": lambda: Fallback(call=str, name="shown-call"),
    "<Hedge 'shown-hedge' after 0.5 s, attempts=3>": lambda: Hedge(0.5, attempts=3, name="shown-hedge"),
    "<Hedge 'shown-quantile' after Quantile(0.95, min_calls=20), attempts=2>": lambda: Hedge(
        Quantile(), name="shown-quantile"
    ),
    "<Chaos 'shown-off' off: error=<class 'OSError'>, latency=2.0 at 0.25>": lambda: Chaos(
        error=OSError, latency=2, rate=0.25, name="shown-off"
    ),
    "<Pipeline 'shown-pipeline' shown-outer > shown-inner>": lambda: Pipeline(
        Timeout(9, name="shown-outer"), Retry(name="shown-inner"), name="shown-pipeline"
    ),
}


@pytest.mark.parametrize("text", REPRS)
def test_each_shows_itself(text):
    """Its numbers in the order of its options; a description is that without brackets."""
    made = REPRS[text]()
    assert repr(made) == text
    if isinstance(made, resilience._policy.Policy) and not isinstance(made, Pipeline):
        assert made.describe() == text.strip("<>")


def test_chaos_shows_when_it_is_on():
    """Always, or when it is asked."""
    with pytest.warns(ResilienceWarning):
        chaos = Chaos(result=3, rate=0.12345, enabled=True, name="shown-chaos")
        asked = Chaos(result=3, rate=1, enabled=lambda: True, name="shown-asked")
    assert repr(chaos) == "<Chaos 'shown-chaos' CHAOS ON: result=3 at 0.1235>"
    assert repr(asked) == "<Chaos 'shown-asked' CHAOS ON when asked: result=3 at 1>"
    assert chaos.call(int) in (0, 3)
    assert asked.call(int) == 3
    shown = {"name": "shown-asked", "enabled": True, "rate": 1, "calls": 1, "injected": 1}
    assert asked.snapshot().as_dict() == shown


def test_a_pipeline_describes_its_chain_and_the_worst_of_it():
    """A policy a line, outermost first."""
    policy = Pipeline(
        Retry(attempts=2, backoff=Fixed(1), name="told-retry"), Timeout(3, name="told-timeout"), name="told-pipeline"
    )
    assert policy.describe() == (
        "Retry 'told-retry' attempts=2 backoff=Fixed(1, jitter='none')\n"
        "Timeout 'told-timeout' 3 s\n"
        "worst case: 2 calls of the function, 7 s"
    )
    assert policy.snapshot().as_dict() == {
        "name": "told-pipeline",
        "policies": (policy.policies[0].snapshot(), policy.policies[1].snapshot()),
    }
