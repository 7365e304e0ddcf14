"""The same over real HTTP on loopback: a server of its own process, and the client of `resilience.http`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from random import Random
from time import monotonic
from typing import Any

from resilience.simulate._dependency import Server

from .script import PATIENCE, dependency

Body = Callable[[], Awaitable[Any]]
_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


async def serve() -> None:
    """Answers as the script says; `/begin` begins it, `/requests` tells how many came. Prints its port."""
    server, begun = Server(dependency(), Random(7).random), monotonic()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal server, begun
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1]
                if path == b"/begin":
                    server, begun = Server(dependency(), Random(7).random), monotonic()
                elif path == b"/requests":
                    text = str(server.requests).encode()
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text))
                    continue
                else:
                    # Taken now: a caller that hangs up meanwhile is worked for all the same.
                    await asyncio.sleep(server.take(monotonic() - begun).after)
                writer.write(_OK)
                await writer.drain()
        writer.close()

    listener = await asyncio.start_server(connection, "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


@contextlib.asynccontextmanager
async def origin() -> AsyncGenerator[str]:
    """The address of such a server, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.brown_out", "--serve", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()


async def told(url: str, what: str) -> str:
    """What the server says of itself, over a connection that nobody guards."""
    import httpx

    async with httpx.AsyncClient(timeout=30) as plain:
        return (await plain.get(f"{url}/{what}")).text


def ours(url: str) -> tuple[Body, Any]:
    """A client with an adaptive limit; nothing tuned."""
    from resilience import AdaptiveLimit

    return client(url, bulkhead=lambda label: AdaptiveLimit(name=label))


def unprotected(url: str) -> tuple[Body, Any]:
    """The same client with retries alone."""
    return client(url, budget=None)


def client(url: str, **options: Any) -> tuple[Body, Any]:
    """A call, and what closes its client."""
    import httpx

    from resilience.http import AsyncClient

    made = AsyncClient(
        attempts=3,
        attempt_timeout=PATIENCE,
        breaker=None,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=200),
        **options,
    )

    async def ask() -> Any:
        response = await made.get(url)
        response.raise_for_status()
        return response

    return ask, made
