"""One accepted connection: what a step does to it, and how it ends."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import time

from tests.origins.received import Received, read_request

# Nothing here outlives a test: a client that neither reads nor leaves is dropped after this long.
PATIENCE = 30.0


class Connection:
    """A client's connection. Steps write to it, wait with it, and end it; only its own thread does."""

    def __init__(self, accepted: socket.socket, stopping: socket.socket, number: int) -> None:
        self._socket = accepted
        self._stopping = stopping
        self._stream = accepted.makefile("rb")
        self.number = number
        self.is_open = True
        accepted.settimeout(PATIENCE)

    def receive(self) -> Received | None:
        """The next request; `None` when the client is done."""
        return read_request(self._stream, self.number)

    def raw(self, size: int) -> bytes:
        """At most so many bytes, as they come: for what is spoken after an upgrade."""
        return self._stream.read1(size)  # type: ignore[attr-defined] # makefile("rb") gives a BufferedReader

    def send(self, data: bytes) -> None:
        """All of it, or the error of a client that has gone."""
        self._socket.sendall(data)

    def pause(self, seconds: float | None = None) -> bool:
        """Wait; `None` is for ever. False as soon as the client has left or the origin closes."""
        until = time.monotonic() + (PATIENCE if seconds is None else seconds)
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self._socket, self._stopping], [], [], left)
            if ready and (self._stopping in ready or self._has_left()):
                self.is_open = False
                return False
        return seconds is not None

    def _has_left(self) -> bool:
        if isinstance(self._socket, ssl.SSLSocket):
            return True  # a client that waits for its answer has nothing to say but goodbye
        with contextlib.suppress(OSError):
            if self._socket.recv(1, socket.MSG_PEEK):
                time.sleep(0.005)  # it sent more, which nobody reads: do not spin on it
                return False
        return True

    def reset(self) -> None:
        """End it with a TCP reset, as a crashed process or a cut cable's middlebox does."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._end()

    def close(self) -> None:
        """End it in order: what was sent still arrives."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._end()

    def abort(self) -> None:
        """Wake a thread that reads or writes here; for the origin's own end."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _end(self) -> None:
        self.is_open = False
        with contextlib.suppress(OSError):
            self._stream.close()
        with contextlib.suppress(OSError):
            self._socket.close()
