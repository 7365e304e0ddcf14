"""Retry around a circuit breaker, on a call that succeeds: composed, and written by hand in one function."""

from .. import by_hand
from ..row import BARE, OURS, Row, echo, identity
from . import breaker, retry


def ours(body):
    import resilience

    return resilience.Pipeline(resilience.Retry(attempts=3), resilience.CircuitBreaker())(body)


def pyresilience(body):
    from pyresilience import CircuitBreakerConfig, RetryConfig, resilient

    return resilient(retry=RetryConfig(max_attempts=3), circuit_breaker=CircuitBreakerConfig())(body)


def tenacity(body):
    return retry.tenacity(breaker.circuitbreaker(body))


def hyx(body):
    return retry.hyx(breaker.hyx(body))


ROWS = [
    Row(
        title="retry + breaker",
        cases={
            BARE: lambda: identity,
            OURS: lambda: ours(identity),
            "by hand": lambda: by_hand.guard(identity),
            "pyresilience": lambda: pyresilience(identity),
            "tenacity + circuitbreaker": lambda: tenacity(identity),
        },
        limits={"by hand": 1.9},
    ),
    Row(
        title="retry + breaker, async",
        cases={
            BARE: lambda: echo,
            OURS: lambda: ours(echo),
            "by hand": lambda: by_hand.aguard(echo),
            "pyresilience": lambda: pyresilience(echo),
            "hyx": lambda: hyx(echo),
        },
        limits={"by hand": 2.0},
        is_async=True,
    ),
]
