"""Who plays: each guards one async function, with its own defaults but for what all are given alike.

Alike: 3 attempts, 0.5 s for each, and 2 s until a breaker probes where there is one. Ours has nothing tuned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from .script import PATIENCE

Body = Callable[[], Awaitable[int]]
_PROBES_AFTER = 2


def patient(body: Body) -> Body:
    """One attempt of a peer: its caller gives up."""

    async def attempt() -> int:
        async with asyncio.timeout(PATIENCE):
            return await body()

    return attempt


def bare(body: Body) -> Body:
    """No retry at all."""
    return patient(body)


def tenacity(body: Body) -> Body:
    """Retries with full jitter."""
    return tenacity_around(patient(body))


def stamina(body: Body) -> Body:
    """Its defaults, for three attempts."""
    from stamina import retry

    return retry(on=Exception, attempts=3)(patient(body))


def tenacity_with_circuitbreaker(body: Body) -> Body:
    """The pair that people glue together."""
    from circuitbreaker import circuit

    return tenacity_around(circuit(failure_threshold=5, recovery_timeout=_PROBES_AFTER)(patient(body)))


def tenacity_around(guarded: Body) -> Body:
    """Tenacity around what is guarded already."""
    from tenacity import retry, stop_after_attempt, wait_random_exponential

    return retry(stop=stop_after_attempt(3), wait=wait_random_exponential(multiplier=0.1, max=10))(guarded)


def pyresilience(body: Body) -> Body:
    """Retry, breaker and timeout in one."""
    from pyresilience import CircuitBreakerConfig, RetryConfig, TimeoutConfig, resilient

    return resilient(
        retry=RetryConfig(max_attempts=3, delay=0.1),
        circuit_breaker=CircuitBreakerConfig(failure_threshold=5, recovery_timeout=_PROBES_AFTER),
        timeout=TimeoutConfig(seconds=PATIENCE),
    )(body)


def interlock(body: Body) -> Body:
    """Its breaker, with its own defaults, within tenacity's retries."""
    from interlock import CircuitBreaker

    return tenacity_around(CircuitBreaker(name="brown-out")(patient(body)))


def ours_adaptive(body: Body) -> Body:
    """Retry with a budget, an adaptive limit, a timeout; nothing tuned."""
    import resilience as r

    return r.Pipeline(r.Retry(budget=r.RetryBudget()), r.AdaptiveLimit(), r.Timeout(PATIENCE))(body)


def ours_throttle(body: Body) -> Body:
    """Retry with a budget, a throttle, a timeout; nothing tuned."""
    import resilience as r

    return r.Pipeline(r.Retry(budget=r.RetryBudget()), r.Throttle(), r.Timeout(PATIENCE))(body)


CONTENDERS = {
    "no retry": bare,
    "tenacity": tenacity,
    "stamina": stamina,
    "tenacity + circuitbreaker": tenacity_with_circuitbreaker,
    "pyresilience": pyresilience,
    "interlock-cb + tenacity": interlock,
    "resilience, AdaptiveLimit": ours_adaptive,
    "resilience, Throttle": ours_throttle,
}
UNPROTECTED = ("tenacity", "stamina")
OURS = "resilience, AdaptiveLimit"
