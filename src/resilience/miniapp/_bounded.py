"""Reading at most so much of a body, decoded: a small answer may unpack to more than memory holds."""

from __future__ import annotations

import zlib
from typing import Any

LIMIT = 1024 * 1024
# What a client should ask for: these two can be unpacked a bounded piece at a time with the standard library.
ACCEPT_ENCODING = "gzip, deflate"
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class BoundedBody:
    """Takes the raw pieces of a body and keeps at most `limit` bytes of what they unpack to.

    `feed` says whether another piece is of use. What cannot be unpacked (another encoding, broken data) ends the
    reading; what came before stays, and `is_whole` is false.
    """

    __slots__ = ("_content", "_limit", "_raw_left", "_unpack", "_window", "is_whole")

    def __init__(self, encoding: str | None = None, limit: int = LIMIT) -> None:
        self._limit = limit
        self._raw_left = limit
        self._content = bytearray()
        self._window = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}.get((encoding or "").strip().lower())
        self._unpack: Any = None if self._window is None else zlib.decompressobj(self._window)
        self.is_whole = (encoding or "identity").strip().lower() in {"identity", "gzip", "x-gzip", "deflate"}

    @property
    def content(self) -> bytes:
        """What was read, unpacked."""
        return bytes(self._content)

    def feed(self, piece: bytes) -> bool:
        """Take a raw piece; false once nothing more is wanted."""
        if not self.is_whole:
            return False
        self.is_whole = len(piece) <= self._raw_left
        piece = piece[: self._raw_left]
        self._raw_left -= len(piece)
        if self._unpack is None:
            self._keep(piece)
        else:
            self._keep_unpacked(piece)
        return self.is_whole

    def _keep(self, piece: bytes) -> None:
        room = self._limit - len(self._content)
        self._content += piece[:room]
        self.is_whole = self.is_whole and len(piece) <= room

    def _keep_unpacked(self, piece: bytes) -> None:
        while piece:
            # One byte more than there is room for tells a body of exactly the limit from a longer one.
            room = self._limit - len(self._content) + 1
            try:
                self._keep(self._unpack.decompress(piece, room))
            except zlib.error:
                if self._window != _ZLIB or self._content:
                    self.is_whole = False
                    return
                self._restart(_RAW)  # "deflate" without its wrapping, as some servers send it
                continue
            if not self.is_whole:
                return
            piece = self._unpack.unconsumed_tail or self._unpack.unused_data
            if self._unpack.eof and piece and self._window == _GZIP:
                self._restart(_GZIP)  # a gzip file may have several members
            elif self._unpack.eof:
                return

    def _restart(self, window: int) -> None:
        self._window = window
        self._unpack = zlib.decompressobj(window)
