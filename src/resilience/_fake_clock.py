"""Time that a test owns.

Rules: `_lock` guards the time, the timers and the turn; callbacks run outside it. A sync wait calls `idle` while it blocks
and `busy` when it goes on; in a loop, a watcher task looks whether all its tasks wait. Nothing else can run once every
live thread is blocked so and none of them has been woken. A loop may be woken at any time and tells nobody: where there is
one, only its own watcher can jump. A jump may wake anybody: all have to say anew that they are blocked, and whoever looked
before it has lost its turn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from typing import Any

from . import _options
from ._world import async_world, block, loop_runs_here

_QUIET = 0.02
_ROUNDS = 15  # on a busy machine 20 ms may pass before a thread comes to run at all; who looks has to wait its turn too
_Timer = tuple[float, int, Callable[[], object]]


class FakeClock:
    """A clock that moves by `advance`, or by itself.

    Args:
        start: the first `now()`.
        autojump: once nothing else can run, jump to the earliest due time. A thread that works outside this clock, or
            another event loop, is given 20 ms of real time first. Without it, time stands still until `advance`.

    `slept` lists the seconds of every sleep asked of it, in order. For threads, asyncio and trio at once.

    >>> clock = FakeClock(start=100)
    >>> clock.sleep(5); clock.advance(1); clock.now()
    106.0
    """

    def __init__(self, start: float = 0.0, *, autojump: bool = True) -> None:
        self._now = _options.amount("start", start, minimum=-1e18)
        self.autojump = autojump
        self.slept: list[float] = []
        self._lock = threading.Lock()
        self._timers: list[_Timer] = []
        self._numbers = count()
        self._blocked: dict[int, threading.Event] = {}  # what a thread waits for
        self._turn = 0
        self._active = monotonic()
        self._rounds = 0
        self._looked: set[int] = set()
        self._watching: set[int] = set()

    def now(self) -> float:
        """The time."""
        return self._now

    def advance(self, seconds: Any) -> None:
        """Move on, stopping at every due time on the way."""
        target = self._now + _options.seconds("seconds", seconds, zero=True)
        while self._jump(target):
            pass
        with self._lock:
            self._now = max(self._now, target)

    def sleep(self, seconds: float) -> None:
        """Block this thread until the time has come."""
        self.slept.append(float(seconds))
        if seconds > 0:
            block(threading.Event(), seconds, self)

    async def asleep(self, seconds: float) -> None:
        """Suspend this task until the time has come."""
        self.slept.append(float(seconds))
        if seconds <= 0:
            await async_world().sleep(0)
            return
        event = async_world().event()
        cancel = self.call_at(self._now + seconds, event.set)
        try:
            await event.wait()
        finally:
            cancel()

    def call_at(self, when: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Call back when the time has come."""
        entry = when, next(self._numbers), callback
        with self._lock:
            heappush(self._timers, entry)
            self._note_locked()
        if self.autojump and loop_runs_here():
            self._watch()

        def cancel() -> None:
            with self._lock:
                self._note_locked()
                if entry in self._timers:
                    self._timers.remove(entry)
                    self._timers.sort()

        return cancel

    def _jump(self, limit: float = float("inf")) -> bool:
        """Go to the earliest due time, if that is not past the limit, and call back; was there one?"""
        with self._lock:
            if not self._timers or self._timers[0][0] > limit:
                return False
            when, _, callback = heappop(self._timers)
            self._now = max(self._now, when)
            self._note_locked()
        callback()
        return True

    def _jump_together(self, turn: int) -> None:
        """Call back everything that is due at the earliest time, unless somebody has jumped since this turn began."""
        with self._lock:
            if turn != self._turn:
                return
            self._turn += 1
            self._blocked.clear()
            due = self._timers[0][0] if self._timers else None
        while due is not None and self._jump(due):
            pass

    def idle(self, event: threading.Event) -> None:
        """This thread is blocked until the event is set: jump if all are."""
        if not self.autojump:
            return
        me, turn = threading.get_ident(), self._turn
        self._blocked[me] = event
        if (self._others_wait(me) or self._long_quiet(me)) and not event.is_set():
            self._jump_together(turn)

    def busy(self) -> None:
        """This thread is blocked no longer."""
        self._blocked.pop(threading.get_ident(), None)

    def _others_wait(self, me: int) -> bool:
        """Is every other thread blocked, and not woken yet?"""
        blocked = {thread for thread, event in self._blocked.copy().items() if not event.is_set()}
        # A thread that nobody began with `threading` is the interpreter's user's, such as that of pytest-xdist.
        return {thread.ident for thread in threading.enumerate()} <= blocked | {me}

    def _long_quiet(self, me: int) -> bool:
        """Has nobody come by for so long that those who run are none of ours?"""
        if me in self._looked:  # a round is over once somebody comes again: many who look are no more time
            self._rounds += 1
            self._looked.clear()
        self._looked.add(me)
        return self._rounds > _ROUNDS and monotonic() - self._active > _QUIET

    def _note_locked(self) -> None:
        """Somebody came by: others may follow."""
        self._active = monotonic()
        self._rounds = 0
        self._looked.clear()

    def _watch(self) -> None:
        """One watcher for each loop while timers are set from it."""
        me = threading.get_ident()
        if me in self._watching:
            return
        self._watching.add(me)
        idle = _asyncio_idle if async_world().name == "asyncio" else _trio_idle

        async def watch() -> None:
            try:
                while self._timers:
                    turn, waited = self._turn, self._others_wait(me)
                    await idle()
                    # A thread that ran before may have woken this loop after it was found idle.
                    if (waited and self._others_wait(me)) or self._long_quiet(me):
                        self._jump_together(turn)
                    else:
                        await async_world().sleep(0.001)
            finally:
                self._watching.discard(me)

        async_world().spawn(watch, Context())

    def __repr__(self) -> str:
        return f"FakeClock(now={self._now:g})"


async def _asyncio_idle() -> None:
    """Until every other task of this loop waits for something."""
    import asyncio

    quiet = 0
    me = asyncio.current_task()
    while quiet < 3:
        await asyncio.sleep(0)
        waits = [getattr(task, "_fut_waiter", None) for task in asyncio.all_tasks() if task is not me]
        quiet = quiet + 1 if all(future is not None and not future.done() for future in waits) else 0


async def _trio_idle() -> None:
    """Until every other task of this run waits for something."""
    from trio.testing import wait_all_tasks_blocked

    await wait_all_tasks_blocked()
