"""What the code said to `resilient(...)`, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _options
from ..policies.fallback import Fallback
from ..policies.timeout import Timeout
from ._shared import Asked, asked_of

if TYPE_CHECKING:
    from ..policies.cache import Cache

UNSAID: Any = ...


class Said:
    """What the code said: a policy of its own, a number, `True` for "on", or `None` for nothing.

    A policy's own numbers are kept, for when the settings no longer go before them.
    """

    __slots__ = ("attempt", "cache", "cache_numbers", "fallback", "on", "shared", "timeout", "total")

    def __init__(self, *, on: Any, fallback: Any, cache: Any, rate_limit: Any, bulkhead: Any, timeout: Any) -> None:
        self.on = on
        self.fallback = _fallback(fallback)
        self.cache, self.cache_numbers = _cache(cache)
        asked = {"rate_limit": asked_of("rate_limit", rate_limit), "bulkhead": asked_of("bulkhead", bulkhead)}
        self.shared: dict[str, Asked] = {layer: one for layer, one in asked.items() if one is not None}
        total, attempt = timeout if isinstance(timeout, tuple) and len(timeout) == 2 else (None, timeout)
        self.total = _options.optional_seconds("timeout", total)
        self.timeout: Timeout | None = attempt if isinstance(attempt, Timeout) else None
        self.attempt = self.timeout.seconds if self.timeout else _options.optional_seconds("timeout", attempt)


def _fallback(value: Any) -> Fallback[Any] | None:
    if value is UNSAID:
        return None
    if isinstance(value, Fallback):
        return value
    if callable(value):
        _options.refuse("fallback", value, "a value, or Fallback(factory=...), or Fallback(call=...)", kind=TypeError)
    return Fallback(value)


def _cache(value: Any) -> tuple[Any, dict[str, Any]]:
    if value is None or value is False:
        return None, {}
    if value is True:
        return True, {}
    if isinstance(value, (str, int, float)) or hasattr(value, "total_seconds"):
        return True, {"ttl": _options.seconds("cache", value)}
    from ..policies.cache import Cache

    if not isinstance(value, Cache):
        _options.refuse("cache", value, "seconds, True, or a Cache, e.g. cache=30", kind=TypeError)
    return value, _numbers(value)


def _numbers(cache: Cache) -> dict[str, Any]:
    return {"ttl": cache.ttl, "max_size": cache.max_size, "cleanup_interval": cache.store.interval}
