"""The streams of a limiter: one for all calls, or one for each key, bounded.

Rules: guarded by the limiter's lock. A key's stream that is idle answers what a new one would, so it may go; the least
recently used idle one goes first. If all are busy, new keys share the stream `OTHER`, and that is counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import islice
from typing import Generic, TypeVar

from ._turn import Stream

OTHER = "_other"
_LOOKS = 8
Kind = TypeVar("Kind", bound=Stream)


class Streams(Generic[Kind]):
    """At most `size` keyed streams, and the common one."""

    __slots__ = ("_keyed", "_make", "_other", "_size", "common", "other_calls")

    def __init__(self, size: int, make: Callable[[], Kind]) -> None:
        self._make = make
        self.common = make()
        self._other = make()
        self._keyed: OrderedDict[object, Kind] = OrderedDict()
        self._size = size
        self.other_calls = 0

    def of_locked(self, key: object, now: float) -> Kind:
        """The stream of this key."""
        if key is None:
            return self.common
        found = self._keyed.get(key)
        if found is not None:
            self._keyed.move_to_end(key)
            return found
        if len(self._keyed) >= self._size and not self._make_room_locked(now):
            self.other_calls += 1
            return self._other
        made = self._keyed[key] = self._make()
        return made

    def _make_room_locked(self, now: float) -> bool:
        """Drop an idle stream among the least recently used, a bounded look."""
        for key, stream in list(islice(self._keyed.items(), _LOOKS)):
            if stream.idle(now):
                del self._keyed[key]
                return True
            self._keyed.move_to_end(key)
        return False

    def look_locked(self, key: object) -> Kind | None:
        """The stream of this key, if there is one."""
        return self.common if key is None else self._keyed.get(key)

    def look_or_new_locked(self, key: object, now: float) -> Kind:
        """The stream that a call of this key would meet; nothing is kept, and nothing dropped."""
        found = self.look_locked(key)
        if found is not None:
            return found
        oldest = islice(self._keyed.values(), _LOOKS)
        full = len(self._keyed) >= self._size and not any(stream.idle(now) for stream in oldest)
        return self._other if full else self._make()

    def all_locked(self) -> tuple[Kind, ...]:
        """All of them."""
        return self.common, self._other, *self._keyed.values()

    def waiting_locked(self) -> int:
        return sum(len(stream.turns) for stream in self.all_locked())

    def forget_turns(self) -> None:
        """Who waited in the parent process does not wait here."""
        for stream in self.all_locked():
            stream.turns.clear()

    def __len__(self) -> int:
        return len(self._keyed)
