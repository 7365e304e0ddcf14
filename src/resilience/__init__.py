"""Guard calls that can fail: retry, circuit breaker, cache, timeout, fallback, budgets; they compose and know each other.

The install name is `resilience-stack`, the import name `resilience`.
"""

from typing import TYPE_CHECKING, Any

from . import errors, events
from ._backoff import Decorrelated, Exponential, Fixed, Linear
from ._deadline import Current, current, deadline, remaining
from ._history import Attempt, history
from ._listeners import Subscription, listen
from ._outcome import FAILURES, UNAVAILABLE, Failure, Outcome
from .errors import (
    BulkheadFullError,
    CallTimeoutError,
    CircuitOpenError,
    RateLimitedError,
    RejectedError,
    ResilienceError,
    ResilienceWarning,
)
from ._pipeline import Pipeline
from .policies._state import State
from .policies._trip import Consecutive, FailureRate, SlowCalls
from .policies.breaker import CircuitBreaker
from .policies.budget import RetryBudget
from .policies.fallback import Fallback
from .policies.retry import Retry
from .policies.timeout import Timeout

__version__ = "0.1.0"

circuit_breaker = CircuitBreaker
fallback = Fallback
retry = Retry
timeout = Timeout


def __getattr__(name: str) -> Any:
    """What is heavy is loaded at its first use."""
    if name in ("Cache", "cache"):
        from .policies.cache import Cache

        globals().update(Cache=Cache, cache=Cache)
        return Cache
    raise AttributeError(f"module 'resilience' has no attribute {name!r}")
