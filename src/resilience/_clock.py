"""What a clock is. The real one lives beside the worlds; `resilience.testing` has the fake one."""

from __future__ import annotations

from collections.abc import Callable
from time import time as wall_time
from typing import Protocol, runtime_checkable

__all__ = ["Clock", "wall_time"]


@runtime_checkable
class Clock(Protocol):
    """Time as the policies see it: seconds that never go back, from any starting point."""

    def now(self) -> float:
        """The time in seconds; only differences mean anything."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block this thread for so long."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Suspend this task (asyncio or trio) for so long."""
        ...

    def call_at(self, when: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Call back once `now()` has reached `when`; gives a function that calls it off."""
        ...
