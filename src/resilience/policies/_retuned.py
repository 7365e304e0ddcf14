"""A cache whose numbers change while it is used."""

from __future__ import annotations

from typing import Any

from .. import _options
from ._evictions import tell_evictions


class Retuned:
    """The part of `Cache` that changes its numbers (`self` is always a `Cache`)."""

    __slots__ = ()

    def retune(self: Any, *, ttl: Any = None, max_size: int | None = None, cleanup_interval: Any = None) -> None:
        """Change numbers in place: what is stored stays, but for what a smaller size drives out.

        Args:
            ttl: seconds, for what is stored from now on.
            max_size: entries.
            cleanup_interval: seconds between two sweeps.

        >>> from resilience import Cache
        >>> cache = Cache(ttl=60)
        >>> cache.set("a", 1); cache.set("b", 2)
        >>> cache.retune(max_size=1)
        >>> "a" in cache, "b" in cache
        (False, True)
        """
        if ttl is not None:
            self.ttl = _options.seconds("ttl", ttl)
        if cleanup_interval is not None:
            self.store.interval = _options.seconds("cleanup_interval", cleanup_interval)
        if max_size is not None and _options.count("max_size", max_size) != self.max_size:
            with self.store.lock:
                gone = self.store.resize_locked(max_size, self._now())
            self.max_size = max_size
            del gone
            tell_evictions(self)
