"""Guard calls that can fail: retry, circuit breaker, cache, timeout, fallback, budgets, which know of each other.

The install name is `resilience-stack`, the import name `resilience`. What is heavy loads at its first use.
"""

from typing import TYPE_CHECKING, Any

from . import errors, events
from ._backoff import Decorrelated, Exponential, Fixed, Linear
from ._deadline import Current, current, deadline, remaining
from ._history import Attempt, history
from ._listeners import Subscription, listen
from ._outcome import FAILURES, UNAVAILABLE, Failure, Outcome
from ._pipeline import Pipeline
from ._resilient import resilient
from ._threads import shutdown
from .errors import (
    BulkheadFullError,
    CallTimeoutError,
    CircuitOpenError,
    RateLimitedError,
    RejectedError,
    ResilienceError,
    ResilienceWarning,
)
from .policies._state import State
from .policies._trip import Consecutive, FailureRate, SlowCalls
from .policies.breaker import CircuitBreaker
from .policies.budget import RetryBudget
from .policies.fallback import Fallback
from .policies.retry import Retry
from .policies.timeout import Timeout

if TYPE_CHECKING:
    from .policies.cache import Cache

    cache = Cache

__version__ = "0.1.0"

# The same classes under lower-case names, for use behind an @.
circuit_breaker = CircuitBreaker
fallback = Fallback
retry = Retry
timeout = Timeout

__all__ = [
    "FAILURES",
    "UNAVAILABLE",
    "Attempt",
    "BulkheadFullError",
    "Cache",
    "CallTimeoutError",
    "CircuitBreaker",
    "CircuitOpenError",
    "Consecutive",
    "Current",
    "Decorrelated",
    "Exponential",
    "Failure",
    "FailureRate",
    "Fallback",
    "Fixed",
    "Linear",
    "Outcome",
    "Pipeline",
    "RateLimitedError",
    "RejectedError",
    "ResilienceError",
    "ResilienceWarning",
    "Retry",
    "RetryBudget",
    "SlowCalls",
    "State",
    "Subscription",
    "Timeout",
    "cache",
    "circuit_breaker",
    "current",
    "deadline",
    "errors",
    "events",
    "fallback",
    "history",
    "listen",
    "remaining",
    "resilient",
    "retry",
    "shutdown",
    "timeout",
]

_LAZY = {"Cache": ".policies.cache:Cache", "cache": ".policies.cache:Cache"}


def __getattr__(name: str) -> Any:
    """Load what is heavy at its first use."""
    where = _LAZY.get(name)
    if where is None:
        raise AttributeError(f"module 'resilience' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = where.split(":")
    value = globals()[name] = getattr(import_module(module, __name__), attribute)
    return value
