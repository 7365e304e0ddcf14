"""The guarded clients, as far as httpx and httpx2 do not differ; `_kit.py` joins them to one of the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from resilience.http._exchange import READ_WHOLE
from resilience.http._origins import Origins, OriginsSnapshot, origins_of
from resilience.http._plan import PLAN_OPTIONS

if TYPE_CHECKING:
    from resilience.http._kit import Kit

_OWN_OPTIONS = frozenset(
    {*PLAN_OPTIONS, "breaker", "budget", "rate_limiter", "bulkhead", "max_origins", "name", "clock", "random"}
)


class GuardedClient:
    """What both clients are: a client of the package whose transports are guarded, with one state per origin."""

    kit: ClassVar[Kit]
    _kind: ClassVar[str]
    origins: Origins
    _transport: Any
    _mounts: dict[Any, Any]

    def __init__(self, *, origins: Origins | None = None, **options: Any) -> None:
        own = {name: options.pop(name) for name in _OWN_OPTIONS & options.keys()}
        self.origins = origins_of(origins, own)
        getattr(self.kit.package, f"{self._kind}Client").__init__(self, **options)
        # httpx has no public way to guard the transports that it makes itself, those of proxies among them. The two
        # names are the same in both packages; a test for each notices when that changes.
        self._transport = self._guarded(self._transport)
        self._mounts = {
            pattern: None if transport is None else self._guarded(transport)
            for pattern, transport in self._mounts.items()
        }

    def _guarded(self, transport: Any) -> Any:
        guard: Any = self.kit.async_transport if self._kind else self.kit.transport
        return guard(transport, origins=self.origins)

    def snapshot(self) -> OriginsSnapshot:
        """Every origin's breaker, budget and counts, as a frozen record."""
        return self.origins.snapshot()


class SyncClient(GuardedClient):
    """A client of httpx (or httpx2) that retries, breaks circuits and obeys deadlines, per origin.

    It takes what the package's own client takes, and besides the options of `Origins` (or `origins=`, to share them).
    Unless a response is streamed, its body is a part of the attempt: one that dies half-way is retried as well.

    Raises:
        CircuitOpenError, CallTimeoutError: ours, and `HTTPError`s of the package (but no `RequestError`s).

    Safe to share between threads, as the package's own is.

    >>> import httpx
    >>> from resilience.http import Client
    >>> answers = iter([httpx.Response(502), httpx.Response(200, text="rows")])
    >>> with Client(transport=httpx.MockTransport(lambda request: next(answers)), attempts=2) as client:
    ...     client.get("https://example.org/").text
    'rows'
    """

    _kind = ""

    def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
        """Send a request; unless it is streamed, the body is read within the attempt."""
        request.extensions[READ_WHOLE] = not stream
        return self.kit.package.Client.send(self, request, stream=stream, **options)


class AsyncClient(GuardedClient):
    """The async client; everything that `Client` says holds here, in asyncio and trio.

    Safe to share between tasks of one loop, as the package's own is; its `origins` may be shared between loops.

    >>> import asyncio, httpx
    >>> from resilience.http import AsyncClient
    >>> answers = iter([httpx.Response(502), httpx.Response(200, text="rows")])
    >>> async def main():
    ...     async with AsyncClient(transport=httpx.MockTransport(lambda request: next(answers))) as client:
    ...         return (await client.get("https://example.org/")).text
    >>> asyncio.run(main())
    'rows'
    """

    _kind = "Async"

    async def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
        """Send a request; unless it is streamed, the body is read within the attempt."""
        request.extensions[READ_WHOLE] = not stream
        return await self.kit.package.AsyncClient.send(self, request, stream=stream, **options)
