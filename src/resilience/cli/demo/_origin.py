"""A flaky origin: a real HTTP server on the loopback that has a bounded capacity and can lose what it depends on.

While it is well a request takes a few milliseconds of one of its few workers. During the outage each holds its worker much
longer, waiting for something that does not answer, and then gets a 503. So load matters: requests queue for a worker, and
once the queue is full they get a 503 at once. What is in the queue is worked on even if its client has left meanwhile.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from types import TracebackType
from typing import Self

from ._stopwatch import Stopwatch

WORKERS = 2
QUEUE = 8
WORK = 0.02
"""Seconds that a request takes while all is well."""


class FlakyOrigin:
    """An async context manager; it listens on `url` while it is open, and counts what it sees."""

    def __init__(self, stopwatch: Stopwatch, hold: float) -> None:
        self._now = stopwatch.now
        self._hold = hold
        self._is_down = False
        self._waiting = 0
        self._workers = asyncio.Semaphore(WORKERS)
        self._conversations: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.url = ""
        self.arrivals: list[float] = []
        self.answered = 0
        self.failed = 0
        self.overloaded = 0
        self.abandoned = 0

    def fail(self) -> None:
        """What it depends on stops answering."""
        self._is_down = True

    def heal(self) -> None:
        """All is well again."""
        self._is_down = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=512)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A task of our own: asyncio would log the end of one that it began."""
        conversation = asyncio.ensure_future(self._converse(reader, writer))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):  # the client is done, or left
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    self.arrivals.append(self._now())
                    status, told = await self._serve(head)
                    self.abandoned += reader.at_eof()
                    writer.write(_response(status, told if isinstance(told, dict) else {"told": told}))
                    await writer.drain()
        finally:
            writer.close()

    def answer(self, path: str) -> str | dict[str, object]:
        """What it says while all is well."""
        return path

    async def _serve(self, head: bytes) -> tuple[str, str | dict[str, object]]:
        if self._waiting >= QUEUE:
            self.overloaded += 1
            return "503 Service Unavailable", "overloaded"
        self._waiting += 1
        try:
            await self._workers.acquire()
        finally:
            self._waiting -= 1
        try:
            return await self._work(head)
        finally:
            self._workers.release()

    async def _work(self, head: bytes) -> tuple[str, str | dict[str, object]]:
        if self._is_down:
            await asyncio.sleep(self._hold)
            self.failed += 1
            return "503 Service Unavailable", "what this depends on does not answer"
        await asyncio.sleep(WORK)
        self.answered += 1
        return "200 OK", self.answer(head.split(b" ", 2)[1].decode("ascii"))


def _response(status: str, told: dict[str, object]) -> bytes:
    body = json.dumps(told).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode("ascii") + body
