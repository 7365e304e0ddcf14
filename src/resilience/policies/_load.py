"""A cache's load under way.

Rules: a load counts only while the cache's map of flights still holds it; that is how `invalidate()` beats it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._flight import Flight
from .._gate import Answer
from .._outcome import UNAVAILABLE, never_begun
from ..errors import RejectedError
from ..events import CacheLoaded, CacheLoadFailed
from ._evictions import tell_evictions

if TYPE_CHECKING:
    from ._store import Entry
    from .cache import Cache


class Load(Flight):
    """One load for one key; `old` is the entry that may answer in its stead, `refresh` that nobody waits."""

    __slots__ = ("_began", "_cache", "_key", "_old", "_refresh")

    def __init__(self, cache: Cache, key: Any, old: Entry | None, *, refresh: bool) -> None:
        super().__init__()
        self._cache = cache
        self._key = key
        self._old = old
        self._refresh = refresh
        self._began = cache._now()

    def stored(self, value: Any) -> None:
        cache = self._cache
        keep = not any(value is degraded for degraded in self.degraded)
        with cache.store.lock:
            current = cache.take_flight_locked(self._key, self)
            gone = cache.keep_locked(self._key, value) if current and keep else []
            cache.loads += 1
        del gone
        if cache.heard():
            cache.tell(CacheLoaded, elapsed=cache._now() - self._began, stored=current and keep)
        tell_evictions(cache)

    def given(self, value: Any) -> Any:
        return self._cache.copied(value)

    def rescue(self, error: Exception) -> Answer | None:
        """The old value, if it may still stand in for what failed."""
        old, cache = self._old, self._cache
        if old is None or not cache.may_stand_in(old) or not UNAVAILABLE(error):
            return None
        with cache.store.lock:
            cache.stale_served += 1
        return Answer(old.value)

    def broken(self, error: Exception) -> None:
        cache = self._cache
        keep = cache.negative_ttl > 0 and not isinstance(error, RejectedError) and not never_begun(error)
        old = self._old
        if old is not None and not old.error and cache.clock.now() < old.kept:
            keep = False  # what may still stand in is worth more than a failure
        with cache.store.lock:
            current = cache.take_flight_locked(self._key, self)
            gone = cache.keep_error_locked(self._key, error) if current and keep else []
            cache.load_errors += 1
        del gone
        cache.tell(CacheLoadFailed, error=error, refresh=self._refresh)
        tell_evictions(cache)

    def gone(self) -> None:
        with self._cache.store.lock:
            self._cache.take_flight_locked(self._key, self)

    def renew(self) -> Any:
        """An abandoned load: the first waiter to look leads a new one, the others wait for that."""
        return self._cache.join(self._key, self._old)
