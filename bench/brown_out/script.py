"""The script that all contenders play, in real time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

from resilience.simulate import Dependency, DependencyError, LogNormal, Outage
from resilience.simulate._dependency import Server

OFFERED = 200.0
CAPACITY = 300.0
PATIENCE = 0.5
"""Seconds after which a caller gives up on one attempt; the dependency works on for it."""
CALM, OUTAGE, AFTERWARDS = 4.0, 8.0, 8.0
LENGTH = CALM + OUTAGE + AFTERWARDS
ENOUGH = 0.95
_SLICE = 0.1


def dependency() -> Dependency:
    """300 requests a second, in order; 30 of them are left during the outage."""
    outage = Outage(CALM, CALM + OUTAGE, capacity=0.1)
    return Dependency(capacity=CAPACITY, latency=LogNormal(0.01, p99=0.03), outages=[outage])


class Service:
    """The dependency in this process: counts what comes, and answers when the script says."""

    def __init__(self, seed: int) -> None:
        self._server = Server(dependency(), Random(seed).random)
        self._begun = monotonic()

    def begin(self) -> None:
        """The script's time begins now."""
        self._begun = monotonic()

    @property
    def requests(self) -> int:
        """Requests so far."""
        return self._server.requests

    async def ask(self) -> int:
        """One request."""
        served = self._server.take(monotonic() - self._begun)
        await asyncio.sleep(served.after)
        if served.error is not None:
            raise DependencyError(served.error)
        return 1


@dataclass
class Figures:
    """What came of one contender."""

    calls: int = 0
    requests: int = 0
    served: list[tuple[float, bool]] = field(default_factory=list)
    """Each call: when it began in the script's time, and whether it was served."""

    @property
    def load(self) -> float:
        """Requests for each call."""
        return self.requests / self.calls

    def share(self, begin: float, end: float) -> float:
        """Of the calls that began in this time, the share that was served."""
        outcomes = [served for at, served in self.served if begin <= at < end]
        return sum(outcomes) / len(outcomes) if outcomes else 0.0

    @property
    def in_outage(self) -> float:
        """Served during the outage."""
        return self.share(CALM, CALM + OUTAGE)

    @property
    def back(self) -> float | None:
        """Seconds after the outage's end at which a whole second begins that is served; `None`: never."""
        end = CALM + OUTAGE
        steps = int((AFTERWARDS - 1) / _SLICE)
        starts = [end + step * _SLICE for step in range(steps + 1)]
        return next((start - end for start in starts if self.share(start, start + 1) >= ENOUGH), None)


async def play(guarded: Any, requests: Any, begin: Any) -> Figures:
    """Offer the calls at random times, whether earlier ones have ended or not, and wait for the last."""
    figures, random = Figures(), Random(7)
    begin()
    started = monotonic()

    async def call() -> None:
        at = monotonic() - started
        try:
            await guarded()
        except Exception:
            figures.served.append((at, False))
        else:
            figures.served.append((at, True))

    tasks: set[asyncio.Task[None]] = set()
    due = started
    while (due := due + random.expovariate(OFFERED)) < started + LENGTH:
        await asyncio.sleep(max(0.0, due - monotonic()))
        task = asyncio.create_task(call())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        figures.calls += 1
    counted = requests()
    for task in list(tasks):  # a storm that never ends is not waited for
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    figures.requests = counted
    return figures
