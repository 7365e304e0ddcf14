"""Cache: remember what a call returned, for a while, with one load at a time for each key.

Rules: the entries, the flights and the counters are guarded by `store.lock`, but for `hits` and `misses`, of which a build
without a GIL may lose some; a hit takes no lock (see `_store.py`).
Loads, the user's `key` and `copy`, and listeners run outside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never

from .. import _options
from .._awaitable import Vet
from .._chance import Chance
from .._clock import Clock
from .._flight import INSIDE
from .._gate import Answer, Lead, Stale
from .._listeners import HUB
from .._outcome import bare
from .._policy import Policy
from .._record import Record
from ..events import CacheEvicted, CacheHit, CacheMiss
from ._cached import CachedMethod, offers
from ._handset import HandSet
from ._keys import KeyFunction, key_function
from ._load import Load
from ._lookup import Reading, Refreshing
from ._retuned import Retuned
from ._store import Entry, Store

_MOST_FLIGHTS = 10_000


class CacheSnapshot(Record):
    """Counts since it was made; `size` of `max_size` entries; `hit_rate` of all look-ups (0 without any)."""

    name: str
    hits: int
    misses: int
    hit_rate: float
    loads: int
    load_errors: int
    evictions: int
    expirations: int
    stale_served: int
    size: int
    max_size: int


class Cache(Policy[Never], HandSet, Retuned):
    """Keep results for `ttl` seconds, the least recently used first out, one load at a time for each key.

    Args:
        name: a label.
        ttl: seconds that a result is fresh.
        max_size: entries (default 1000).
        key: `f(*args, **kwargs)` for the key, instead of all arguments and their types.
        stale: seconds after `ttl` in which the old value is given at once while one refresh runs in the background.
        stale_if_error: seconds after `ttl` in which the old value stands in when a load fails or is refused.
        negative_ttl: seconds that a failure is kept (default 0: never).
        jitter: up to this share is taken off each ttl, so that entries do not expire together (default 0.1).
        copy: `f(value)`, applied to what is given out (`copy.deepcopy`), for values that callers change.
        cleanup_interval: seconds between two sweeps for expired entries; a sweep does a little at each use.

    Raises:
        TypeError: an argument is not hashable.

    Exceptions, cancellations, refusals and values of a fallback are not stored. Of many callers of one key, in threads,
    asyncio and trio at once, one load serves all; a cancelled caller harms no other. Context variables set inside an
    async load do not come back to the caller. Sources: RFC 5861 for `stale` and `stale_if_error`; Caffeine for the reads.

    >>> @Cache(ttl=30)
    ... def square(n):
    ...     return n * n
    >>> square(4), square(4), square.cache.snapshot().hits
    (16, 16, 1)
    """

    __slots__ = (
        "_copy",
        "_flights",
        "_key",
        "hits",
        "jitter",
        "load_errors",
        "loads",
        "max_size",
        "misses",
        "negative_ttl",
        "stale",
        "stale_if_error",
        "stale_served",
        "store",
        "ttl",
    )
    kind = "cache"

    def __init__(
        self,
        name: str | None = None,
        *,
        ttl: Any,
        max_size: int = 1000,
        key: Callable[..., Any] | None = None,
        stale: Any = 0.0,
        stale_if_error: Any = 0.0,
        negative_ttl: Any = 0.0,
        jitter: float = 0.1,
        copy: Callable[[Any], Any] | None = None,
        cleanup_interval: Any = 60.0,
        clock: Clock | None = None,
        random: Chance | None = None,
    ) -> None:
        super().__init__(name, clock=clock, random=random)
        self.ttl = _options.seconds("ttl", ttl)
        self.max_size = _options.count("max_size", max_size)
        self._key = _options.logic("key", key)
        self.stale = _options.seconds("stale", stale, zero=True)
        self.stale_if_error = _options.seconds("stale_if_error", stale_if_error, zero=True)
        self.negative_ttl = _options.seconds("negative_ttl", negative_ttl, zero=True)
        self.jitter = _options.share("jitter", jitter, zero=True)
        self._copy = _options.logic("copy", copy)
        self.store = Store(self.max_size, _options.seconds("cleanup_interval", cleanup_interval))
        self._flights: dict[Any, Load] = {}
        self.hits = self.misses = self.loads = self.load_errors = self.stale_served = 0

    # The chain

    def link(self, inner: Callable[..., Any], form: str, function: Callable[..., Any], vet: Vet | None) -> Any:
        keyer = self.keyer_of(function)
        run = self.drive(Reading(self, keyer), inner, form, vet)
        run.__resilience_offers__ = offers(self, keyer, self.drive(Refreshing(self, keyer), inner, form, vet))
        return run

    def dress(self, run: Any, function: Callable[..., Any]) -> Any:
        return CachedMethod.in_class(super().dress(run, function), function)

    def keyer_of(self, function: Callable[..., Any]) -> KeyFunction:
        """What turns the arguments of this function into keys; the user's keys stay apart for each function."""
        if self._key is None:
            return key_function(function, self.name)
        own, token = self._key, object()
        return lambda *args, **kwargs: (token, own(*args, **kwargs))

    @property
    def copies(self) -> bool:
        """Is what it gives out a copy?"""
        return self._copy is not None

    def hit(self, entry: Entry, now: float) -> Answer:
        """A fresh entry answers."""
        self.hits += 1
        return self.give(entry, now)

    def give(self, entry: Entry, now: float) -> Answer:
        """What an entry answers, once it is counted."""
        if self._listeners or HUB.listeners:
            self.tell(CacheHit, age=now - entry.born)
        if entry.error:
            raise bare(entry.value) from entry.value.__cause__
        return entry if self._copy is None else Answer(self._copy(entry.value))

    def copied(self, value: Any) -> Any:
        """What is given out of a value."""
        return value if self._copy is None else self._copy(value)

    def missed(self, key: Any, entry: Entry | None, now: float) -> Any:
        """No fresh entry: an old one, a wait, or a load."""
        self.misses += 1
        if entry is not None and not entry.error and now < entry.due + self.stale:
            return self._revalidate(key, entry, now)
        self.tell(CacheMiss)
        return self.join(key, entry)

    def _revalidate(self, key: Any, entry: Entry, now: float) -> Answer | Stale:
        with self.store.lock:
            self.stale_served += 1
            flight = None
            if key not in self._flights:
                flight = self._flights[key] = Load(self, key, entry, refresh=True)
        self.tell(CacheHit, age=now - entry.born, stale=True)
        value = self.copied(entry.value)
        return Answer(value) if flight is None else Stale(value, flight)

    def join(self, key: Any, old: Entry | None, *, anew: bool = False) -> Any:
        """A place in the load that is under way for this key, or the lead of a new one."""
        inside, now = INSIDE.get(), self._now()
        with self.store.lock:
            landed = None if anew else self.entry(key)
            if landed is not None and now >= landed.due:
                landed = None
            flight = None if anew else self._flights.get(key)
            if landed is None and flight is None:
                if len(self._flights) >= _MOST_FLIGHTS:
                    return None
                led = self._flights[key] = Load(self, key, old, refresh=False)
                return Lead(led)
        if landed is not None:
            return self.give(landed, now)  # it landed between the look and the lock
        # A load that asks for its own key, or for one that waits for it, would wait for ever: it runs unguarded.
        return None if flight is None else flight.board(inside)

    def entry(self, key: Any) -> Entry | None:
        """The entry of this key, fresh or not."""
        try:
            return self.store.read(key)
        except KeyError:
            return None

    def fresh_entry(self, key: Any) -> Entry | None:
        """The entry of this key, if it is fresh."""
        entry, now = self.entry(key), self._now()
        if entry is None or entry.error or now >= entry.due:
            return None
        if entry is not self.store.last:
            self.store.touch(entry, now)
        return entry

    # What a load asks

    def may_stand_in(self, old: Entry) -> bool:
        return self.stale_if_error > 0 and not old.error and self._now() < old.due + self.stale_if_error

    def take_flight_locked(self, key: Any, flight: Load) -> bool:
        """Take this load out of the map; False if it was not there any more."""
        if self._flights.get(key) is not flight:
            return False
        del self._flights[key]
        return True

    def keep_locked(self, key: Any, value: Any, ttl: float | None = None) -> list[Entry]:
        now = self._now()
        seconds = self.ttl * (1 - self.jitter * self._random()) if ttl is None else ttl
        due = now + seconds
        return self.store.put_locked(Entry(key, value, now, due, due + max(self.stale, self.stale_if_error)))

    def keep_error_locked(self, key: Any, error: Exception) -> list[Entry]:
        now = self._now()
        due = now + self.negative_ttl
        return self.store.put_locked(Entry(key, error, now, due, due, error=True))

    # What users ask

    def forget(self, key: Any) -> bool:
        """Drop an entry, and make a load under way for it count for nothing; was there an entry?"""
        with self.store.lock:
            self._flights.pop(key, None)
            gone = self.store.drop_locked(key)
        if gone is not None:
            self.tell(CacheEvicted, reason="invalidated")
        return gone is not None

    def expire(self) -> int:
        """Drop every entry whose time is over; how many there were."""
        with self.store.lock:
            gone = self.store.expire_locked(self._now())
        if gone:
            self.tell(CacheEvicted, reason="expired", count=len(gone))
        return len(gone)

    def clear(self) -> None:
        """Drop everything; loads under way count for nothing."""
        with self.store.lock:
            self._flights.clear()
            gone = self.store.clear_locked()
        if gone:
            self.tell(CacheEvicted, reason="cleared", count=len(gone))

    def snapshot(self) -> CacheSnapshot:
        with self.store.lock:
            asked = self.hits + self.misses
            return CacheSnapshot(
                name=self.name,
                hits=self.hits,
                misses=self.misses,
                hit_rate=self.hits / asked if asked else 0.0,
                loads=self.loads,
                load_errors=self.load_errors,
                evictions=self.store.evictions,
                expirations=self.store.expirations,
                stale_served=self.stale_served,
                size=len(self.store),
                max_size=self.max_size,
            )

    def _steady(self) -> tuple[int, ...] | None:
        store, used = self.store, (self.hits, self.misses, self.loads, self.load_errors, self.stale_served)
        return (*used, store.evictions, store.expirations, len(store), self.max_size)

    def reset_after_fork(self) -> None:
        self.store.renew_lock()
        self._flights.clear()

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<Cache {self.name!r} {len(self.store)}/{self.max_size} entries, ttl={self.ttl:g} s>"
