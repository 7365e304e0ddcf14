"""The slots of a bulkhead as tokens in a deque: one atomic step to take one, one to give it back.

Rules: `free` holds the tokens that nobody has; taking and returning one needs no lock. `queue`, `slots` and `count` are
written under the bulkhead's lock. Who returns a token looks at the queue afterwards, and who queues looks at the tokens
afterwards, so one of the two sees the other and no wake-up is lost. While somebody waits, nobody takes a token but for the
head of the queue. A token counts its own uses: its holder is alone with it. Tokens are made when first needed, up to
`count`. Those that are too many since a `retune` are a `Debt` at the head of the queue, which swallows them as they come
back.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from ._place import Place, drop_expired


class Slot:
    """Leave for one call; `used` counts the calls."""

    __slots__ = ("used",)

    def __init__(self) -> None:
        self.used = 0


class Debt:
    """Slots to be swallowed, before anybody who waits."""

    __slots__ = ("slots",)
    due = float("inf")

    def __init__(self) -> None:
        self.slots = 0


class Slots:
    """All slots, free and taken, and those who wait for one."""

    __slots__ = ("_debt", "_used", "count", "free", "queue", "slots")

    def __init__(self, count: int) -> None:
        self.count = count
        self.slots: list[Slot] = []
        self.free: deque[Slot] = deque()
        self.queue: deque[Any] = deque()
        self._debt = Debt()
        self._used = 0

    def take_locked(self) -> Slot | None:
        """A free slot, used once more."""
        try:
            slot = self.free.pop()
        except IndexError:
            if len(self.slots) >= self.count:
                return None
            slot = Slot()
            self.slots.append(slot)
        slot.used += 1
        return slot

    def serve_locked(self, now: float) -> list[Place]:
        """Give free slots to the first in the queue whose time is not over; those to be woken."""
        granted: list[Place] = []
        while self.queue:
            drop_expired(self.queue, now, granted)
            if not self.queue or not self._serve_head_locked(granted):
                break
        return granted

    def _serve_head_locked(self, granted: list[Place]) -> bool:
        head = self.queue[0]
        if head is self._debt:
            return self._pay_locked()
        slot = self.take_locked()
        if slot is None:
            return False
        self.queue.popleft()
        head.permit = slot
        granted.append(head)
        return True

    def _pay_locked(self) -> bool:
        try:
            slot = self.free.pop()
        except IndexError:
            return False
        self._used += slot.used
        self.slots.remove(slot)
        self._debt.slots -= 1
        if not self._debt.slots:
            self.queue.popleft()
        return True

    def resize_locked(self, count: int) -> None:
        """So many slots from now on."""
        self.count = count
        if self._debt.slots:
            self.queue.popleft()
        self._debt.slots = max(0, len(self.slots) - count)
        if self._debt.slots:
            self.queue.appendleft(self._debt)

    def waiting_locked(self) -> int:
        return len(self.queue) - (self._debt.slots > 0)

    def taken_locked(self) -> int:
        return len(self.slots) - len(self.free)

    def used_locked(self) -> int:
        return self._used + sum(slot.used for slot in self.slots)

    def forget_holders(self) -> None:
        """In a forked child: nobody holds a slot or waits."""
        self.queue.clear()
        del self.slots[self.count :]
        self._debt.slots = 0
        self.free.clear()
        self.free.extend(self.slots)
