"""Bulkhead: so many calls at once, and a bounded queue before them.

Rules: `_free`, `_queue`, the counters and the numbers are guarded by `_lock`, which is never held while the guarded
function or a listener runs. Waiters are served first in, first out; a slot that comes back goes to the first waiter that
still waits. `_free` is below zero while more calls run than a bulkhead made smaller allows; what they give back is not
given out again. A permit that is collected leaves word in `_lost`, without the lock; the next locked section reads it.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from collections.abc import Callable
from typing import Any, Never, NoReturn

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
from .._worst import WorstCase
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
        self.wait = _patience(wait)
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
            if free > 0 and not lost:
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
            if self._free > 0:
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

    def refuse(self, reason: str) -> NoReturn:
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
        self._free += 1
        self._serve_locked(granted)

    def _serve_locked(self, granted: list[Place]) -> None:
        now = self._now()
        while self._queue and self._free > 0:
            place = self._queue.popleft()
            granted.append(place)
            if now < place.due:
                place.held = True
                self.admitted += 1
                self._free -= 1
            else:
                place.expired = True

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
        return self.refuse("waited too long")

    def forsaken(self, place: Place) -> None:
        """A waiter breaks off: a slot that it was granted already is handed on."""
        with self._lock:
            held = place.held
            if not held and not place.expired:
                self._queue.remove(place)
        if held:
            self.released(_SLOT)

    def retune(self, *, max_concurrent: int | None = None, max_queue: int | None = None, wait: Any = ...) -> None:
        """Change numbers in place; what is left out stays.

        Args:
            max_concurrent: slots. More go to those who wait at once; with fewer, the calls that run come to their end,
                and none begins until there is room.
            max_queue: places for those who come; who waits already stays.
            wait: seconds, or `None`, for those who come.

        >>> bulkhead = Bulkhead(1)
        >>> bulkhead.retune(max_concurrent=3)
        >>> bulkhead.snapshot().max_concurrent
        3
        """
        slots = None if max_concurrent is None else _options.count("max_concurrent", max_concurrent)
        places = None if max_queue is None else _options.count("max_queue", max_queue, minimum=0)
        patience = wait if wait is ... else _patience(wait)
        granted: list[Place] = []
        with self._lock:
            if slots is not None:
                self._free += slots - self.max_concurrent
                self.max_concurrent = slots
            if places is not None:
                self.max_queue = places
            if patience is not ...:
                self.wait = patience
            self._serve_locked(granted)
        for place in granted:
            place.grant()

    def worst_case(self, inner: WorstCase) -> WorstCase:
        waits = 0.0 if not self.max_queue else _options.INFINITY if self.wait is None else self.wait
        return WorstCase(calls=inner.calls, seconds=inner.seconds + waits)

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


def _patience(wait: Any) -> float | None:
    return None if wait is None else _options.seconds("wait", wait, zero=True, infinite=True)


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
