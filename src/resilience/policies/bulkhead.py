"""Bulkhead: so many calls at once, and a bounded queue before them.

Rules: `_free`, `_queue` and the counters are guarded by `_lock`, which is never held while the guarded function or a
listener runs. Waiters are served first in, first out; a slot that comes back goes to the first waiter that still waits.
A permit that is collected leaves word in `_lost`, without the lock; the next locked section reads it.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from collections.abc import Callable
from typing import Any, Never

from .. import _options
from .._clock import Clock
from .._deadline import remaining
from .._gate import Park, Verbs
from .._listeners import HUB
from .._names import reset_lock
from .._permit import Acquirable
from .._policy import Policy
from .._record import Record
from .._ticket import Ticket
from ..errors import BulkheadFullError
from ..events import CallRejected


class BulkheadSnapshot(Record):
    """`active` calls of `max_concurrent`; `waiting` of `max_queue`; the rest since it was made."""

    name: str
    active: int
    max_concurrent: int
    waiting: int
    max_queue: int
    admitted: int
    rejected: int


class Bulkhead(Policy[Never], Acquirable):
    """Let at most `max_concurrent` calls run at once; others wait in a bounded queue, or are refused.

    Args:
        max_concurrent: slots.
        max_queue: how many may wait (default 0: none).
        wait: seconds that one may wait; 0 refuses at once, `None` waits to the deadline (default).
        name: a label.

    Raises:
        BulkheadFullError: no slot, and no place in the queue or no more time in it.

    First in, first out across threads, tasks and loops; a cancelled waiter's slot goes to the next. A sync call on the
    thread of a running loop never waits: the slot may belong to that very loop. Source: Nygard, "Release It!".

    >>> Bulkhead(2).call(int, "7")
    7
    """

    __slots__ = ("_free", "_lock", "_lost", "_queue", "admitted", "max_concurrent", "max_queue", "rejected", "wait")
    kind = "bulkhead"

    def __init__(
        self,
        max_concurrent: int,
        *,
        max_queue: int = 0,
        wait: Any = None,
        name: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name, clock=clock)
        self.max_concurrent = _options.count("max_concurrent", max_concurrent)
        self.max_queue = _options.count("max_queue", max_queue, minimum=0)
        self.wait = None if wait is None else _options.seconds("wait", wait, zero=True, infinite=True)
        self._free = self.max_concurrent
        self._queue: deque[Place] = deque()
        self._lost: list[None] = []
        self._lock = allocate_lock()
        self.admitted = self.rejected = 0

    def check_generator(self, function: Callable[..., Any]) -> None:
        """Generators are guarded: the slot is held from the first `next` to the close."""

    def verbs(self) -> Verbs:
        """Closures over the lock's own verbs, written out: half of what `with self._lock` costs a call."""
        acquire, release, lost, queue = self._lock.acquire, self._lock.release, self._lost, self._queue

        def admit(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            acquire()
            free = self._free
            if free and not lost:
                self._free = free - 1
                self.admitted += 1
                release()
                return _SLOT
            release()
            return self.admit(args, kwargs)

        def succeeded(permit: Any, value: Any) -> None:
            acquire()
            if not queue:
                self._free += 1
                release()
                return
            release()
            self.released(permit)

        return Verbs(admit, succeeded, self.failed)

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        granted: list[Place] = []
        with self._lock:
            while self._lost:
                self._lost.pop()
                self._return_locked(granted)
            permit: Any = None
            if self._free:
                self._free -= 1
                self.admitted += 1
                permit = _SLOT
            elif len(self._queue) < self.max_queue and self.wait != 0:
                place = Place(self)
                self._queue.append(place)
                permit = Park(place)
            else:
                self.rejected += 1
        for place in granted:
            place.grant()
        if permit is None:
            self.refuse("full")
        return permit

    def refuse(self, reason: str) -> None:
        """Raise the refusal."""
        if self._listeners or HUB.listeners:
            self.tell(CallRejected, reason=reason)
        raise BulkheadFullError(
            f"{self.name}: all {self.max_concurrent} slots are taken, and {len(self._queue)} of {self.max_queue} places in "
            f"the queue ({reason}); allow more, or shed load before it",
            policy=self.name,
            reason=reason,
        )

    def succeeded(self, permit: Any, value: Any) -> None:
        self.released(permit)

    def failed(self, permit: Any, error: BaseException, attempt: int) -> None:
        self.released(permit)

    def released(self, permit: Any) -> None:
        granted: list[Place] = []
        with self._lock:
            self._return_locked(granted)
        for place in granted:
            place.grant()

    def _return_locked(self, granted: list[Place]) -> None:
        """A slot comes back: to the first waiter whose time is not over, or to the free ones."""
        now = self._now()
        while self._queue:
            place = self._queue.popleft()
            granted.append(place)
            if now < place.due:
                place.held = True
                self.admitted += 1
                return
            place.expired = True
        self._free += 1

    def forgotten(self, permit: Any) -> None:
        """A permit was collected unsettled: no lock may be taken now."""
        self._lost.append(None)

    def redeemed(self, place: Place) -> Any:
        """A waiter looks: its slot, or its time is over."""
        with self._lock:
            if place.held:
                return _SLOT
            if not place.expired:
                self._queue.remove(place)
            self.rejected += 1
        self.refuse("waited too long")
        return None

    def forsaken(self, place: Place) -> None:
        """A waiter breaks off: a slot that it was granted already is handed on."""
        with self._lock:
            held = place.held
            if not held and not place.expired:
                self._queue.remove(place)
        if held:
            self.released(_SLOT)

    def snapshot(self) -> BulkheadSnapshot:
        with self._lock:
            return BulkheadSnapshot(
                name=self.name,
                active=self.max_concurrent - self._free,
                max_concurrent=self.max_concurrent,
                waiting=len(self._queue),
                max_queue=self.max_queue,
                admitted=self.admitted,
                rejected=self.rejected,
            )

    def reset_after_fork(self) -> None:
        reset_lock(self._lock)
        self._queue.clear()
        self._lost.clear()
        self._free = self.max_concurrent

    def __repr__(self) -> str:
        return f"<Bulkhead {self.name!r} {self.max_concurrent} at once, queue {self.max_queue}>"


class _Slot:
    __slots__ = ()


_SLOT = _Slot()


class Place(Ticket):
    """A place in the queue."""

    __slots__ = ("_bulkhead", "due", "expired", "held")

    def __init__(self, bulkhead: Bulkhead) -> None:
        super().__init__(bulkhead.wait)
        patience = remaining() if bulkhead.wait is None else min(bulkhead.wait, remaining())
        self._bulkhead = bulkhead
        self.due = bulkhead.clock.now() + patience
        self.expired = False
        self.held = False

    def redeem(self) -> Any:
        return self._bulkhead.redeemed(self)

    def forsake(self) -> None:
        self._bulkhead.forsaken(self)
