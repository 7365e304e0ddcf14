"""Which world runs this code (threads, asyncio, trio), the real clock, and waiting for a ticket in each.

Asked in slow paths only. Neither asyncio nor trio is imported here: a world that nobody has loaded runs nothing.
No state belongs to a loop: whatever is made for one wait is dropped with it.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from collections.abc import Callable
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ._clock import Clock
from ._deadline import remaining
from ._options import INFINITY
from ._span import span
from ._ticket import Ticket
from .errors import DEADLINE_PASSED, CallTimeoutError, ResilienceWarning

if TYPE_CHECKING:
    from threading import Event

    from ._world_asyncio import AsyncioWorld
    from ._world_trio import TrioWorld

_LOOK = 1.0
_LONGEST = 1e9
"""What a thread sleeps or waits for at once: 31 years. Some centuries are more than the system can count."""
_MODULES: dict[str, Any] = sys.modules
_WARNED: WeakSet[Any] = WeakSet()
virtual: Any = None
"""The world of `resilience.simulate`, while one runs; in its own thread only."""
waits = True
"""Off inside `resilience.testing.no_waiting()`."""


def _asyncio_runs() -> bool:
    asyncio = _MODULES.get("asyncio")
    if asyncio is None or asyncio._get_running_loop() is None:
        return False
    # In trio's guest mode asyncio's loop is set under trio's tasks as well.
    return "trio" not in _MODULES or asyncio.current_task() is not None or not _trio_runs()


def _trio_runs() -> bool:
    trio = _MODULES.get("trio")
    return trio is not None and trio.lowlevel.in_trio_run()


def loop_runs_here() -> bool:
    """Is this the thread of a running event loop? Then a sync call must not wait for what that loop may hold."""
    return _asyncio_runs() or _trio_runs()


def async_world() -> Any:
    """The world of the running task."""
    if virtual is not None and virtual.thread == get_ident():
        return virtual
    return (_asyncio or _load_asyncio()) if _asyncio_runs() else (_trio or _load_trio())


_asyncio: AsyncioWorld | None = None
_trio: TrioWorld | None = None


def _load_asyncio() -> AsyncioWorld:
    global _asyncio
    from ._world_asyncio import ASYNCIO

    _asyncio = ASYNCIO
    return ASYNCIO


def _load_trio() -> TrioWorld:
    global _trio
    from ._world_trio import TRIO

    _trio = TRIO
    return TRIO


class SystemClock:
    """Real time: `time.monotonic`, `time.sleep`, and the sleep of the world that awaits."""

    __slots__ = ()
    now = staticmethod(monotonic)

    def sleep(self, seconds: float) -> None:
        if seconds > 0 and waits:  # sleep(0) may still cost a system call of 85 us
            sleep(min(seconds, _LONGEST))

    async def asleep(self, seconds: float) -> None:
        await async_world().sleep(seconds if waits else 0)

    def call_at(self, when: float, callback: Callable[[], object]) -> Callable[[], None]:
        seconds = max(0.0, when - monotonic())
        if loop_runs_here():
            later: Callable[[], None] = async_world().call_later(seconds, callback)
            return later
        from threading import Timer

        timer = Timer(min(seconds, _LONGEST), callback)
        timer.daemon = True
        timer.start()
        return timer.cancel

    def __repr__(self) -> str:
        return "SystemClock()"


SYSTEM_CLOCK = SystemClock()


def pause(clock: Clock, seconds: float, gate: object) -> None:
    """Sleep in this thread; a whole event loop that has to sleep along is worth a warning."""
    if loop_runs_here() and gate not in _WARNED:
        _WARNED.add(gate)
        _warn_of_sleep(getattr(gate, "name", "a policy"), seconds)
    clock.sleep(seconds)


async def apause(clock: Clock, seconds: float, gate: object) -> None:
    """Sleep in this task."""
    await clock.asleep(seconds)


def _warn_of_sleep(name: str, seconds: float) -> None:
    from warnings import warn

    from ._blame import lines_within

    warn(
        f"{name}: a plain function waits {span(seconds)} for its next attempt on the thread of a running event loop, and "
        "everything in that loop waits with it. Use .acall() or decorate a coroutine function "
        "(docs/policies/retry.md)",
        ResilienceWarning,
        stacklevel=lines_within(),
    )


def block(event: Event, seconds: float, clock: Clock, look: float = INFINITY) -> None:
    """Block this thread until the event is set or so many seconds of this clock, or of real time, are over.

    `look` is real time: a clock that a test owns must not be made to jump by somebody who only looks.
    """
    if clock is SYSTEM_CLOCK:
        limit = max(0.0, min(seconds, look))
        event.wait(None if limit > _LONGEST else limit)
        return
    cancel = _nothing if seconds == INFINITY else clock.call_at(clock.now() + seconds, event.set)
    idle, busy, until = getattr(clock, "idle", None), getattr(clock, "busy", _nothing), monotonic() + look
    try:
        while not event.is_set() and (left := until - monotonic()) > 0:
            if idle is not None:
                idle(event)
                event.wait(0.001)
            else:
                event.wait(None if left == INFINITY else left)
    finally:
        cancel()
        busy()


def _nothing() -> None:
    pass


def _patience(ticket: Ticket) -> float:
    limit = INFINITY if ticket.timeout is None else ticket.timeout
    return min(limit, remaining())


def wait(ticket: Ticket, clock: Clock) -> None:
    """Wait until the ticket is granted, its timeout or the deadline is over, or nobody can grant it any more.

    On the thread of a running loop this returns at once, except for a wait that time alone ends: what it waits for
    may belong to that very loop.
    """
    if not ticket.time_only and loop_runs_here():
        return
    from threading import Event

    event = Event()
    ticket.listen(event.set)
    due = clock.now() + _patience(ticket)
    while not ticket.done and (left := due - clock.now()) > 0 and ticket.alive():
        block(event, left, clock, _LOOK if ticket.perishable else INFINITY)
        event.clear()


async def await_(ticket: Ticket, clock: Clock) -> None:
    """The twin of `wait` for a task, which may always wait."""
    world = async_world()
    due = clock.now() + _patience(ticket)
    event = world.event()
    ticket.listen(event.set)
    while not ticket.done and (left := due - clock.now()) > 0 and ticket.alive():
        if ticket.perishable:
            # Looks by real time: a fake clock must not be made to jump by a look.
            cancel = world.call_later(_LOOK, event.set)
        elif left != INFINITY:
            cancel = clock.call_at(due, event.set)
        else:
            cancel = _nothing
        try:
            await event.wait()
        finally:
            cancel()
        event.clear()


def attend(ticket: Ticket, clock: Clock) -> Any:
    """Wait in this thread, then redeem: a permit, another verdict, or it raises."""
    try:
        wait(ticket, clock)
    except BaseException:
        ticket.forsake()
        raise
    return _redeem(ticket)


async def aattend(ticket: Ticket, clock: Clock) -> Any:
    """The twin of `attend` for a task."""
    try:
        await await_(ticket, clock)
    except BaseException:
        ticket.forsake()
        raise
    return _redeem(ticket)


def _redeem(ticket: Ticket) -> Any:
    if not (ticket.done or ticket.works) and remaining() <= 0:
        ticket.forsake()
        raise deadline_passed()
    return ticket.redeem()


def deadline_passed(policy: str | None = None) -> CallTimeoutError:
    where = f"{policy}: " if policy else ""
    return CallTimeoutError(
        f"{where}the deadline had passed before the call was begun; allow more time around it, or less before it "
        "(docs/policies/timeout.md)",
        policy=policy,
        reason=DEADLINE_PASSED,
    )
