"""Watching many services, each at its own pace: in a thread each, or in a task each.

Rules: each service has a loop of its own and meets the others nowhere, so none can delay another. `_listeners` is a tuple
that is replaced, never changed in place. A loop ends when `_Stop` is set; a look under way is not waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from logging import getLogger
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Any, Self

from resilience import _options
from resilience._clock import Clock
from resilience._listeners import HUB, Listener, Subscription, checked_listener, tell, without
from resilience._policy import checked_clock
from resilience._record import Record
from resilience._world import SYSTEM_CLOCK, async_world, block
from resilience.miniapp._miniapp import AsyncMiniapp, Miniapp
from resilience.miniapp._observed import News, Observed, ServiceSnapshot

_GOODBYE = 1.0


class MonitorSnapshot(Record):
    """All services of a monitor, in the order they were given."""

    services: tuple[ServiceSnapshot, ...]


class Monitor:
    """Looks at many services again and again: keeps their caches filled, and a history of each.

    Args:
        *miniapps: all `Miniapp` (then `with Monitor(...)`, a thread each) or all `AsyncMiniapp` (then `async with`, a task
            each). They are not closed here.
        interval: seconds from the begin of one look at a service to the next (default 10). The first looks are made at
            once; the second ones come sooner, so that all services are looked at evenly over an interval, not in bursts.
        history: looks that are kept of each (default 1000).
        clock: as for every policy.

    Raises:
        TypeError: no miniapp, or both kinds. ValueError: the same one twice.

    A service that fails or hangs delays no other. `snapshot()` may be asked from any thread. What changes is told as
    `StatusChanged`, `HealthChanged`, `DeploymentChanged`, here and to `resilience.listen`.

    >>> import httpx
    >>> transport = httpx.MockTransport(lambda request: httpx.Response(200))
    >>> with Miniapp("https://shop.example", transport=transport) as shop:
    ...     [service] = Monitor(shop).check().services
    >>> service.status.online, service.uptime
    (True, 1.0)
    """

    def __init__(
        self, *miniapps: Miniapp | AsyncMiniapp, interval: Any = 10.0, history: int = 1000, clock: Clock | None = None
    ) -> None:
        self._is_async = bool(miniapps) and all(isinstance(app, AsyncMiniapp) for app in miniapps)
        if not miniapps or not (self._is_async or all(isinstance(app, Miniapp) for app in miniapps)):
            _options.refuse("miniapps", miniapps, "some Miniapps, or some AsyncMiniapps", kind=TypeError)
        if len({id(app) for app in miniapps}) < len(miniapps):  # each look would throw away the other's
            _options.refuse("miniapps", miniapps, "different ones, each given once")
        self._interval = _options.seconds("interval", interval)
        size = _options.count("history", history)
        self._clock = SYSTEM_CLOCK if clock is None else checked_clock(clock)
        self._observed = [Observed(app, size) for app in miniapps]
        self._listeners: tuple[tuple[Listener, tuple[type, ...]], ...] = ()
        self._ends: list[Callable[[], object]] = []
        self._threads: list[Thread] = []
        self._gone: list[Any] = []

    def listen(self, listener: Listener, *event_types: type) -> Subscription:
        """Hear what changes, or only some classes of it; see `resilience.listen`."""
        entry = checked_listener(listener, event_types)
        self._listeners = (*self._listeners, entry)

        def end() -> None:
            self._listeners = without(self._listeners, entry)

        return Subscription(end)

    def snapshot(self) -> MonitorSnapshot:
        """What is known of every service, as a frozen record."""
        return MonitorSnapshot(services=tuple(observed.snapshot() for observed in self._observed))

    def _tell(self, observed: Observed, news: News) -> None:
        for kind, fields in news:
            event = kind(policy=observed.name, key=observed.app.origin, at=self._clock.now(), **fields)
            tell(self._listeners, event)
            tell(HUB.listeners, event)

    def _end(self) -> None:
        for end in list(self._ends):
            end()

    def _first_due(self, observed: Observed) -> float:
        """The first looks are made at once, the second ones spread over an interval, and so all that come after."""
        return self._clock.now() + self._interval * (self._observed.index(observed) + 1) / len(self._observed)

    def _next_due(self, due: float) -> float:
        """That time, or the next of this service's own that is to come: a stall brings no two services together."""
        late = self._clock.now() - due
        return due if late < 0 else due + (late // self._interval + 1) * self._interval

    # Threads

    def check(self) -> MonitorSnapshot:
        """Look at every service once, at the same time, and wait for all of them.

        Raises:
            TypeError: the miniapps are async ones; use `acheck`.
        """
        self._must_be(is_async=False, instead="acheck()")
        threads = [Thread(target=self._look, args=(observed,), daemon=True) for observed in self._observed]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.snapshot()

    def _look(self, observed: Observed) -> None:
        try:
            status = observed.app.refresh()
            self._tell(observed, observed.saw_status(status))
            if status.online:
                self._tell(observed, observed.saw_health(observed.app.health()))
                self._tell(observed, observed.saw_deployment(observed.app.deployment()))
        except Exception as error:
            _log(observed, error)

    def _watch(self, observed: Observed, stop: Flag) -> None:
        due = self._first_due(observed)
        while not stop.is_set():
            self._look(observed)
            due = self._next_due(due)
            # The clock sets the flag that it waits for, so the one that ends the loop must be another.
            wake = Flag()
            self._ends.append(wake.set)
            if not stop.is_set():
                block(wake, max(0.0, due - self._clock.now()), self._clock)
            self._ends.remove(wake.set)
            due += self._interval

    def __enter__(self) -> Self:
        self._must_be(is_async=False, instead="async with")
        stop = Flag()
        self._ends = [stop.set]
        self._threads = [
            Thread(target=self._watch, args=(observed, stop), name=f"resilience-monitor-{observed.name}", daemon=True)
            for observed in self._observed
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()
        for thread in self._threads:
            thread.join(_GOODBYE / len(self._threads))

    # Tasks

    async def acheck(self) -> MonitorSnapshot:
        """Look at every service once, at the same time, and wait for all of them; in asyncio or trio.

        Raises:
            TypeError: the miniapps are sync ones; use `check`.
        """
        self._must_be(is_async=True, instead="check()")
        await self._spawned(self._alook)
        return self.snapshot()

    async def _spawned(self, work: Callable[[Observed], Any]) -> None:
        """Run it for every service in a task each, and wait for their ends."""
        world = async_world()
        events = [world.event() for _ in self._observed]
        cancels = [
            world.spawn(_ending(work, observed, event), Context())
            for observed, event in zip(self._observed, events, strict=True)
        ]
        try:
            for event in events:
                await event.wait()
        finally:
            for cancel in cancels:
                cancel()

    async def _alook(self, observed: Observed) -> None:
        try:
            status = await observed.app.refresh()
            self._tell(observed, observed.saw_status(status))
            if status.online:
                self._tell(observed, observed.saw_health(await observed.app.health()))
                self._tell(observed, observed.saw_deployment(await observed.app.deployment()))
        except Exception as error:
            _log(observed, error)

    async def _awatch(self, observed: Observed) -> None:
        due = self._first_due(observed)
        while True:
            await self._alook(observed)
            due = self._next_due(due)
            await self._clock.asleep(max(0.0, due - self._clock.now()))
            due += self._interval

    async def __aenter__(self) -> Self:
        self._must_be(is_async=True, instead="with")
        world = async_world()
        self._gone = [world.event() for _ in self._observed]
        self._ends = [
            world.spawn(_ending(self._awatch, observed, event), Context())
            for observed, event in zip(self._observed, self._gone, strict=True)
        ]
        try:
            # A task of asyncio that is cancelled before its first step would never tell of its end.
            await world.sleep(0)
        except BaseException:
            self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()
        for event in self._gone:
            await event.wait()

    def _must_be(self, *, is_async: bool, instead: str) -> None:
        if self._is_async is not is_async:
            kinds = "AsyncMiniapps" if self._is_async else "Miniapps"
            raise TypeError(f"this monitor has {kinds}: use {instead} (docs/miniapp.md)")

    def __repr__(self) -> str:
        names = ", ".join(repr(observed.name) for observed in self._observed)
        return f"<Monitor of {names} each {self._interval:g} s>"


def _ending(work: Callable[[Observed], Any], observed: Observed, event: Any) -> Callable[[], Any]:
    async def run() -> None:
        try:
            await work(observed)
        finally:
            event.set()

    return run


def _log(observed: Observed, error: Exception) -> None:
    getLogger("resilience.miniapp").error("a look at %s failed", observed.name, exc_info=error)
