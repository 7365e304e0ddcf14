"""Bulkhead: so many calls at once, and a bounded queue before them.

Rules: slots and queue are those of `_slots.py`; the queue, `rejected` and the numbers are guarded by `_lock`, which is
never held while the guarded function or a listener runs. A slot whose permit was collected unsettled (`forgotten`, in a
finalizer) is put back without the lock; the next call that looks hands it on.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from typing import Any, Never, NoReturn

from .. import _options
from .._clock import Clock
from .._gate import Park, Verbs
from .._listeners import HUB
from .._names import reset_lock
from .._permit import Acquirable
from .._policy import Policy
from .._record import Record
from .._worst import WorstCase
from ..errors import BulkheadFullError
from ..events import CallRejected, WouldReject
from ._crowd import Crowd, Guest
from ._patience import patience_of
from ._place import Place
from ._slots import Slots


class BulkheadSnapshot(Record):
    """`active` calls of `max_concurrent`; `waiting` of `max_queue`; the rest since it was made.

    `would_reject`: calls that one in shadow mode let through, and would have refused.
    """

    name: str
    active: int
    max_concurrent: int
    waiting: int
    max_queue: int
    admitted: int
    rejected: int
    would_reject: int = 0


class Bulkhead(Policy[Never], Acquirable):
    """Let at most `max_concurrent` calls run at once; others wait in a bounded queue, or are refused.

    Args:
        max_concurrent: slots.
        max_queue: how many may wait (default 0: none).
        wait: seconds that one may wait; 0 refuses at once, `None` waits to the deadline (default).
        name: a label.
        shadow: count what it would refuse, and refuse and delay nothing; `explain()` then names a number of slots.

    Raises:
        BulkheadFullError: no slot, and no place in the queue or no more time in it.

    First in, first out across threads, tasks and loops; a cancelled waiter's slot goes to the next. A sync call on the
    thread of a running loop never waits: the slot may belong to that very loop. Source: Nygard, "Release It!".

    >>> Bulkhead(2).call(int, "7")
    7
    """

    __slots__ = ("_crowd", "_lock", "_slots", "max_concurrent", "max_queue", "rejected", "wait")
    kind = "bulkhead"

    def __init__(
        self,
        max_concurrent: int,
        *,
        max_queue: int = 0,
        wait: Any = None,
        name: str | None = None,
        shadow: bool = False,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name, clock=clock)
        self.max_concurrent = _options.count("max_concurrent", max_concurrent)
        self.max_queue = _options.count("max_queue", max_queue, minimum=0)
        self.wait = patience_of(wait)
        self._slots = Slots(self.max_concurrent)
        self._lock = allocate_lock()
        self._crowd = Crowd() if _options.flag("shadow", shadow) else None
        self.rejected = 0

    def check_generator(self, function: Callable[..., Any]) -> None:
        """Generators are guarded: the slot is held from the first `next` to the close."""

    def verbs(self) -> Verbs:
        """Closures over the tokens' own verbs: a call that need not wait takes no lock."""
        if self._crowd is not None:
            return Verbs(self.admit, self.succeeded, self.failed)
        slots, queue = self._slots, self._slots.queue
        pop, push = slots.free.pop, slots.free.append

        def admit(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if not queue:
                try:
                    slot = pop()
                except IndexError:
                    return self.admit(args, kwargs)
                slot.used += 1
                return slot
            return self.admit(args, kwargs)

        def succeeded(permit: Any, value: Any) -> None:
            push(permit)
            if queue:
                self._serve()

        return Verbs(admit, succeeded, self.failed)

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._crowd is not None:
            return self._watched(self._crowd)
        slots, now = self._slots, self._now()
        with self._lock:
            granted = slots.serve_locked(now)
            permit: Any = None if slots.queue else slots.take_locked()
            if permit is None and slots.waiting_locked() < self.max_queue and self.wait != 0:
                place = Place(self)
                slots.queue.append(place)
                granted += slots.serve_locked(now)
                permit = Park(place)
            elif permit is None:
                self.rejected += 1
        for place in granted:
            place.grant()
        if permit is None:
            self._refuse("full")
        return permit

    def _watched(self, crowd: Crowd) -> Guest:
        places = 0 if self.wait == 0 else self.max_queue
        guest = crowd.enter(self.max_concurrent + places)
        if guest.over:
            self.tell(WouldReject, reason="full")
        return guest

    def _refuse(self, reason: str) -> NoReturn:
        if self._listeners or HUB.listeners:
            self.tell(CallRejected, reason=reason)
        raise BulkheadFullError(
            f"{self.name}: all {self.max_concurrent} slots are taken, and {self._slots.waiting_locked()} of "
            f"{self.max_queue} places in the queue ({reason}); allow more, or shed load before it "
            "(docs/policies/bulkhead.md)",
            policy=self.name,
            reason=reason,
        )

    def succeeded(self, permit: Any, value: Any) -> None:
        self.released(permit)

    def failed(self, permit: Any, error: BaseException, attempt: int) -> None:
        self.released(permit)

    def released(self, permit: Any) -> None:
        if self._crowd is not None:
            self._crowd.leave(permit)
            return
        self._slots.free.append(permit)
        if self._slots.queue:
            self._serve()

    def _serve(self) -> None:
        now = self._now()
        with self._lock:
            granted = self._slots.serve_locked(now)
        for place in granted:
            place.grant()

    def forgotten(self, permit: Any) -> None:
        """A permit was collected unsettled: no lock may be taken now."""
        if self._crowd is not None:
            self._crowd.lost.append(permit)
        else:
            self._slots.free.append(permit)

    def redeemed(self, place: Place) -> Any:
        """A waiter looks: its slot, or its time is over."""
        with self._lock:
            if place.permit is not None:
                return place.permit
            if not place.expired:
                self._slots.queue.remove(place)
            self.rejected += 1
        return self._refuse("waited too long")

    def forsaken(self, place: Place) -> None:
        """A waiter breaks off: a slot that it was granted already is handed on."""
        with self._lock:
            slot = place.permit
            if slot is None and not place.expired:
                self._slots.queue.remove(place)
        if slot is not None:
            slot.used -= 1  # granted, and never used: no call was admitted
            self.released(slot)

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
        patience = wait if wait is ... else patience_of(wait)
        now = self._now()
        with self._lock:
            if slots is not None:
                self._slots.resize_locked(slots)
                self.max_concurrent = slots
            if places is not None:
                self.max_queue = places
            if patience is not ...:
                self.wait = patience
            granted = self._slots.serve_locked(now)
        for place in granted:
            place.grant()

    def worst_case(self, inner: WorstCase) -> WorstCase:
        queues = self.max_queue and self._crowd is None
        waits = 0.0 if not queues else _options.INFINITY if self.wait is None else self.wait
        return WorstCase(calls=inner.calls, seconds=inner.seconds + waits)

    def explain(self) -> str:
        """What it did and would do, in plain words; in shadow mode, the number of slots that would have refused nothing.

        >>> Bulkhead(2).explain()
        '0 of 2 slots are taken, 0 of 0 places in the queue; 0 of 0 calls were refused'
        """
        if self._crowd is not None:
            return self._crowd.explain(f"{self.max_concurrent} slots", "max_concurrent")
        now = self.snapshot()
        return (
            f"{now.active} of {now.max_concurrent} slots are taken, {now.waiting} of {now.max_queue} places in the queue; "
            f"{now.rejected} of {now.admitted + now.rejected} calls were refused"
        )

    def snapshot(self) -> BulkheadSnapshot:
        crowd, slots = self._crowd, self._slots
        with self._lock:
            return BulkheadSnapshot(
                name=self.name,
                active=slots.taken_locked() if crowd is None else crowd.running,
                max_concurrent=self.max_concurrent,
                waiting=slots.waiting_locked(),
                max_queue=self.max_queue,
                admitted=slots.used_locked() if crowd is None else crowd.came,
                rejected=self.rejected,
                would_reject=0 if crowd is None else crowd.over,
            )

    def reset_after_fork(self) -> None:
        reset_lock(self._lock)
        self._slots.forget_holders()
        if self._crowd is not None:
            self._crowd.forget_holders()

    def __repr__(self) -> str:
        return f"<Bulkhead {self.name!r} {self.max_concurrent} at once, queue {self.max_queue}>"
