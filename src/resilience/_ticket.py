"""Tickets: how a queue stays pure. The gate grants, the driver waits.

Rules: `grant()` may be called from anywhere, takes effect once, and wakes outside every lock. A driver that breaks off
its wait calls `forsake()`; then the gate either drops the ticket from its queue or, if it was granted already, hands
the slot on. A driver that was granted, or ran out of its time, calls `redeem()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Wake = Callable[[], object]


class Ticket:
    """A place in a queue.

    `timeout`: seconds it may wait (`None`: to the deadline). `time_only`: nobody grants it, it is redeemed when its
    timeout is over, so that even a sync call on an event loop's thread may wait for it. `perishable`: who would grant it
    may vanish without a word, so a wait looks at `alive()` once a second. `works`: the wait stands for work, so that one
    which the deadline cuts short is no call that was never begun; it is redeemed like any other.
    """

    __slots__ = ("_wakes", "done", "time_only", "timeout")
    perishable = False
    works = False

    def __init__(self, timeout: float | None = None, *, time_only: bool = False) -> None:
        self.timeout = timeout
        self.time_only = time_only
        self.done = False
        self._wakes: list[Wake] = []

    def listen(self, wake: Wake) -> None:
        """Call `wake` when granted; at once if that has happened already."""
        self._wakes.append(wake)
        if self.done:
            wake()

    def grant(self) -> None:
        self.done = True
        for wake in self._wakes:
            wake()

    def alive(self) -> bool:
        """Can it still be granted?"""
        return True

    def redeem(self) -> Any:
        """A permit, another verdict, or it raises."""
        raise NotImplementedError

    def forsake(self) -> None:
        """The wait was broken off."""
        raise NotImplementedError
