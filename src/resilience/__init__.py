"""Guard calls that can fail: retry, circuit breaker, cache, timeout, fallback, budgets; they compose and know each other.

The install name is `resilience-stack`, the import name `resilience`.
"""

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
from .policies.retry import Retry
from .policies.timeout import Timeout

__version__ = "0.1.0"

circuit_breaker = CircuitBreaker
retry = Retry
timeout = Timeout
