"""Play the script: three clients at once, each against an origin of its own, all origins alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

from ..._record import Record
from ._client import Client, GuardedClient, RetryOnlyClient
from ._diary import Diary
from ._origin import FlakyOrigin
from ._script import Script
from ._stopwatch import Stopwatch

_KINDS: dict[str, type[Client]] = {"guarded": GuardedClient, "retry_only": RetryOnlyClient, "bare": Client}
_OFTEN = 0.125
_LOOKS = 240
_DISTURBING = 4


class Part(Record):
    """One client and its origin; `name` is its key in the figures."""

    name: str
    client: Client
    origin: FlakyOrigin

    @property
    def diary(self) -> Diary:
        """What the client lived through."""
        return self.client.diary


class Play(Record):
    """What there is to see, while it runs and after.

    Attributes:
        script, stopwatch, parts: what is played, the time, and who plays.
        delays: seconds by which the process itself came late to each look: how busy this machine was.
    """

    script: Script
    stopwatch: Stopwatch
    parts: tuple[Part, ...]
    delays: list[float]

    @property
    def was_disturbed(self) -> bool:
        """Was the machine too busy for the figures to tell of the clients alone?"""
        return max(self.delays, default=0.0) > self.script.unit / _DISTURBING


Watch = Callable[[Play], None]


async def play(script: Script, watch: Watch) -> Play:
    """Play it to the end; `watch` looks on a few times a second."""
    stopwatch = Stopwatch()
    async with AsyncExitStack() as stack:
        parts = [await _part(stack, name, script, stopwatch) for name in _KINDS]
        stage = Play(script=script, stopwatch=stopwatch, parts=tuple(parts), delays=[])
        stopwatch.start()
        looking = asyncio.ensure_future(_look(stage, watch))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_lose_and_mend(stage))
                await _ask(stage, group)
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
    return stage


async def _part(stack: AsyncExitStack, name: str, script: Script, stopwatch: Stopwatch) -> Part:
    origin = await stack.enter_async_context(FlakyOrigin(stopwatch, hold=script.unit / 4))
    client = await stack.enter_async_context(_KINDS[name](script, Diary(stopwatch), origin.url))
    return Part(name=name, client=client, origin=origin)


async def _ask(stage: Play, group: asyncio.TaskGroup) -> None:
    """All clients ask the same at the same time, however long the answers take."""
    script = stage.script
    for number in range(script.calls):
        await _until(number / script.rate, stage)
        for part in stage.parts:
            group.create_task(part.client.call(number % script.items))


async def _lose_and_mend(stage: Play) -> None:
    down, up = stage.script.outage
    await _until(down, stage)
    for part in stage.parts:
        part.origin.fail()
    await _until(up, stage)
    for part in stage.parts:
        part.origin.heal()


async def _until(at: float, stage: Play) -> None:
    await asyncio.sleep(max(0.0, at - stage.stopwatch.now()))


async def _look(stage: Play, watch: Watch) -> None:
    pause = max(_OFTEN, stage.script.seconds / _LOOKS)  # a look at a long play costs more
    while True:
        watch(stage)
        due = stage.stopwatch.now() + pause
        await asyncio.sleep(pause)
        stage.delays.append(stage.stopwatch.now() - due)
