"""The options of `Origins` as the settings name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resilience import _options
from resilience._backoff import Backoff, Decorrelated, Exponential
from resilience.policies._trip import Consecutive
from resilience.policies.breaker import CircuitBreaker

if TYPE_CHECKING:
    from collections.abc import Callable

    from resilience.config import ServiceSettings, Settings

_MS = 1000.0

# Where each option comes from: what an operator sets for this very service beats what the code gives.
_SOURCES = {
    "attempts": ("retry.max_attempts",),
    "backoff": ("retry.initial_delay_ms", "retry.max_delay_ms", "retry.backoff_multiplier", "retry.jitter"),
    "retry_statuses": ("retry.status_codes",),
    "attempt_timeout": ("timeout.http_request",),
    "total_timeout": ("timeout.total",),
    "breaker": (
        "circuit_breaker.failure_threshold",
        "circuit_breaker.reset_timeout_ms",
        "circuit_breaker.half_open_max_calls",
    ),
    "log_requests": ("logging.requests",),
    "log_responses": ("logging.responses",),
}


def some_settings(settings: Any, named: str) -> Any:
    """Settings, of all services or of one, or none; `named` is the option for the name of one."""
    from resilience.config import ServiceSettings, Settings

    if settings is not None and not isinstance(settings, Settings | ServiceSettings):
        allowed = f"Settings or ServiceSettings, or None for the process's; a service's name goes to {named}="
        _options.refuse("settings", settings, allowed, kind=TypeError)
    return settings


def options_of(settings: Settings | ServiceSettings, code: dict[str, Any]) -> dict[str, Any]:
    """The options of `Origins`: those of the code, and the settings where it says nothing or is overruled.

    Raises:
        SettingsError: a setting that cannot stand.
    """
    options = {name: value(settings) for name, value in _OPTIONS.items()}
    overruled = {name for name, sources in _SOURCES.items() if any(settings.source(s).beats_code for s in sources)}
    return {**options, **{name: value for name, value in code.items() if name not in overruled}}


def _backoff(settings: Any) -> Backoff:
    retry = settings.retry
    initial, maximum = retry.initial_delay_ms / _MS, retry.max_delay_ms / _MS
    if retry.jitter != "decorrelated":
        return Exponential(initial, multiplier=retry.backoff_multiplier, maximum=maximum, jitter=retry.jitter)
    # Nothing decorrelates a wait of nothing.
    return Decorrelated(initial, maximum=maximum) if initial else Exponential(0.0, maximum=maximum)


def breaker_numbers(settings: Any) -> dict[str, Any]:
    """The numbers of a breaker, as `CircuitBreaker.retune` takes them."""
    section = settings.circuit_breaker
    return {
        "failures": section.failure_threshold,
        "reset_timeout": section.reset_timeout_ms / _MS,
        "half_open_max_calls": section.half_open_max_calls,
    }


def _breaker(settings: Any) -> Callable[[str], CircuitBreaker]:
    numbers = breaker_numbers(settings)
    trip = Consecutive(numbers.pop("failures"))

    def make(origin: str) -> CircuitBreaker:
        return CircuitBreaker(origin, trip=trip, **numbers)

    return make


_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "attempts": lambda settings: settings.retry.max_attempts,
    "backoff": _backoff,
    "retry_statuses": lambda settings: settings.retry.status_codes,
    "attempt_timeout": lambda settings: settings.timeout.http_request / _MS,
    "total_timeout": lambda settings: settings.timeout.total / _MS or None,
    "breaker": _breaker,
    "log_requests": lambda settings: settings.logging.requests,
    "log_responses": lambda settings: settings.logging.responses,
}
