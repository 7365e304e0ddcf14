"""Readers that are slow, many or greedy, and what they cannot do to others."""

import itertools
import json
import socket
import time
from threading import Event, Thread

from tests.dashboard.serving import eventually, served

import resilience
from resilience import telemetry
from resilience.dashboard.web import _server, _stream


def opened(page):
    """A reader of the stream, past the headers."""
    connection = page.connect()
    connection.sendall(f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n\r\n".encode())
    return connection


def events(connection):
    """What a reader is sent, event by event, as name and value."""
    reader, name = connection.makefile("rb"), ""
    for line in reader:
        text = line.decode("utf-8").strip()
        if text.startswith("event: "):
            name = text[7:]
        elif text.startswith("data: "):
            yield name, json.loads(text[6:])


def test_a_page_gets_a_board_and_then_what_changes():
    """The first event is a whole board; each later one says what it follows."""
    breaker = resilience.CircuitBreaker("streamed", trip=resilience.Consecutive(1))
    with telemetry.enable(), served() as page, opened(page) as connection:
        told = events(connection)
        name, board = next(told)
        assert name == "board"
        assert "streamed" in {tile["name"] for tile in board["policies"]}
        breaker.open(60)
        for name, change in told:
            assert name in {"change", "board"}
            tiles = {tile["key"]: tile for tile in change["policies"]}
            if any(tile.get("state") == "open" for tile in tiles.values()):
                break
        eventually(lambda: page.ask("/api/snapshot")[0] == 200)
    breaker.close()


def test_row_67_pages_are_bounded():
    """Who comes when all places are taken is refused, and let in when one is free."""
    with served(max_clients=2) as page:
        first, second = opened(page), opened(page)
        assert next(events(first))[0] == next(events(second))[0] == "board"
        assert page.ask("/api/events")[0] == 503
        assert page.ask("/api/snapshot")[0] == 200
        first.close()
        eventually(lambda: _is_let_in(page))
        second.close()


def _is_let_in(page):
    with opened(page) as connection:
        return connection.recv(64).startswith(b"HTTP/1.1 200")


def test_row_67_a_reader_that_does_not_read_is_dropped(monkeypatch):
    """A client that lets its buffers fill loses its place; others go on."""
    monkeypatch.setattr(_stream, "_SLOW", 0.3)
    number = itertools.count()
    bulk = telemetry.section("bulk", lambda: {"number": next(number), "bulk": "x" * 3_000_000})
    with bulk, served(max_clients=1) as page:
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        slow.connect(("127.0.0.1", page.port))
        with slow:
            slow.sendall(f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n\r\n".encode())
            eventually(lambda: page.ask("/api/events")[0] == 503)
            eventually(lambda: _is_let_in(page))


def test_row_67_half_a_request_is_not_waited_for(monkeypatch):
    """A connection that never ends its headers is closed, whether it sends nothing, a little, or drips."""
    quick = _server._protocol
    monkeypatch.setattr(_server, "_protocol", lambda: quick(0.4))
    with served() as page:
        for begin in (b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"GET"):
            with page.connect() as connection:
                connection.sendall(begin)
                begun = time.monotonic()
                assert connection.recv(100) == b""
                assert time.monotonic() - begun < 20
        with page.connect() as dripping:
            assert _drips(dripping)
        assert page.ask("/api/snapshot")[0] == 200


def _drips(connection):
    try:
        for _ in range(200):
            connection.sendall(b"X")
            time.sleep(0.05)
    except ConnectionError:
        return True
    return False


def test_row_67_giant_headers_are_refused():
    """A head of a megabyte is cut off."""
    with served() as page:
        try:
            answer = page.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000)
        except ConnectionError:
            answer = "HTTP/1.1 400 "
        assert answer.startswith("HTTP/1.1 400 ") or answer == ""
        assert page.ask("/")[0] == 200


def test_row_67_calls_go_on_while_a_board_is_made():
    """A snapshot that takes its time holds nothing that a call needs."""
    breaker = resilience.CircuitBreaker("called meanwhile")
    begun, go_on = Event(), Event()

    def slow():
        begun.set()
        go_on.wait(20)
        return 1

    with telemetry.enable(), served() as page, telemetry.section("slow", slow):
        reader = Thread(target=page.ask, args=("/api/snapshot",), daemon=True)
        reader.start()
        assert begun.wait(20)
        assert [breaker.call(int, "7") for _ in range(100)] == [7] * 100
        go_on.set()
        reader.join(20)
        assert not reader.is_alive()
