"""Entries that are set by hand: a namespace of their own in a cache, also as a mapping."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from .. import _options
from .._record import Record
from ..events import CacheMiss
from ._evictions import tell_evictions
from ._keys import NeverEqualError, typed

if TYPE_CHECKING:
    from ._store import Entry
    from .cache import Cache

_SPACE = "by hand"
_MISSING = object()


class EntryInfo(Record):
    """One entry: seconds of `age`, seconds until it `expires_in` (negative when only stale uses are left)."""

    age: float
    expires_in: float
    error: bool


class HandSet:
    """The part of `Cache` for keys set by hand (`self` is always a `Cache`).

    Keys are typed like arguments, so `1` and `True` are two.

    >>> from resilience import Cache
    >>> cache = Cache(ttl=60)
    >>> cache.set("a", 1); cache.get("a"), "a" in cache, cache.get("b", 0)
    (1, True, 0)
    """

    __slots__ = ()

    def get(self: Any, key: Any, default: Any = None) -> Any:
        """The value of a fresh entry, or the default."""
        entry = _looked_up(self, key)
        return default if entry is None else self.hit(entry, self._now()).value

    def set(self: Any, key: Any, value: Any, ttl: Any = None) -> None:
        """Store a value; `ttl` in seconds is kept exactly, the cache's own is jittered."""
        seconds = None if ttl is None else _options.seconds("ttl", ttl)
        stored = hand_key(key)
        with self.store.lock:
            gone = self.keep_locked(stored, value, seconds)
        del gone
        tell_evictions(self)

    def delete(self: Any, key: Any) -> bool:
        """Drop an entry; was there one?"""
        return bool(self.forget(hand_key(key)))

    def info(self: Any, key: Any) -> EntryInfo | None:
        """About the entry of one key; a look that counts as no use of it."""
        entry = self.entry(hand_key(key))
        if entry is None:
            return None
        now = self._now()
        return EntryInfo(age=now - entry.born, expires_in=entry.due - now, error=entry.error)

    @property
    def mapping(self: Any) -> CacheMapping:
        """The hand-set entries as a `MutableMapping`."""
        return CacheMapping(self)

    def __contains__(self: Any, key: Any) -> bool:
        return self.fresh_entry(hand_key(key)) is not None


def hand_key(key: Any) -> Any:
    """The stored key of a hand-set one."""
    try:
        stored = _SPACE, key.__class__, typed(key), key
        hash(stored)
    except NeverEqualError:
        raise ValueError(
            f"key={key!r}: must equal itself; a NaN would never be found again (docs/policies/cache.md)"
        ) from None
    except TypeError as error:
        raise TypeError(
            f"key={key!r}: must be hashable ({error}); give a tuple instead of a list, say (docs/policies/cache.md)"
        ) from error
    return stored


def _looked_up(cache: Cache, key: Any) -> Entry | None:
    """The fresh entry of a key; none is a miss."""
    entry = cache.fresh_entry(hand_key(key))
    if entry is None:
        cache.misses += 1
        cache.tell(CacheMiss)
    return entry


class CacheMapping(MutableMapping[Any, Any]):
    """A live view of a cache's hand-set entries."""

    __slots__ = ("_cache",)

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def __getitem__(self, key: Any) -> Any:
        entry = _looked_up(self._cache, key)
        if entry is None:
            raise KeyError(key)
        return self._cache.hit(entry, self._cache._now()).value

    def __setitem__(self, key: Any, value: Any) -> None:
        self._cache.set(key, value)

    def __delitem__(self, key: Any) -> None:
        if key not in self._cache:
            raise KeyError(key)
        self._cache.delete(key)

    def __contains__(self, key: object) -> bool:
        return key in self._cache

    def __iter__(self) -> Iterator[Any]:
        with self._cache.store.lock:
            stored = self._cache.store.keys_locked()
        for key in stored:
            if key[0] is _SPACE and self._cache.fresh_entry(key) is not None:
                yield key[3]

    def __len__(self) -> int:
        return sum(1 for _ in self)
