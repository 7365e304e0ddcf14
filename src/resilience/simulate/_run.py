"""Plays a scenario: clients, their policies, a dependency, on virtual time.

Rules: everything belongs to the thread that calls `simulate`; other threads go on in their own worlds.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextvars import Context
from functools import partial
from math import inf, log
from random import Random
from typing import Any

from resilience import _world
from resilience._pipeline import Pipeline
from resilience._policy import Policy
from resilience.errors import RejectedError
from resilience.events import BreakerStateChanged
from resilience.policies.breaker import CircuitBreaker
from resilience.simulate._clock import VirtualClock
from resilience.simulate._dependency import DependencyError, Served, Server
from resilience.simulate._report import Report, report
from resilience.simulate._scenario import Scenario
from resilience.simulate._tally import Tally
from resilience.simulate._world import Cancelled, VirtualWorld, suspended

Guarded = Callable[[], Coroutine[Any, Any, Served]]
Make = Callable[[], Policy[Any] | None]


def simulate(policy: Make, scenario: Scenario) -> Report:
    """What comes of these policies in this scenario: the same objects as in production, on virtual time.

    Args:
        policy: a function that makes the policies of one client, e.g. `lambda: Pipeline(Retry(), Timeout(2))`; `None`
            from it means no protection at all. It must make new ones at each call, with no clock of their own.
        scenario: who calls what.

    Raises:
        TypeError: `policy` is no function, or what it gives is no policy.

    Deterministic: the same scenario gives the same report. Blocks the calling thread, and needs no event loop; call it
    from plain code, not from a coroutine. Source: the retry storms of "Metastable Failures in Distributed Systems"
    (HotOS 2021).

    >>> from resilience import Retry, Timeout
    >>> from resilience.simulate import Dependency, Outage
    >>> script = Scenario(Dependency(capacity=300, outages=[Outage(5, 8, capacity=0)]), clients=20, duration=15)
    >>> report = simulate(lambda: Pipeline(Retry(), Timeout(2)), script)
    >>> report.amplification > 1, report.outages[0].back
    (True, 0.0)
    """
    if not callable(policy) or isinstance(policy, Policy):
        raise TypeError(
            f"policy={policy!r}: must be a function that makes one, e.g. lambda: Pipeline(Retry()) (docs/simulate.md)"
        )
    if _world.loop_runs_here() or _world.virtual is not None:
        raise RuntimeError(
            "simulate() was called inside an event loop or another simulation; call it from plain code (docs/simulate.md)"
        )
    world = VirtualWorld()
    _world.virtual = world
    try:
        return _Simulation(world, policy, scenario).run()
    finally:
        _world.virtual = None


class _GaveUp(Cancelled):
    """A caller's patience is over."""


class _Simulation:
    """One run."""

    def __init__(self, world: VirtualWorld, policy: Make, scenario: Scenario) -> None:
        self._world = world
        self._scenario = scenario
        self._clock = VirtualClock(world)
        self._random = Random(scenario.seed)
        self._tally = Tally(scenario.duration)
        self._server = Server(scenario.dependency, Random(scenario.seed + 1).random)
        self._chance = Random(scenario.seed + 2).random
        self._policies: list[Policy[Any]] = []
        owners = [""] if scenario.shared else [f" of client {number}" for number in range(1, scenario.clients + 1)]
        self._guarded = [self._guard(policy, owner) for owner in owners]

    def run(self) -> Report:
        self._world.begin(self._arrivals(), Context())
        self._world.run(self._scenario.duration)
        return report(self._scenario, self._tally)

    def _guard(self, make: Make, owner: str) -> Guarded:
        policy = make()
        if policy is None:
            return self._request
        if not isinstance(policy, Policy):
            raise TypeError(
                f"policy() gave {policy!r}: must give a policy, e.g. Pipeline(Retry()), or None (docs/simulate.md)"
            )
        pipeline = Pipeline(policy, clock=self._clock, random=self._chance)
        for part in policy.parts():
            if isinstance(part, CircuitBreaker):
                # Not the label as it is: its number tells how many of that name live in this process.
                part.listen(partial(self._changed, part.name.partition("#")[0] + owner), BreakerStateChanged)
        self._policies.append(pipeline)
        # One function each: a cache, and what else is kept for a function, is the client's own.
        guarded: Guarded = pipeline(_own(self._request))
        return guarded

    def _changed(self, label: str, event: BreakerStateChanged) -> None:
        self._tally.changed(event.at, label, event.old, event.new)

    async def _arrivals(self) -> None:
        offered, random, guarded = self._scenario.offered, self._random.random, self._guarded
        world = self._world
        while True:
            await world.sleep(-log(1.0 - random()) / offered)
            world.begin(self._call(guarded[int(random() * len(guarded))]), Context())

    async def _call(self, guarded: Guarded) -> None:
        world, tally, patience = self._world, self._tally, self._scenario.patience
        began, ended = world.now, _GaveUp()
        index = tally.began(began)
        timer = None if patience is None else world.call_at(began + patience, partial(world.task.cancel, ended))
        try:
            await guarded()
        except _GaveUp:
            tally.gave_up += 1
        except RejectedError as error:
            tally.refused[int(world.now * 10)] += 1
            tally.failures[type(error).__name__] += 1
        except Exception as error:
            tally.failed += 1
            tally.failures[type(error).__name__] += 1
        else:
            tally.served[index] += 1
            tally.latencies.append(world.now - began)
        finally:
            if timer is not None:
                timer.cancel()

    async def _request(self) -> Served:
        world = self._world
        self._tally.requests[int(world.now * 10)] += 1
        served = self._server.take(world.now)
        if served.after == inf:
            while True:
                await suspended()
        if served.after > 0:
            await world.sleep(served.after)
        if served.error is not None:
            raise DependencyError(served.error)
        return served


def _own(request: Guarded) -> Guarded:
    async def dependency() -> Served:
        return await request()

    return dependency
