"""A programmable HTTP/1.1 server on the loopback: real sockets, a thread a connection, a script of steps.

Rules: `_lock` guards the scripts and the records; a step runs on its connection's own thread without it.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from collections import defaultdict, deque
from types import TracebackType
from typing import Self

from tests.origins.answers import Step, answer
from tests.origins.connection import PATIENCE, Connection
from tests.origins.received import BrokenRequestError, Received


class Origin:
    """A context manager; `url` is where it listens while it is open.

    Each request plays the next step of its path's script (`at`), else of the general script, else `then`.
    `resets` is how many connections are reset as soon as they are accepted, before a byte is read.
    """

    def __init__(
        self, *steps: Step, then: Step | None = None, tls: ssl.SSLContext | None = None, resets: int = 0
    ) -> None:
        self._script = deque(steps)
        self._then = answer() if then is None else then
        self._paths: dict[str, tuple[deque[Step], Step | None]] = {}
        self._tls = tls
        self._resets = resets
        self._lock = threading.Lock()
        self._stopping, self._stop = socket.socketpair()
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []
        self._open: set[Connection] = set()
        self._counts: dict[str, int] = defaultdict(int)
        self.port = 0
        self.connections = 0
        self.requests: list[Received] = []

    @property
    def url(self) -> str:
        """Scheme, address and port, without a trailing slash."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}"

    def at(self, path: str, *steps: Step, then: Step | None = None) -> Self:
        """A script of its own for one path; when it has run out, `then`, else the general one."""
        with self._lock:
            self._paths[path] = (deque(steps), then)
        return self

    def play(self, *steps: Step, then: Step | None = None) -> Self:
        """A new general script from here on."""
        with self._lock:
            self._script = deque(steps)
            self._then = then or self._then
        return self

    def count(self, path: str | None = None) -> int:
        """Requests that were read whole, all or those for one path."""
        with self._lock:
            return len(self.requests) if path is None else self._counts[path]

    @property
    def open_connections(self) -> int:
        """Connections that nobody has ended yet."""
        with self._lock:
            return len(self._open)

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.send(b"x")
        self.refuse()
        for thread in self._threads:
            thread.join(PATIENCE)
        self._stop.close()
        self._stopping.close()

    def listen(self) -> None:
        """Accept connections, on the port that it had before if it had one."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(256)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._spawn(self._accept, listener)

    def refuse(self) -> None:
        """Go down: refuse connections and drop the open ones, until `listen`."""
        with self._lock:
            listener, self._listener = self._listener, None
            connections = list(self._open)
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in connections:
            connection.abort()

    def _spawn(self, function: object, *arguments: object) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)  # type: ignore[arg-type] # any callable
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                ready, _, _ = select.select([listener, self._stopping], [], [])
                if self._stopping in ready:
                    return
                accepted, _ = listener.accept()
            except (OSError, ValueError):  # closed by `refuse`
                return
            self._spawn(self._serve, listener, accepted)

    def _serve(self, listener: socket.socket, accepted: socket.socket) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self.connections += 1
            number = self.connections
            is_reset = number <= self._resets
        try:
            if self._tls is not None:
                accepted.settimeout(PATIENCE)
                accepted = self._tls.wrap_socket(accepted, server_side=True)
            connection = Connection(accepted, self._stopping, number)
        except OSError:  # a handshake that failed, which is what some tests want
            accepted.close()
            return
        with self._lock:
            self._open.add(connection)
            is_late = self._listener is not listener
        try:
            if is_late or is_reset:
                connection.reset()
            with contextlib.suppress(OSError, BrokenRequestError, ValueError):  # the client left: that is its right
                self._converse(connection)
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _converse(self, connection: Connection) -> None:
        while connection.is_open and (request := connection.receive()) is not None:
            with self._lock:
                self.requests.append(request)
                self._counts[request.path] += 1
                step = self._next_step(request.path)
            step(connection, request)

    def _next_step(self, path: str) -> Step:
        script, then = self._paths.get(path) or self._paths.get(path.partition("?")[0]) or (deque(), None)
        if script:
            return script.popleft()
        if then is not None:
            return then
        return self._script.popleft() if self._script else self._then
