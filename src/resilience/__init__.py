"""Guard calls that can fail: retry, circuit breaker, cache, timeout, fallback, budgets, which know of each other.

The install name is `resilience-stack`, the import name `resilience`. Each name below loads at its first use, so that a
program pays for what it uses.
"""

# Not from `typing`, whose import costs more than all that is loaded here; type checkers know the name.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from . import errors, events
    from ._backoff import Decorrelated, Exponential, Fixed, Linear
    from ._deadline import Current, current, deadline, remaining
    from ._explain import explain
    from ._history import Attempt, history
    from ._lint import LintFinding
    from ._listeners import Subscription, listen
    from ._outcome import FAILURES, UNAVAILABLE, Failure, Outcome
    from ._pipeline import Pipeline
    from ._resilient import resilient
    from ._snapshot import snapshot
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
    from .policies._admission import Admission
    from .policies._aimd import AIMD
    from .policies._gradient import Gradient2
    from .policies._quantile import Quantile
    from .policies._quota import RetryQuota
    from .policies._reservation import Reservation
    from .policies._retry_throttle import RetryThrottle
    from .policies._state import State
    from .policies._trip import Consecutive, FailureRate, SlowCalls
    from .policies._vegas import Vegas
    from .policies.adaptive import AdaptiveLimit
    from .policies.breaker import CircuitBreaker
    from .policies.budget import RetryBudget
    from .policies.bulkhead import Bulkhead
    from .policies.cache import Cache
    from .policies.chaos import Chaos
    from .policies.fallback import Fallback
    from .policies.fallback import Fallback as fallback  # noqa: N813 # pyright forgets what a generic class is of behind `=`
    from .policies.fixed_window import FixedWindow
    from .policies.hedge import Hedge
    from .policies.limiter import RateLimiter
    from .policies.retry import Retry
    from .policies.sliding_window import SlidingWindow
    from .policies.throttle import Throttle
    from .policies.timeout import Timeout

    # The same classes under lower-case names, for use behind an @.
    adaptive_limit, bulkhead, cache, chaos = AdaptiveLimit, Bulkhead, Cache, Chaos
    circuit_breaker, fixed_window, hedge = CircuitBreaker, FixedWindow, Hedge
    rate_limiter, retry, sliding_window = RateLimiter, Retry, SlidingWindow
    throttle, timeout = Throttle, Timeout

__version__ = "0.1.0"

_WHERE = {
    "_backoff": ("Decorrelated", "Exponential", "Fixed", "Linear"),
    "_deadline": ("Current", "current", "deadline", "remaining"),
    "_explain": ("explain",),
    "_history": ("Attempt", "history"),
    "_lint": ("LintFinding",),
    "_listeners": ("Subscription", "listen"),
    "_outcome": ("FAILURES", "UNAVAILABLE", "Failure", "Outcome"),
    "_pipeline": ("Pipeline",),
    "_resilient": ("resilient",),
    "_snapshot": ("snapshot",),
    "_threads": ("shutdown",),
    "errors": (
        "BulkheadFullError",
        "CallTimeoutError",
        "CircuitOpenError",
        "RateLimitedError",
        "RejectedError",
        "ResilienceError",
        "ResilienceWarning",
    ),
    "policies._quantile": ("Quantile",),
    "policies._quota": ("RetryQuota",),
    "policies._retry_throttle": ("RetryThrottle",),
    "policies._admission": ("Admission",),
    "policies._aimd": ("AIMD",),
    "policies._gradient": ("Gradient2",),
    "policies._reservation": ("Reservation",),
    "policies._state": ("State",),
    "policies._trip": ("Consecutive", "FailureRate", "SlowCalls"),
    "policies._vegas": ("Vegas",),
    "policies.adaptive": ("AdaptiveLimit",),
    "policies.breaker": ("CircuitBreaker",),
    "policies.budget": ("RetryBudget",),
    "policies.bulkhead": ("Bulkhead",),
    "policies.cache": ("Cache",),
    "policies.chaos": ("Chaos",),
    "policies.fallback": ("Fallback",),
    "policies.fixed_window": ("FixedWindow",),
    "policies.limiter": ("RateLimiter",),
    "policies.hedge": ("Hedge",),
    "policies.retry": ("Retry",),
    "policies.sliding_window": ("SlidingWindow",),
    "policies.throttle": ("Throttle",),
    "policies.timeout": ("Timeout",),
}
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}
_LOWER_CASE = {
    "adaptive_limit": "AdaptiveLimit",
    "bulkhead": "Bulkhead",
    "cache": "Cache",
    "chaos": "Chaos",
    "circuit_breaker": "CircuitBreaker",
    "fallback": "Fallback",
    "fixed_window": "FixedWindow",
    "hedge": "Hedge",
    "rate_limiter": "RateLimiter",
    "retry": "Retry",
    "sliding_window": "SlidingWindow",
    "throttle": "Throttle",
    "timeout": "Timeout",
}
_MODULES = ("errors", "events")

__all__ = [
    "AIMD",
    "FAILURES",
    "UNAVAILABLE",
    "AdaptiveLimit",
    "Admission",
    "Attempt",
    "Bulkhead",
    "BulkheadFullError",
    "Cache",
    "CallTimeoutError",
    "Chaos",
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
    "FixedWindow",
    "Gradient2",
    "Hedge",
    "Linear",
    "LintFinding",
    "Outcome",
    "Pipeline",
    "Quantile",
    "RateLimitedError",
    "RateLimiter",
    "RejectedError",
    "Reservation",
    "ResilienceError",
    "ResilienceWarning",
    "Retry",
    "RetryBudget",
    "RetryQuota",
    "RetryThrottle",
    "SlidingWindow",
    "SlowCalls",
    "State",
    "Subscription",
    "Throttle",
    "Timeout",
    "Vegas",
    "adaptive_limit",
    "bulkhead",
    "cache",
    "chaos",
    "circuit_breaker",
    "current",
    "deadline",
    "errors",
    "events",
    "explain",
    "fallback",
    "fixed_window",
    "hedge",
    "history",
    "listen",
    "rate_limiter",
    "remaining",
    "resilient",
    "retry",
    "shutdown",
    "sliding_window",
    "snapshot",
    "throttle",
    "timeout",
]


def __getattr__(name: str) -> object:
    """Load a name at its first use."""
    from importlib import import_module

    if name in _MODULES:
        return import_module(f".{name}", __name__)
    module = _MODULE_OF.get(_LOWER_CASE.get(name, name))
    if module is None:
        raise AttributeError(f"module 'resilience' has no attribute {name!r}")
    value = getattr(import_module(f".{module}", __name__), _LOWER_CASE.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Every public name, loaded or not."""
    return sorted({*globals(), *__all__})
