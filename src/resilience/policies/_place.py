"""A place in a queue before slots. Rules: guarded by the lock of the queue's owner, which alone decides who is next."""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol

from .._clock import Clock
from .._deadline import remaining
from .._ticket import Ticket


class Owner(Protocol):
    """Who has the queue."""

    wait: float | None

    @property
    def clock(self) -> Clock: ...

    def redeemed(self, place: Place) -> Any: ...
    def forsaken(self, place: Place) -> None: ...


class Place(Ticket):
    """A waiter; `permit` is what it was granted, `expired` says that its time was over before."""

    __slots__ = ("_owner", "due", "expired", "permit")

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner.wait)
        patience = remaining() if owner.wait is None else min(owner.wait, remaining())
        self._owner = owner
        self.due = owner.clock.now() + patience
        self.expired = False
        self.permit: Any = None

    @property
    def held(self) -> bool:
        """Was it granted what it waits for?"""
        return self.permit is not None

    def redeem(self) -> Any:
        return self._owner.redeemed(self)

    def forsake(self) -> None:
        self._owner.forsaken(self)


def drop_expired(queue: deque[Any], now: float, granted: list[Place]) -> None:
    """Take those from the head of the queue whose time is over; they are woken to say so."""
    while queue and queue[0].due <= now:
        place = queue.popleft()
        place.expired = True
        granted.append(place)
