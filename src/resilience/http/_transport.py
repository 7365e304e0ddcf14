"""The guarded transports, as far as httpx and httpx2 do not differ; `_kit.py` joins them to one of the two."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from resilience.errors import ResilienceError
from resilience.http._exchange import Exchange
from resilience.http._origins import Origins, OriginsSnapshot, origins_of

if TYPE_CHECKING:
    from resilience.http._kit import Kit


class GuardedTransport:
    """What both transports are: an inner one, and the origins' state."""

    kit: ClassVar[Kit]
    _kind: ClassVar[str]

    def __init__(self, transport: Any = None, *, origins: Origins | None = None, **options: Any) -> None:
        base = getattr(self.kit.package, f"{self._kind}BaseTransport")
        if transport is None:
            transport = getattr(self.kit.package, f"{self._kind}HTTPTransport")()
        if not isinstance(transport, base):
            raise TypeError(
                f"transport={transport!r}: must be a {self.kit.package.__name__}.{base.__name__}; "
                "each of httpx and httpx2, sync and async, has a guarded transport of its own (docs/http.md)"
            )
        if isinstance(transport, GuardedTransport):
            raise TypeError(
                f"transport={transport!r}: is guarded already, and twice guarded its retries would multiply; "
                "give it to a plain client (docs/http.md)"
            )
        self.inner = transport
        self.closings = 0
        self.origins = origins_of(origins, options)

    def guarded_stream(self, stream: Any, exchange: Exchange) -> Any:
        """The body, whose end is the breaker's verdict."""
        raise NotImplementedError

    def exchange(self, request: Any) -> Exchange | None:
        """The decisions for one request; `None` when it is to go out unguarded."""
        plan = self.origins.plan_for(request)
        if plan is None:
            return None
        state = self.origins.of(request.url)
        state.requests += 1
        return Exchange(request, state, plan, self)

    def snapshot(self) -> OriginsSnapshot:
        """Every origin's breaker, budget and counts, as a frozen record."""
        return self.origins.snapshot()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} around {self.inner!r}>"


class SyncTransport(GuardedTransport):
    """A transport of httpx (or httpx2) that retries, breaks circuits and obeys deadlines, per origin.

    Args:
        transport: the one that does the work; by default an `HTTPTransport()`.
        origins: options and state to share with other transports; else the options of `Origins` may be given here.

    Retried are errors of the transport and `retry_statuses`, for idempotent methods or with an `Idempotency-Key`; where
    not a byte was sent, every method. Never: a one-shot body, TLS and URL errors, 501. `Retry-After` is obeyed and never
    cut short. One request may differ: `extensions={"resilience": {"attempts": 1}}`, or `False` for no guard at all.

    Raises:
        CircuitOpenError, CallTimeoutError: ours, and `HTTPError`s of the package (but no `RequestError`s).

    Safe to share between threads as far as the inner transport is.

    >>> import httpx
    >>> from resilience.http import ResilientTransport
    >>> answers = iter([httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(200, text="rows")])
    >>> transport = ResilientTransport(httpx.MockTransport(lambda request: next(answers)))
    >>> httpx.Client(transport=transport).get("https://example.org/").text
    'rows'
    """

    _kind = ""

    def guarded_stream(self, stream: Any, exchange: Exchange) -> Any:
        return self.kit.stream(stream, exchange)

    def handle_request(self, request: Any) -> Any:
        """Send a request, guarded."""
        exchange = self.exchange(request)
        if exchange is None:
            return self.inner.handle_request(request)
        try:
            chain = exchange.chain(is_async=False)
            return exchange.done(chain(exchange))
        except ResilienceError as error:
            raise self.kit.flavoured(error, request) from error.__cause__

    def close(self) -> None:
        """Close the inner transport; a call that is under way begins no further attempt."""
        self.closings += 1
        self.inner.close()

    def __enter__(self) -> Self:
        self.inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.closings += 1
        self.inner.__exit__(kind, error, traceback)


class AsyncTransport(GuardedTransport):
    """The async transport; everything that `ResilientTransport` says holds here, in asyncio and trio.

    Safe to share between tasks of one loop, as the inner transport is; its `origins` may be shared between loops.

    >>> import asyncio, httpx
    >>> from resilience.http import AsyncResilientTransport
    >>> answers = iter([httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(200, text="rows")])
    >>> async def main():
    ...     transport = AsyncResilientTransport(httpx.MockTransport(lambda request: next(answers)))
    ...     async with httpx.AsyncClient(transport=transport) as client:
    ...         return (await client.get("https://example.org/")).text
    >>> asyncio.run(main())
    'rows'
    """

    _kind = "Async"

    def guarded_stream(self, stream: Any, exchange: Exchange) -> Any:
        return self.kit.async_stream(stream, exchange)

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request, guarded."""
        exchange = self.exchange(request)
        if exchange is None:
            return await self.inner.handle_async_request(request)
        try:
            chain = exchange.chain(is_async=True)
            return exchange.done(await chain(exchange))
        except ResilienceError as error:
            raise self.kit.flavoured(error, request) from error.__cause__

    async def aclose(self) -> None:
        """Close the inner transport; a call that is under way begins no further attempt."""
        self.closings += 1
        await self.inner.aclose()

    async def __aenter__(self) -> Self:
        await self.inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.closings += 1
        await self.inner.__aexit__(kind, error, traceback)
