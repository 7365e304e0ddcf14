"""The gates of a cache: one looks up and joins loads, one always loads anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from .._gate import Gate, Verbs
from .._listeners import HUB
from ..events import CacheHit
from ._keys import KeyFunction, NeverEqualError, unhashable

if TYPE_CHECKING:
    from .cache import Cache


class Reading(Gate):
    """Answers from the entries. Its `admit` is a closure over locals, which a hit pays less for than for methods."""

    __slots__ = ("_cache", "_keyer")

    def __init__(self, cache: Cache, keyer: KeyFunction) -> None:
        self._cache = cache
        self._keyer = keyer

    def verbs(self) -> Verbs:
        cache, keyer, store = self._cache, self._keyer, self._cache.store
        read, touch, now, give, missed = store.read, store.touch, cache._now, cache.give, cache.missed
        copies, hub = cache.copies, HUB

        def admit(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            try:
                key = keyer(*args, **kwargs) if kwargs else keyer(*args)
            except NeverEqualError:
                cache.misses += 1
                return None
            try:
                entry = read(key)
            except KeyError:
                return missed(key, None, now())
            except TypeError as error:
                refuse_unhashable(cache, key, error)
            time = now()
            if time < entry.due:
                if entry is not store.last:
                    touch(entry, time)
                cache.hits += 1
                if copies or entry.error or cache._listeners or (hub.listeners and hub.wants(CacheHit)):
                    return give(entry, time)
                return entry
            return missed(key, entry, time)

        return Verbs(admit, None, None)


class Refreshing(Gate):
    """Begins a load whatever is stored or under way; its result is the one that counts."""

    __slots__ = ("_cache", "_keyer")

    def __init__(self, cache: Cache, keyer: KeyFunction) -> None:
        self._cache = cache
        self._keyer = keyer

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            key = self._keyer(*args, **kwargs)
        except NeverEqualError:
            return None
        try:
            old = self._cache.entry(key)
        except TypeError as error:
            refuse_unhashable(self._cache, key, error)
        return self._cache.join(key, old, anew=True)


def refuse_unhashable(cache: Cache, key: Any, error: TypeError) -> NoReturn:
    raise TypeError(
        f"{cache.name}: an argument cannot be part of a key ({unhashable(key, error)}); pass hashable arguments, or say "
        "what identifies the call: Cache(ttl=..., key=lambda rows: tuple(rows)) (docs/policies/cache.md)"
    ) from error
