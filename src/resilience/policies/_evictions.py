"""Telling what a full cache drives out.

Rules: `Store.untold` is counted where an entry goes and taken here, both under the store's lock; whoever comes first
tells for all, so the events add up to the count whatever threads do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events import CacheEvicted

if TYPE_CHECKING:
    from .cache import Cache


def tell_evictions(cache: Cache) -> None:
    """Tell what went for want of room and was not told yet; not to be called under the lock."""
    store = cache.store
    if not store.untold:
        return
    with store.lock:
        count, store.untold = store.untold, 0
    if count:
        cache.tell(CacheEvicted, reason="size", count=count)
