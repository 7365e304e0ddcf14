"""The three clients. They ask the same questions with the same timeout; what guards them is the only difference."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import httpx

from ..._backoff import Exponential
from ..._listeners import listen
from ..._record import Record
from ...events import BreakerStateChanged, CallRejected, RetryScheduled
from ...http import AsyncClient
from ...policies._trip import Consecutive
from ...policies.breaker import CircuitBreaker
from ...policies.cache import Cache
from ...policies.retry import Retry
from ._diary import Call, Diary, Outcome
from ._script import Script

_ATTEMPTS = 3
_FAILURES = 5


class Answer(Record):
    """What the origin told, and when."""

    told: str
    at: float


class CountedTransport(httpx.AsyncHTTPTransport):
    """Httpx's own transport, which notes how many requests go out."""

    def __init__(self, diary: Diary) -> None:
        # Proxies of the environment have no say on the loopback.
        super().__init__(trust_env=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=50))
        self._diary = diary

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._diary.attempts += 1
        return await super().handle_async_request(request)


class Client:
    """A bare httpx client with a timeout; an async context manager."""

    has_breaker = False

    def __init__(self, script: Script, diary: Diary, url: str) -> None:
        self.script = script
        self.diary = diary
        self._stack = AsyncExitStack()
        self._http = self.make_http(url)
        self._ask = self.guarded(self._fetch)

    @property
    def fresh_for(self) -> float:
        """Seconds after which an answer is stale."""
        return self.script.unit

    @property
    def cache_hits(self) -> int:
        """How often a cache of its own answered."""
        return 0

    def make_http(self, url: str) -> httpx.AsyncClient:
        """The client of httpx."""
        return httpx.AsyncClient(base_url=url, transport=CountedTransport(self.diary), timeout=self.script.unit)

    def guarded(self, fetch: Callable[[int], Awaitable[Answer]]) -> Callable[[int], Awaitable[Answer]]:
        """The question, with the policies of this client around it."""
        return fetch

    async def call(self, item: int) -> None:
        """Ask once, and write down how it ended."""
        begun = self.diary.now()
        try:
            answer = await self._ask(item)
        except httpx.HTTPError:
            outcome = Outcome.FAILED
        else:
            outcome = self._judged(begun - answer.at)
        self.diary.calls.append(Call(begun=begun, elapsed=self.diary.now() - begun, outcome=outcome))

    def _judged(self, age: float) -> Outcome:
        if age < 0:  # it came after the question
            return Outcome.FRESH
        return Outcome.REMEMBERED if age <= self.fresh_for else Outcome.STALE

    async def _fetch(self, item: int) -> Answer:
        response = await self._http.get(f"/items/{item}")
        response.raise_for_status()
        return Answer(told=response.json()["told"], at=self.diary.now())

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._http)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()


class RetryOnlyClient(Client):
    """The same, with retries and nothing that bounds them together: no budget, no breaker."""

    def guarded(self, fetch: Callable[[int], Awaitable[Answer]]) -> Callable[[int], Awaitable[Answer]]:
        retry = Retry(_ATTEMPTS, on=httpx.HTTPError, backoff=_backoff(self.script), name="demo retry-only")
        self._stack.enter_context(retry.listen(self.diary.hear, RetryScheduled))
        return retry(fetch)


class GuardedClient(Client):
    """The client of `resilience.http`, with a cache that hands out what it knew when the origin fails."""

    has_breaker = True
    _cache: Cache

    @property
    def cache_hits(self) -> int:
        return self._cache.snapshot().hits

    def make_http(self, url: str) -> httpx.AsyncClient:
        unit = self.script.unit
        name = "demo guarded"
        breaker = CircuitBreaker(name, trip=Consecutive(_FAILURES), reset_timeout=unit)
        self._stack.enter_context(breaker.listen(self.diary.hear, BreakerStateChanged, CallRejected))
        self._stack.enter_context(listen(self._hear_own(f"{name} {url}"), RetryScheduled))
        return AsyncClient(
            base_url=url,
            transport=CountedTransport(self.diary),
            timeout=unit,
            attempt_timeout=unit,
            attempts=_ATTEMPTS,
            backoff=_backoff(self.script),
            breaker=breaker,
            name=name,
        )

    def _hear_own(self, label: str) -> Callable[[Any], None]:
        """The client makes its retries itself, one for each kind of request: they are known by their label."""

        def hear(event: RetryScheduled) -> None:
            if event.policy.startswith(label):
                self.diary.hear(event)

        return hear

    def guarded(self, fetch: Callable[[int], Awaitable[Answer]]) -> Callable[[int], Awaitable[Answer]]:
        self._cache = Cache("demo guarded", ttl=self.fresh_for, stale_if_error=10 * self.script.seconds, jitter=0)
        return self._cache(fetch)


def _backoff(script: Script) -> Exponential:
    return Exponential(script.unit / 10, maximum=script.unit)
