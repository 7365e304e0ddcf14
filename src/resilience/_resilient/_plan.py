"""Which layers one guard has, and their numbers: a pure function of what the code said and of the settings.

Rules: the environment naming the service beats the code, the code beats every other setting. A layer is on when the code
or something that names this very service asks for it; names that hold for all services only give numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._backoff import Backoff, Decorrelated, Exponential
from .._record import Record
from ._said import Said
from ._shared import Asked, may_wait, numbers_of

if TYPE_CHECKING:
    from ..config import RetrySettings, ServiceSettings

_CACHE_FIELDS = {"ttl": "ttl_ms", "max_size": "max_size", "cleanup_interval": "cleanup_interval_ms"}


class Plan(Record):
    """The layers that are on, with their numbers in seconds; `None` for a layer that is off.

    Attributes:
        retry: attempts and backoff.
        total: for the call with all its attempts.
        attempt: for one attempt.
        cache: the numbers of `Cache.retune`.
        rate_limit: the numbers of `RateLimiter.retune`; all guards of a service have the same.
        bulkhead: the numbers of `Bulkhead.retune`; the same.
        fallback: one value that the settings name; it goes before the code's fallback.
    """

    retry: tuple[int, Backoff] | None
    total: float | None
    attempt: float | None
    cache: dict[str, Any] | None
    rate_limit: dict[str, Any] | None
    bulkhead: dict[str, Any] | None
    fallback: tuple[Any] | None


def plan_of(said: Said, settings: ServiceSettings, asked: Mapping[str, Asked]) -> Plan:
    """The plan for these settings, and for what the code of all functions of the service asks of shared layers.

    Raises:
        SettingsError: a value of a section in use cannot stand.
    """
    retry = None
    if said.on is not None or "retry" in settings.named:
        retry = settings.retry.max_attempts, _backoff(settings.retry)
    total, attempt = (
        _limit(settings, "timeout.total", said.total),
        _limit(settings, "timeout.http_request", said.attempt),
    )
    rate_limit, bulkhead = (
        numbers_of(layer, settings, asked.get(layer)) if layer in said.shared or layer in settings.named else None
        for layer in ("rate_limit", "bulkhead")
    )
    if retry is None and total is not None and not may_wait(asked, rate_limit, bulkhead):
        # With no retry and no wait both bound the same call; innermost, the breaker sees a hang as the failure it is.
        total, attempt = None, min(limit for limit in (total, attempt) if limit is not None)
    return Plan(
        retry=retry,
        total=total,
        attempt=attempt,
        cache=_cache(said, settings),
        rate_limit=rate_limit,
        bulkhead=bulkhead,
        fallback=_fallback(said, settings),
    )


def _backoff(retry: RetrySettings) -> Backoff:
    initial, maximum = retry.initial_delay_ms / 1000, retry.max_delay_ms / 1000
    if retry.jitter != "decorrelated":
        return Exponential(initial, multiplier=retry.backoff_multiplier, maximum=maximum, jitter=retry.jitter)
    # Nothing decorrelates a wait of nothing.
    return Decorrelated(initial, maximum=maximum) if initial else Exponential(0.0, maximum=maximum)


def _limit(settings: ServiceSettings, name: str, said: float | None) -> float | None:
    source = settings.source(name)
    if not source.beats_code and (said is not None or source.service is None):
        return said
    seconds: float = getattr(settings.timeout, name.removeprefix("timeout.")) / 1000
    return seconds or None


def _cache(said: Said, settings: ServiceSettings) -> dict[str, Any] | None:
    if said.cache is None and "cache" not in settings.named:
        return None
    section = settings.cache
    numbers: dict[str, Any] = {
        "ttl": section.ttl_ms / 1000,
        "max_size": section.max_size,
        "cleanup_interval": section.cleanup_interval_ms / 1000,
    }
    said_last = {
        option: value
        for option, value in said.cache_numbers.items()
        if not settings.source(f"cache.{_CACHE_FIELDS[option]}").beats_code
    }
    return numbers | said_last


def _fallback(said: Said, settings: ServiceSettings) -> tuple[Any] | None:
    if "fallback" not in settings.named:
        return None
    beats = settings.source("fallback.value").beats_code
    return (settings.fallback.value,) if beats or said.fallback is None else None
