"""A flight: one load for one key, whoever runs it, whoever waits for it.

Rules: it lands once, by `land`, `fail` or `abandon`, under `_lock`; waiters are woken after it. An `Exception` goes to
all waiters; anything else abandons the flight, and then the first waiter to look leads; what is no cancellation either,
such as `SystemExit`, ends one waiter. When the last waiter of a load
that runs in a task of its own leaves, `gone()` takes the flight out of the gate's map *before* the task is cancelled.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from ._gate import Answer, Lead, Park, Verdict
from ._names import reset_in_child
from ._outcome import duplicate
from ._ticket import Ticket

INSIDE: ContextVar[tuple[Flight, ...]] = ContextVar("resilience_flights", default=())

UNDER_WAY, LANDED, FAILED, ABANDONED = "under way", "landed", "failed", "abandoned"


class Flight:
    """One load under way. Gates subclass it to store what lands."""

    __slots__ = (
        "_lock",
        "_traceback",
        "_unread",
        "_waiters",
        "alive",
        "cancel",
        "degraded",
        "outcome",
        "state",
        "waits",
    )

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._waiters: list[Boarding] = []
        self.state = UNDER_WAY
        self.outcome: Any = None
        self._traceback: TracebackType | None = None
        self.cancel: Callable[[], object] | None = None
        self.alive: Callable[[], bool] = _always
        self.degraded: list[Any] = []
        self.waits: list[Flight] = []
        self._unread = 0

    def stored(self, value: Any) -> None:
        """The load returned; keep the value if this flight is still wanted. Outside the lock, before the waiters."""

    def broken(self, error: Exception) -> None:
        """The load raised; outside the lock, before the waiters."""

    def gone(self) -> None:
        """The flight is no more: take it out of the map."""

    def land(self, value: Any) -> None:
        self.stored(value)
        self._end(LANDED, value)

    def given(self, value: Any) -> Any:
        """What one of those who asked gets of this value."""
        return value

    def rescue(self, error: Exception) -> Answer | None:
        """What answers instead of this error, if anything does."""
        return None

    def fail(self, error: Exception) -> Answer | None:
        """The load raised: what all get instead, or `None` and all get the error."""
        self._traceback = error.__traceback__
        rescued = self.rescue(error)
        self.broken(error)
        if rescued is None:
            self._end(FAILED, error)
        else:
            self._end(LANDED, rescued.value)
        return rescued

    def abandon(self) -> None:
        self.gone()
        self._end(ABANDONED, None)

    def interrupted(self, error: BaseException) -> bool:
        """The load raised what is neither an `Exception` nor a cancellation: one waiter raises it; False if none waits."""
        with self._lock:
            first = self._waiters[0] if self._waiters else None
            if first is not None:
                first.interruption = error
        self.abandon()
        return first is not None

    def _end(self, state: str, outcome: Any) -> None:
        with self._lock:
            if self.state is not UNDER_WAY:
                return
            waiters, self._waiters = self._waiters, []
            self.cancel = None  # it holds the task, whose context holds this flight
            self._unread = len(waiters)
            # An error that nobody waits for is not kept: it would hold the frames that hold this flight.
            self.state = ABANDONED if state is FAILED and not waiters else state
            self.outcome = None if self.state is ABANDONED else outcome
            if self.state is ABANDONED:
                self._traceback = None
        for waiter in waiters:
            waiter.grant()

    def board(self, inside: tuple[Flight, ...] = ()) -> Park | None:
        """A ticket for one more waiter; `None` for a load that would wait for one that waits for it."""
        with _waits:
            return self.embark(inside) if may_wait_locked(self, inside) else None

    def embark(self, inside: tuple[Flight, ...] = ()) -> Park:
        """The same for who may wait for certain, as the leader of a load that has just been made."""
        ticket = Boarding(self, inside)
        with self._lock:
            if self.state is UNDER_WAY:
                self._waiters.append(ticket)
            else:
                ticket.done = True
        return Park(ticket)

    def leave(self, ticket: Boarding) -> None:
        """A waiter breaks off; the last one to go takes the load with it, if that runs in a task of its own."""
        with self._lock:
            if ticket in self._waiters:
                self._waiters.remove(ticket)
            cancel = None if self._waiters or self.state is not UNDER_WAY else self.cancel
        if cancel is not None:
            self.gone()
            cancel()

    def result(self) -> Verdict | None:
        """What a waiter gets: the value, the error, or `None` if the flight was abandoned."""
        if self.state is LANDED:
            return Answer(self.given(self.outcome))
        error = self._share()
        if error is None:
            return None
        try:
            raise error.with_traceback(self._traceback)
        finally:
            del error  # or this frame, the traceback and the error would be a cycle

    def _share(self) -> BaseException | None:
        """The error for one waiter: the last to look gets it itself, the others a copy, which is theirs to annotate."""
        with self._lock:
            error: BaseException | None = self.outcome
            self._unread -= 1
            if self._unread <= 0:
                self.outcome = None
                return error
        return None if error is None else duplicate(error) or error

    def renew(self) -> Any:
        """What the gate says to a waiter of an abandoned flight: `Lead` for the first, a new wait for the others."""
        return Lead(self)


def note_degraded(value: Any) -> None:
    """A fallback gave this value: no load that this code runs in may store it."""
    for flight in INSIDE.get():
        flight.degraded.append(value)


def _always() -> bool:
    return True


_waits = allocate_lock()
"""Makes one step of the look whether two loads would wait for each other, and the wait."""


@reset_in_child
def _renew_lock() -> None:
    global _waits
    _waits = allocate_lock()


def may_wait_locked(flight: Flight, inside: tuple[Flight, ...]) -> bool:
    """May the loads that this code runs in wait for `flight`? Not if it waits, over whatever others, for one of them."""
    queue, seen = [flight], set[int]()
    while inside and queue:
        link = queue.pop()
        if link in inside:
            return False
        if id(link) not in seen:
            seen.add(id(link))
            queue.extend(link.waits)
    return True


class Boarding(Ticket):
    """A waiter of a flight, perhaps from `inside` others."""

    __slots__ = ("flight", "inside", "interruption")
    perishable = True

    def __init__(self, flight: Flight, inside: tuple[Flight, ...] = ()) -> None:
        super().__init__()
        self.flight = flight
        self.inside = inside
        self.interruption: BaseException | None = None
        for waiting in inside:
            waiting.waits.append(flight)

    def alive(self) -> bool:
        if self.flight.alive():
            return True
        self.flight.abandon()
        return False

    def _waits_no_more(self) -> None:
        for waiting in self.inside:
            waiting.waits.remove(self.flight)
        self.inside = ()

    def redeem(self) -> Any:
        self._waits_no_more()
        error, self.interruption = self.interruption, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # or this frame, the traceback and the error would be a cycle
        if self.flight.state is UNDER_WAY:
            return None
        result = self.flight.result()
        return self.flight.renew() if result is None else result

    def forsake(self) -> None:
        self._waits_no_more()
        self.flight.leave(self)
