"""The event stream: every page that is open hears of each new board; a bounded number of them, and none that is slow.

Rules: `_clients` is guarded by `_lock`. Changes are made once, in the collector's thread, and shared by all. A client whose
buffer does not empty for `_SLOW` seconds is dropped: it asks again, and gets a whole board.
"""

from __future__ import annotations

import asyncio
import contextlib
from threading import Lock

from ... import _options
from ..._listeners import Subscription
from .._board import Board
from .._collector import Collector
from ._changes import change
from ._guard import Message, Receive, Scope, Send, refuse

MOST_CLIENTS = 32
_SLOW, _QUIET = 10.0, 15.0
_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]


class Client:
    """One page: what waits to be sent to it, at most one message; what comes after that makes it begin anew."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._next: bytes | None = None
        self.is_behind = False

    def offer(self, message: bytes) -> None:
        """From any thread: send this next."""
        with contextlib.suppress(RuntimeError):  # its loop has ended
            self._loop.call_soon_threadsafe(self._put, message)

    def _put(self, message: bytes) -> None:
        self.is_behind = self._next is not None
        self._next = message
        self._ready.set()

    async def next(self) -> bytes | None:
        """The next message; `None` after a quiet time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), _QUIET)
        self._ready.clear()
        message, self._next = self._next, None
        return message


class Stream:
    """All pages of one dashboard."""

    def __init__(self, collector: Collector, most: int = MOST_CLIENTS) -> None:
        self._collector = collector
        self._most = _options.count("max_clients", most)
        self._lock = Lock()
        self._clients: set[Client] = set()
        self._last: Board | None = None
        self._listening: Subscription | None = None

    @property
    def clients(self) -> int:
        """Pages that are open."""
        with self._lock:
            return len(self._clients)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one page until it leaves, or is too slow."""
        client = Client()
        with self._lock:
            is_full = len(self._clients) >= self._most
            if not is_full:
                self._clients.add(client)
                self._listening = self._listening or self._collector.listen(self._heard)
        if is_full:
            await refuse(send, 503, f"{self._most} pages are open already")
            return
        try:
            await self._serve(client, receive, send)
        finally:
            self._leave(client)

    def _leave(self, client: Client) -> None:
        with self._lock:
            self._clients.discard(client)
            if not self._clients and self._listening is not None:
                self._listening.close()
                self._listening = self._last = None

    async def _serve(self, client: Client, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send_all(client, send))
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send_all(self, client: Client, send: Send) -> None:
        async def sent(message: Message) -> None:
            async with asyncio.timeout(_SLOW):
                await send(message)

        await sent({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await sent(_body(await self._whole()))
        while True:
            message = await client.next()
            if client.is_behind:
                client.is_behind, message = False, await self._whole()
            await sent(_body(b": still here\n\n" if message is None else message))

    async def _whole(self) -> bytes:
        board = await asyncio.to_thread(self._collector.board)
        return await asyncio.to_thread(lambda: _event("board", board.as_json(), board.number))

    def _heard(self, board: Board) -> None:
        with self._lock:
            clients, last, self._last = list(self._clients), self._last, board
        if not clients:
            return
        is_next = last is not None and last.number == board.number - 1
        message = (
            _event("change", change(last, board), board.number)
            if is_next and last is not None
            else _event("board", board.as_json(), board.number)
        )
        for client in clients:
            client.offer(message)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _body(piece: bytes) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": True}


def _event(name: str, data: str, number: int) -> bytes:
    """One event; JSON has no line ends of its own."""
    return f"event: {name}\nid: {number}\ndata: {data}\n\n".encode()
