"""Steps of an origin that answers properly, if not always gladly."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from tests.origins.connection import Connection
from tests.origins.received import Received

Step = Callable[[Connection, Received], None]
Headers = Mapping[str, str]


def head(status: int, headers: Headers) -> bytes:
    """A status line and headers, up to the empty line."""
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Unheard Of"
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(status: int = 200, body: bytes | str = b"ok", headers: Headers | None = None) -> Step:
    """Status, headers and a body of the length that is said."""
    content = body.encode() if isinstance(body, str) else body

    def step(connection: Connection, request: Received) -> None:
        bodiless = request.method == "HEAD" or status in {204, 304}
        told = {} if status in {204, 304} else {"content-length": str(len(content))}
        connection.send(head(status, {**told, **(headers or {})}) + (b"" if bodiless else content))

    return step


def json_answer(value: Any, status: int = 200, headers: Headers | None = None) -> Step:
    """A JSON document."""
    return answer(status, json.dumps(value), {"content-type": "application/json", **(headers or {})})


def unavailable(retry_after: str | None = None, status: int = 503, body: bytes = b"later") -> Step:
    """A 503 (or 429), with any spelling of `Retry-After`."""
    return answer(status, body, {} if retry_after is None else {"retry-after": retry_after})


def echo() -> Step:
    """What was received, as JSON: method, path, size and SHA-256 of the body."""

    def step(connection: Connection, request: Received) -> None:
        seen = {
            "method": request.method,
            "path": request.path,
            "size": request.body_size,
            "sha256": request.body_sha256,
        }
        json_answer(seen)(connection, request)

    return step


def redirect(location: str, status: int = 307) -> Step:
    """Go there instead."""
    return answer(status, b"", {"location": location})


def big(size: int, headers: Headers | None = None) -> Step:
    """A body of so many bytes, sent in pieces."""

    def step(connection: Connection, request: Received) -> None:
        connection.send(head(200, {"content-length": str(size), **(headers or {})}))
        piece = b"x" * min(size, 64 * 1024)
        for begun in range(0, size, len(piece) or 1):
            connection.send(piece[: size - begun])

    return step


def gzip_bomb(decoded: int) -> Step:
    """A small gzip body that grows to `decoded` bytes of zeros."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream:
        for begun in range(0, decoded, 1024 * 1024):
            stream.write(bytes(min(1024 * 1024, decoded - begun)))
    return answer(200, packed.getvalue(), {"content-encoding": "gzip", "content-type": "application/json"})


def event_stream(events: Sequence[str], *, every: float = 0.0, stay: bool = False) -> Step:
    """Server-sent events, chunked; with `stay` the stream then says nothing more and does not end."""

    def step(connection: Connection, request: Received) -> None:
        connection.send(head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))
        for event in events:
            data = f"data: {event}\n\n".encode()
            connection.send(b"%x\r\n%s\r\n" % (len(data), data))
            if every and not connection.pause(every):
                return
        if stay:
            connection.pause()
            connection.close()
        else:
            connection.send(b"0\r\n\r\n")

    return step


def upgrade(protocol: str = "echo") -> Step:
    """Switch protocols; then every byte comes back until the client leaves."""

    def step(connection: Connection, request: Received) -> None:
        connection.send(head(101, {"connection": "upgrade", "upgrade": protocol}))
        while data := connection.raw(4096):
            connection.send(data)
        connection.close()

    return step
