"""An answer's body on its way to its reader: how it ends is the breaker's verdict.

The async one is a twin of the sync one but for `await`; both are mixed with the stream class of httpx or httpx2.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resilience.http._exchange import Exchange


class GuardedStream:
    """A body that is read in a thread. Closed early it is no failure: the reader had enough."""

    def __init__(self, stream: Any, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._stream:
                self._exchange.check_deadline()
                yield piece
        except GeneratorExit:
            raise
        except BaseException as error:
            other = self._exchange.body_failed(error)
            if other is None:
                raise
            raise other from error
        self._exchange.body_ended()

    def close(self) -> None:
        """Give back the connection, and leave of the breaker."""
        try:
            self._stream.close()
        finally:
            self._exchange.body_ended()


class AsyncGuardedStream:
    """A body that is read in a task. Closed early it is no failure: the reader had enough."""

    def __init__(self, stream: Any, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._stream:
                self._exchange.check_deadline()
                yield piece
        except GeneratorExit:
            raise
        except BaseException as error:
            other = self._exchange.body_failed(error)
            if other is None:
                raise
            raise other from error
        self._exchange.body_ended()

    async def aclose(self) -> None:
        """Give back the connection, and leave of the breaker."""
        try:
            await self._stream.aclose()
        finally:
            self._exchange.body_ended()
