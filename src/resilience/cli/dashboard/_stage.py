"""Something to look at: three services on the loopback, of which two fail now and then, and clients that ask on and on."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from random import Random
from threading import Event, Thread
from typing import Any, Self

import httpx

from ... import telemetry
from ..._backoff import Exponential
from ..._pipeline import Pipeline
from ...http import AsyncClient
from ...policies._trip import Consecutive
from ...policies.breaker import CircuitBreaker
from ...policies.bulkhead import Bulkhead
from ...policies.cache import Cache
from ...policies.fallback import Fallback
from ...policies.limiter import RateLimiter
from ...policies.timeout import Timeout
from ..demo._origin import FlakyOrigin
from ..demo._stopwatch import Stopwatch

_HOLD = 0.4
_NAMES = ("payments", "shop", "search")
# Seconds after which a service fails, and those that it stays so; `shop` never does.
_TROUBLE = {"payments": (14.0, 10.0), "search": (31.0, 6.0)}
_log = logging.getLogger("shop.checkout")


class Origin(FlakyOrigin):
    """A flaky origin that tells what it is made of."""

    name = ""

    def answer(self, path: str) -> str | dict[str, object]:
        """Health with its parts, and what is deployed."""
        if path == "/" or "health" in path or "version" in path:
            parts = {"database": {"status": "UP"}, "queue": {"status": "UP"}}
            return {"status": "UP", "checks": parts, "version": "2.4.1", "environment": "demo", "region": "loopback"}
        return path


class Stage:
    """A context manager; `urls` are the services, `origins` lets one fail and heal them."""

    def __init__(self, *, scripted: bool = True, rate: float = 12.0) -> None:
        self._scripted = scripted
        self._rate = rate
        self._ready = Event()
        self._end: Any = int
        self._recorder: telemetry.Recorder | None = None
        self._thread = Thread(target=lambda: asyncio.run(self._play()), name="resilience-demo", daemon=True)
        self.origins: dict[str, Origin] = {}

    @property
    def urls(self) -> list[str]:
        """Where the services are."""
        return [f"{name}={self.origins[name].url}" for name in _NAMES]

    def __enter__(self) -> Self:
        self._recorder = telemetry.enable()
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._end()
        self._thread.join(5)
        if self._recorder is not None:
            telemetry.disable()

    async def _play(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        self._end = lambda: loop.is_closed() or (task is not None and loop.call_soon_threadsafe(task.cancel))
        with suppress(asyncio.CancelledError):
            async with AsyncExitStack() as stack:
                for name in _NAMES:
                    self.origins[name] = await stack.enter_async_context(Origin(Stopwatch(), hold=_HOLD))
                clients = [await self._client(stack, name) for name in _NAMES]
                self._ready.set()
                async with asyncio.TaskGroup() as group:
                    for number, ask in enumerate(clients):
                        group.create_task(self._go_on_asking(ask, Random(number)))
                    if self._scripted:
                        for name, (well, ill) in _TROUBLE.items():
                            group.create_task(_trouble(self.origins[name], well, ill))

    async def _client(self, stack: AsyncExitStack, name: str) -> Any:
        client = await stack.enter_async_context(
            AsyncClient(
                base_url=self.origins[name].url,
                transport=httpx.AsyncHTTPTransport(trust_env=False),
                breaker=_breaker,
                name=f"{name} client",
                attempts=3,
                attempt_timeout=0.3,
                backoff=Exponential(0.02, maximum=0.2),
                timeout=None,
            )
        )

        async def fetch(item: int) -> str:
            response = await client.get(f"/items/{item}")
            response.raise_for_status()
            return response.text

        guards: dict[str, list[Any]] = {
            "payments": [
                Bulkhead(6, max_queue=4, wait=0.2, name="payments slots"),
                Timeout(1.0, name="payments total"),
            ],
            "shop": [Fallback("[]", name="shop fallback"), Cache("shop items", ttl=4.0, stale_if_error=60.0)],
            "search": [RateLimiter(10, per=1.0, burst=4, name="search rate"), Timeout(1.0, name="search total")],
        }
        return Pipeline(*guards[name], name=f"{name} calls")(fetch)

    async def _go_on_asking(self, ask: Any, random: Random) -> None:
        running: set[asyncio.Task[None]] = set()
        while True:
            await asyncio.sleep(random.expovariate(self._rate))
            task = asyncio.ensure_future(_ask(ask, random.randrange(20)))
            running.add(task)
            task.add_done_callback(running.discard)


def _breaker(origin: str) -> CircuitBreaker:
    return CircuitBreaker(origin, trip=Consecutive(4), reset_timeout=3.0)


async def _ask(ask: Any, item: int) -> None:
    try:
        await ask(item)
    except Exception as error:
        _log.warning("no answer for item %d: %s", item, error)


async def _trouble(origin: Origin, well: float, ill: float) -> None:
    while True:
        await asyncio.sleep(well)
        origin.fail()
        _log.error("a service has lost its database")
        await asyncio.sleep(ill)
        origin.heal()
        _log.info("the database is back")
