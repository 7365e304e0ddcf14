"""Circuit breaker: closed, and refusing while open."""

from datetime import timedelta

from ..row import BARE, OURS, Row, down, echo, identity


def ours(body):
    import resilience

    return resilience.CircuitBreaker()(body)


def circuitbreaker(body):
    from circuitbreaker import CircuitBreaker

    return CircuitBreaker(failure_threshold=5, recovery_timeout=30)(body)


def pybreaker(body):
    from pybreaker import CircuitBreaker

    return CircuitBreaker(fail_max=5, reset_timeout=30)(body)


def interlock(body):
    from interlock import CircuitBreaker

    return CircuitBreaker(name="bench")(body)


def pyresilience(body):
    from pyresilience import CircuitBreakerConfig, resilient

    return resilient(circuit_breaker=CircuitBreakerConfig(failure_threshold=5))(body)


def aiobreaker(body):
    from aiobreaker import CircuitBreaker

    return CircuitBreaker(fail_max=5, timeout_duration=timedelta(seconds=30))(body)


def hyx(body):
    from hyx.circuitbreaker import consecutive_breaker

    return consecutive_breaker(failure_threshold=5)(body)


async def adown(number):
    raise ConnectionError("down")


SYNC = {
    OURS: ours,
    "circuitbreaker": circuitbreaker,
    "pybreaker": pybreaker,
    "interlock-cb": interlock,
    "pyresilience": pyresilience,
    "aiobreaker": aiobreaker,
}
ASYNC = {
    OURS: ours,
    "circuitbreaker": circuitbreaker,
    "interlock-cb": interlock,
    "pyresilience": pyresilience,
    "aiobreaker": aiobreaker,
    "hyx": hyx,
}


def opened(guard):
    """A breaker that has seen enough failures to be open."""
    guarded = guard(down)
    for _ in range(200):
        try:
            guarded(1)
        except Exception:
            pass
    return guarded


ROWS = [
    Row(
        title="breaker, closed",
        cases={BARE: lambda: identity, **{name: lambda guard=guard: guard(identity) for name, guard in SYNC.items()}},
        limits={"circuitbreaker": 0.45},
    ),
    Row(
        title="breaker, closed, async",
        cases={BARE: lambda: echo, **{name: lambda guard=guard: guard(echo) for name, guard in ASYNC.items()}},
        is_async=True,
    ),
    Row(
        title="breaker, refusal",
        cases={BARE: lambda: identity, **{name: lambda guard=guard: opened(guard) for name, guard in SYNC.items()}},
        limits={"circuitbreaker": 1.2},
        raises=True,
    ),
    Row(
        title="breaker, refusal, async",
        cases={BARE: lambda: echo, **{name: lambda guard=guard: guard(adown) for name, guard in ASYNC.items()}},
        raises=True,
        is_async=True,
    ),
]
