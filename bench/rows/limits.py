"""Rate limiter and bulkhead with room to spare, and the four policies together."""

from ..row import BARE, OURS, Row, echo, identity

PLENTY = 1_000_000_000


def limiter(body):
    import resilience

    return resilience.RateLimiter(PLENTY)(body)


def sliding(body):
    import resilience

    return resilience.SlidingWindow(1000, per=1e-4)(body)


def fixed(body):
    import resilience

    return resilience.FixedWindow(PLENTY)(body)


def bulkhead(body):
    import resilience

    return resilience.Bulkhead(100)(body)


def adaptive(body):
    import resilience

    return resilience.AdaptiveLimit()(body)


def throttle(body):
    import resilience

    return resilience.Throttle()(body)


def stack(body):
    import resilience

    policies = (
        resilience.Retry(attempts=3),
        resilience.CircuitBreaker(),
        resilience.RateLimiter(PLENTY),
        resilience.Bulkhead(100),
    )
    return resilience.Pipeline(*policies)(body)


def their_limiter(body):
    from pyresilience import RateLimiterConfig, resilient

    return resilient(rate_limiter=RateLimiterConfig(max_calls=PLENTY, period=1.0))(body)


def their_bulkhead(body):
    from pyresilience import BulkheadConfig, resilient

    return resilient(bulkhead=BulkheadConfig(max_concurrent=100))(body)


def their_stack(body):
    from pyresilience import BulkheadConfig, CircuitBreakerConfig, RateLimiterConfig, RetryConfig, resilient

    return resilient(
        retry=RetryConfig(max_attempts=3),
        circuit_breaker=CircuitBreakerConfig(),
        rate_limiter=RateLimiterConfig(max_calls=PLENTY, period=1.0),
        bulkhead=BulkheadConfig(max_concurrent=100),
    )(body)


def aiolimiter(body):
    from aiolimiter import AsyncLimiter

    limiter = AsyncLimiter(PLENTY, 1.0)

    async def limited(number):
        async with limiter:
            return await body(number)

    return limited


def pair(title, ours, theirs, sync_limit, async_limits, **more):
    """The row for plain functions and the one for coroutine functions."""
    return [
        Row(
            title=title,
            cases={BARE: lambda: identity, OURS: lambda: ours(identity), "pyresilience": lambda: theirs(identity)},
            limits={"pyresilience": sync_limit},
        ),
        Row(
            title=f"{title}, async",
            cases={
                BARE: lambda: echo,
                OURS: lambda: ours(echo),
                "pyresilience": lambda: theirs(echo),
                **{name: (lambda build=build: build(echo)) for name, build in more.items()},
            },
            limits=async_limits,
            is_async=True,
        ),
    ]


ROWS = [
    *pair("limiter", limiter, their_limiter, 0.25, {"aiolimiter": 0.5}, aiolimiter=aiolimiter),
    *pair("sliding window", sliding, their_limiter, 3.0, {"pyresilience": 3.0}, aiolimiter=aiolimiter),
    *pair("fixed window", fixed, their_limiter, 3.0, {"pyresilience": 3.0}, aiolimiter=aiolimiter),
    *pair("bulkhead", bulkhead, their_bulkhead, 0.2, {"pyresilience": 0.2}),
    *pair("adaptive limit", adaptive, their_bulkhead, 3.0, {"pyresilience": 3.0}),
    *pair("throttle", throttle, their_limiter, 4.0, {"pyresilience": 4.0}),
    *pair("limiter + retry + breaker + bulkhead", stack, their_stack, 0.3, {"pyresilience": 0.3}),
]
