"""State per origin, bounded: whatever hosts are asked for, there are never more than so many.

Rules: every access is under `_lock`; the maker and `is_idle` are ours, quick, and take no lock of this map.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")

OTHER = "_other"


class OriginMap(Generic[Value]):
    """From a key to its state, the least recently used idle one making room for a new one.

    When none is idle (all circuits are open, all are at work), new keys share one state under the key `_other`;
    `shared` counts how often that was so.
    """

    def __init__(self, make: Callable[[str], Value], is_idle: Callable[[Value], bool], max_size: int) -> None:
        self._make = make
        self._is_idle = is_idle
        self._max_size = max_size
        self._values: OrderedDict[str, Value] = OrderedDict()
        self._other: Value | None = None
        self._lock = Lock()
        self.shared = 0
        self.evicted = 0

    def get(self, key: str) -> Value:
        """The state for a key, made when there is none."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
                return value
            if len(self._values) >= self._max_size and not self._make_room():
                self.shared += 1
                if self._other is None:
                    self._other = self._make(OTHER)
                return self._other
            value = self._values[key] = self._make(key)
            return value

    def _make_room(self) -> bool:
        for key, value in self._values.items():
            if self._is_idle(value):
                del self._values[key]
                self.evicted += 1
                return True
        return False

    def values(self) -> list[Value]:
        """The states that are there now, the least recently used first, `_other` last."""
        with self._lock:
            return [*self._values.values(), *([] if self._other is None else [self._other])]

    def __len__(self) -> int:
        return len(self._values)
