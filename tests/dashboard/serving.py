"""The page served for real on the loopback, and requests to it byte by byte."""

import json
import socket
import time
from contextlib import contextmanager
from threading import Thread

from resilience.dashboard import Collector
from resilience.dashboard.web import dashboard
from resilience.dashboard.web._server import server_for

TOKEN = "a-token-of-tests-0123456789"
PATIENCE = 30.0


class Served:
    """A page on `port`, of `collector`."""

    def __init__(self, app, collector, port):
        self.app = app
        self.collector = collector
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"

    def connect(self):
        """A connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def raw(self, text):
        """Send these bytes, and give everything that comes back until it closes."""
        with self.connect() as connection:
            connection.sendall(text if isinstance(text, bytes) else text.encode("latin-1"))
            pieces = []
            while piece := connection.recv(65536):
                pieces.append(piece)
        return b"".join(pieces).decode("utf-8", "replace")

    def ask(self, path="/", method="GET", host=None, body="", **headers):
        """One request; the status and everything that came back."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}"] if body else []
        answer = self.raw("\r\n".join(lines) + "\r\n\r\n" + body)
        return int(answer.split(" ", 2)[1]), answer

    def act(self, action, kind, name, **headers):
        """Ask for a control as the page does."""
        headers = {"X_Resilience_Token": TOKEN, "Content_Type": "application/json"} | headers
        body = json.dumps({"action": action, "kind": kind, "name": name})
        return self.ask("/api/control", "POST", body=body, **{k: v for k, v in headers.items() if v is not None})


@contextmanager
def served(app=None, *, urls=(), collecting=None, around=None, **options):
    """Serve a dashboard until the block ends; `around(app)` may put it into another app."""
    collector = Collector(*urls, **{"refresh": 0.2, **(collecting or {})})
    with collector:
        app = app or dashboard(collector=collector, **options)
        listening = socket.create_server(("127.0.0.1", 0))
        server = server_for(around(app) if around else app, "127.0.0.1", 0)
        server.install_signal_handlers = lambda: None
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        eventually(lambda: server.started)
        try:
            yield Served(app, collector, listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(10)
            listening.close()


def eventually(condition, within=PATIENCE):
    """Wait until it holds, and give what it gave."""
    end = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)
