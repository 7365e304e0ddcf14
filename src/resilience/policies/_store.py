"""The entries of a cache: least recently used first out, each with its own times.

Rules: everything is guarded by `lock`, but for two things that a hit does without it on builds with a GIL: it reads the
dictionary below the order (a racing delete is a `KeyError`, a miss) and
notes the entry in `touches`, whose every operation is atomic. The notes are replayed into the order, under the lock, when
there are many and before anything is evicted, so a single caller sees exact LRU. What goes out is handed back to be
dropped after the lock: its finalizer is the user's code. The lock is reentrant: a collection inside it may run any.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from math import inf
from threading import RLock
from typing import Any

from cachetools import Cache as Unordered

from .._gate import Answer

_TOUCHES = 64
_STEPS = 3
Key = Any


def gil_enabled() -> bool:
    """Are single operations on dictionaries and deques atomic without our lock?"""
    asks: Callable[[], bool] | None = getattr(sys, "_is_gil_enabled", None)
    return True if asks is None else asks()


class Entry(Answer):
    """A stored value, which is its own answer; fresh until `due`, kept until `kept`. `error`: a stored failure."""

    __slots__ = ("born", "due", "error", "kept", "key", "newer", "older")

    def __init__(self, key: Key, value: Any, born: float, due: float, kept: float, error: bool = False) -> None:
        self.value = value
        self.key = key
        self.born = born
        self.due = due
        self.kept = kept
        self.error = error
        # Its neighbours in the order of use; `None` outside it. An order apart from the entries, as in an `OrderedDict`,
        # would be looked up again at each use, and in a large cache such a look-up is what a hit costs.
        self.older: Any = None
        self.newer: Any = None


class Store:
    """At most `size` entries."""

    __slots__ = (
        "_ends",
        "_entries",
        "_hand",
        "_left",
        "_sweep_at",
        "evictions",
        "expirations",
        "interval",
        "last",
        "lock",
        "read",
        "size",
        "touches",
        "untold",
    )

    def __init__(self, size: int, interval: float) -> None:
        # Without a bound of its own, which could not change later; `put_locked` holds ours.
        self._entries: Unordered[Key, Entry] = Unordered(inf)
        self._ends = Entry(None, None, 0.0, 0.0, 0.0)
        self._ends.older = self._ends.newer = self._ends
        self.size = size
        self._hand: deque[Key] = deque()
        self.interval = interval
        self._sweep_at = 0.0
        self._left = 0
        self.evictions = self.untold = self.expirations = 0
        self.touches: deque[Entry] = deque()
        self.last: Entry | None = None
        self.renew_lock()
        self.read: Callable[[Key], Entry] = self._entries.__getitem__ if gil_enabled() else self._read_with_lock

    def renew_lock(self) -> None:
        self.lock = RLock()

    def _read_with_lock(self, key: Key) -> Entry:
        with self.lock:
            return self._entries[key]

    def touch(self, entry: Entry, now: float) -> None:
        """This entry was used last."""
        if entry is self.last:
            return
        self.last = entry
        self.touches.append(entry)
        if len(self.touches) > _TOUCHES:
            with self.lock:
                gone = self._replay_locked(now)
            del gone

    def _replay_locked(self, now: float) -> list[Entry]:
        self._renew_locked()
        return self._sweep_locked(now)

    def _renew_locked(self) -> None:
        """Bring the order up to date with the notes."""
        touches = self.touches
        while touches:
            try:
                entry = touches.popleft()
            except IndexError:  # another thread's, without a GIL
                break
            if self._unlink_locked(entry):
                self._link_locked(entry)
        self.last = None

    def _link_locked(self, entry: Entry) -> None:
        """Make it the newest."""
        ends = self._ends
        newest = entry.older = ends.older
        entry.newer = ends
        newest.newer = ends.older = entry

    def _unlink_locked(self, entry: Entry) -> bool:
        """Take it out of the order; was it there?"""
        older, newer = entry.older, entry.newer
        if older is None or newer is None:
            return False
        older.newer, newer.older = newer, older
        entry.older = entry.newer = None
        return True

    def put_locked(self, entry: Entry) -> list[Entry]:
        """Store it; what it drives out."""
        gone = self._replay_locked(entry.born)
        entries, key = self._entries, entry.key
        old = entries.pop(key, None)
        if old is not None:
            self._unlink_locked(old)
            gone.append(old)
        else:
            if len(entries) >= self.size:
                gone.append(self._evict_locked())
            self._hand.append(key)
        entries[key] = entry
        self._link_locked(entry)
        self._trim_locked()
        return gone

    def _evict_locked(self) -> Entry:
        """The least recently used goes."""
        oldest = self._ends.newer
        self._unlink_locked(oldest)
        self.evictions += 1
        self.untold += 1
        return self._entries.pop(oldest.key)

    def resize_locked(self, size: int, now: float) -> list[Entry]:
        """Hold so many entries from now on; what that drives out, the least recently used first."""
        gone = self._replay_locked(now)
        self.size = size
        while len(self._entries) > size:
            gone.append(self._evict_locked())
        return gone

    def _trim_locked(self) -> None:
        """Keys that went by another door stay in the hand's way until passed; there are never many."""
        if len(self._hand) > 2 * len(self._entries) + _TOUCHES:
            self._hand = deque(self._entries)

    def _sweep_locked(self, now: float) -> list[Entry]:
        """Look at a few entries, round and round, and drop those whose time is over."""
        if self._left <= 0:
            if now < self._sweep_at:
                return []
            self._sweep_at, self._left = now + self.interval, len(self._hand)
        steps = min(_STEPS, len(self._hand))
        self._left -= steps or 1
        return [gone for gone in [self._step_locked(now) for _ in range(steps)] if gone is not None]

    def _step_locked(self, now: float) -> Entry | None:
        key = self._hand.popleft()
        try:
            entry = self._entries[key]
        except KeyError:
            return None
        if now < entry.kept:
            self._hand.append(key)
            return None
        self.expirations += 1
        return self.drop_locked(key)

    def drop_locked(self, key: Key) -> Entry | None:
        self._renew_locked()  # or a note would keep it alive
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._unlink_locked(entry)
        return entry

    def expire_locked(self, now: float) -> list[Entry]:
        """Drop every entry whose time is over."""
        gone = [entry for entry in self._entries.values() if now >= entry.kept]
        for entry in gone:
            self.drop_locked(entry.key)
        self.expirations += len(gone)
        self._hand = deque(self._entries)
        return gone

    def clear_locked(self) -> list[Entry]:
        gone = list(self._entries.values())
        self._renew_locked()
        for entry in gone:
            self._unlink_locked(entry)
        self._entries.clear()
        self._hand.clear()
        return gone

    def keys_locked(self) -> list[Key]:
        return list(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
