"""A request as an origin saw it, and how it is read off the wire."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_KEPT = 64 * 1024
_CHUNK = 64 * 1024
_LINE = 64 * 1024


class BrokenRequestError(Exception):
    """The client stopped in the middle of its request, or sent none that HTTP knows."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request: what a test may count and compare.

    `body_sha256` and `body_size` cover the whole body, `body` keeps its first 64 KiB; `at` is monotonic.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    body_size: int
    body_sha256: str
    at: float
    connection: int

    def header(self, name: str) -> str | None:
        """The first value of a header, or `None`."""
        return next((value for key, value in self.headers if key == name.lower()), None)


def read_request(stream: BinaryIO, connection: int) -> Received | None:
    """The next request of a connection; `None` once the client has closed it between two of them."""
    line = stream.readline(_LINE)
    if not line:
        return None
    try:
        method, path, _version = line.decode("latin-1").split()
    except ValueError:
        raise BrokenRequestError(line) from None
    headers = tuple(_headers(stream))
    digest, kept, size = hashlib.sha256(), bytearray(), 0
    for piece in _body(stream, dict(headers)):
        digest.update(piece)
        size += len(piece)
        kept += piece[: max(0, _KEPT - len(kept))]
    return Received(
        method=method,
        path=path,
        headers=headers,
        body=bytes(kept),
        body_size=size,
        body_sha256=digest.hexdigest(),
        at=time.monotonic(),
        connection=connection,
    )


def _headers(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    while (line := stream.readline(_LINE)) not in {b"\r\n", b"\n"}:
        if not line:
            raise BrokenRequestError("the headers have no end")
        name, _, value = line.decode("latin-1").partition(":")
        yield name.strip().lower(), value.strip()


def _body(stream: BinaryIO, headers: dict[str, str]) -> Iterator[bytes]:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int(stream.readline(_LINE).split(b";")[0] or b"0", 16):
            yield from _exactly(stream, size)
            stream.readline(_LINE)
        stream.readline(_LINE)
    else:
        yield from _exactly(stream, int(headers.get("content-length", "0")))


def _exactly(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        piece = stream.read(min(size, _CHUNK))
        if not piece:
            raise BrokenRequestError("the body is shorter than was said")
        size -= len(piece)
        yield piece
