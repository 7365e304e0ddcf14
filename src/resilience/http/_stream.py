"""An answer's body on its way to its reader: how it ends is the breaker's verdict.

Both are mixed with the stream class of httpx or httpx2. Between two pieces the caller's deadline is looked at; in a task
also while the next one is awaited, by a cancel scope, which ends all of httpx's generators from within.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from resilience._deadline import remaining
from resilience._options import INFINITY
from resilience.http._retry_after import FOR_EVER
from resilience.policies.timeout import Timeout

if TYPE_CHECKING:
    from resilience.http._exchange import Exchange


async def _next_piece(pieces: AsyncIterator[bytes]) -> bytes | None:
    return await anext(pieces, None)


_next_in_time = Timeout(FOR_EVER, name="http body")(_next_piece)


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
        pieces = aiter(self._stream)
        try:
            while (
                piece := await (_next_piece(pieces) if remaining() == INFINITY else _next_in_time(pieces))
            ) is not None:
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
