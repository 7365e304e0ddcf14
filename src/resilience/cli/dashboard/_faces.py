"""The faces of the dashboard, and which one is asked for."""

from __future__ import annotations

import socket
import sys
import time
from argparse import Namespace
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from ...dashboard import Board, Collector
from ...dashboard._picture import picture
from ...dashboard._still import still
from .._mistake import Mistake

_FIRST_LOOKS, _GLANCE = 10.0, 0.1
_HIGHEST_PORT = 65535
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PORT = "8765"


def show(arguments: Namespace, collector: Collector, *, token: str | None, control_token: str | None) -> int:
    """Open one face, until it ends or Ctrl-C, which is the way to end it."""
    if arguments.json or arguments.once:
        with collector:
            board = _known(collector)
        _write(arguments, board)
        return 0
    if arguments.web:
        return _serve(arguments, collector, token, control_token)
    return _terminal(collector)


def _known(collector: Collector) -> Board:
    """A board on which every source has been asked once, if that takes no longer than ten seconds."""
    end = time.monotonic() + _FIRST_LOOKS
    while True:
        board = collector.look()
        waiting = any(one.checks == 0 for one in board.services)
        waiting = waiting or any(one.kind == "dashboard" and one.error == "not asked yet" for one in board.sources)
        if not waiting or time.monotonic() > end:
            return board
        time.sleep(_GLANCE)


def _write(arguments: Namespace, board: Board) -> None:
    if arguments.json:
        print(board.as_json())
        return
    drawn = picture(board) if arguments.once.endswith(".svg") else f"{still(board)}\n"
    if arguments.once == "-":
        print(drawn, end="")
        return
    try:
        Path(arguments.once).write_text(drawn, "utf-8")
    except OSError as error:
        raise Mistake(f"--once {arguments.once!r}: cannot be written ({error.strerror})") from None


def _terminal(collector: Collector) -> int:
    if all(one.isatty() for one in (sys.stdin, sys.stdout, sys.stderr)) and find_spec("textual") is not None:
        from ...dashboard.terminal import run

        return run(collector)
    with collector:
        print(still(_known(collector)))
    return 0


def _serve(arguments: Namespace, collector: Collector, token: str | None, control_token: str | None) -> int:
    host = arguments.host or _LOOPBACK[0]
    try:
        from ...dashboard.web import dashboard
        from ...dashboard.web._guard import LOOPBACK
        from ...dashboard.web._server import server_for

        if host not in _LOOPBACK and (token is None or not arguments.allow_host):
            raise Mistake(
                f"--host {host}: others could read it: set RESILIENCE_DASHBOARD_TOKEN (16 characters or more) "
                "and say --allow-host NAME for each name that it is asked by"
            )
        if arguments.allow_controls and control_token is None:
            control_token = token_urlsafe(24)
            print(f"control token: {control_token}")
        app = dashboard(
            allowed_hosts=[*LOOPBACK, *arguments.allow_host],
            token=token,
            control_token=control_token if arguments.allow_controls else None,
            collector=collector,
        )
        listening = _listening(host, arguments.port or _PORT)
        server = server_for(app, host, 0)
    except ModuleNotFoundError as error:
        raise Mistake(str(error)) from None
    except ValueError as error:
        raise Mistake(str(error)) from None
    return _run(server, collector, listening)


def _run(server: Any, collector: Collector, listening: socket.socket) -> int:
    host, port = listening.getsockname()[:2]
    print(f"http://{f'[{host}]' if ':' in host else host}:{port}/  (Ctrl-C ends)", flush=True)
    with suppress(KeyboardInterrupt), collector, listening:
        server.run(sockets=[listening])
    return 0


def _listening(host: str, text: str) -> socket.socket:
    port = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= port <= _HIGHEST_PORT:
        raise Mistake(f"--port {text!r}: say a number from 0 to {_HIGHEST_PORT}")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise Mistake(f"--host {host} --port {port}: cannot listen there ({error.strerror}); try --port 0") from None
