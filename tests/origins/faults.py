"""Steps of an origin that breaks, stalls or lies."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from tests.origins.answers import Headers, Step, head
from tests.origins.connection import Connection
from tests.origins.received import Received


def reset_before_headers(connection: Connection, request: Received) -> None:
    """The request was read; then the connection is reset."""
    connection.reset()


def close_before_headers(connection: Connection, request: Received) -> None:
    """The request was read; then the connection ends without a word."""
    connection.close()


def reset_after_headers(connection: Connection, request: Received) -> None:
    """Headers that promise a body, then a reset (once the client has had the time to read them)."""
    connection.send(head(200, {"content-length": "1000"}))
    connection.pause(0.05)
    connection.reset()


def die_mid_body(sent: int = 100, promised: int = 1000, headers: Headers | None = None) -> Step:
    """Fewer bytes than `Content-Length` says, then the end."""

    def step(connection: Connection, request: Received) -> None:
        connection.send(head(200, {"content-length": str(promised), **(headers or {})}) + b"x" * sent)
        connection.close()

    return step


def die_mid_chunk(connection: Connection, request: Received) -> None:
    """A chunked body whose second chunk stops short."""
    connection.send(head(200, {"transfer-encoding": "chunked"}) + b"5\r\nhello\r\n64\r\nworld")
    connection.close()


def garbage(connection: Connection, request: Received) -> None:
    """No HTTP at all."""
    connection.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    connection.close()


def hang_before_headers(connection: Connection, request: Received) -> None:
    """Say nothing until the client gives up."""
    connection.pause()
    connection.close()


def hang_mid_body(sent: int = 10) -> Step:
    """Headers and the first bytes, then nothing until the client gives up."""

    def step(connection: Connection, request: Received) -> None:
        connection.send(head(200, {"content-length": "1000"}) + b"x" * sent)
        connection.pause()
        connection.close()

    return step


def drip(size: int, *, every: float = 1.0, headers: Headers | None = None) -> Step:
    """A proper answer whose body comes a byte at a time."""

    def step(connection: Connection, request: Received) -> None:
        _drip(connection, head(200, {"content-length": str(size), **(headers or {})}), b"x" * size, every)

    return step


def drip_headers(*, every: float = 1.0) -> Step:
    """Even the headers come a byte at a time."""

    def step(connection: Connection, request: Received) -> None:
        _drip(connection, b"", head(200, {"content-length": "0"}), every)

    return step


def _drip(connection: Connection, at_once: bytes, slowly: bytes, every: float) -> None:
    connection.send(at_once)
    for index in range(len(slowly)):
        if not connection.pause(every):
            connection.close()
            return
        connection.send(slowly[index : index + 1])


def closed_port() -> int:
    """A port of the loopback on which nobody listens: connections are refused."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """The URL of a port that neither refuses nor accepts: the queue of connections is full for good."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
