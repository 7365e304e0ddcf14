"""The clock of a simulation."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from resilience.simulate._world import VirtualWorld


class VirtualClock:
    """A `Clock` on the time of a virtual world: nothing waits, time jumps."""

    __slots__ = ("_world",)

    def __init__(self, world: VirtualWorld) -> None:
        self._world = world

    def now(self) -> float:
        return self._world.now

    def sleep(self, seconds: float) -> NoReturn:
        raise TypeError(
            "a simulation runs coroutine functions only; use .acall(), and await the clock's asleep() (docs/simulate.md)"
        )

    async def asleep(self, seconds: float) -> None:
        await self._world.sleep(seconds)

    def call_at(self, when: float, callback: Callable[[], object]) -> Callable[[], None]:
        return self._world.call_at(when, callback).cancel

    def __repr__(self) -> str:
        return f"VirtualClock(now={self._world.now:g})"
