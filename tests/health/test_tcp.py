"""The check of a connection, against real sockets."""

import contextlib
import socket

import httpx
import pytest
from tests.health.conftest import asked
from tests.origins import Origin, answer, closed_port

import resilience as r
from resilience import health
from resilience.health import HealthRegistry
from resilience.health._run import TimedOut


def test_tcp_connects_or_does_not(world):
    """An open port is healthy, a closed one not."""
    with Origin(answer(200)) as origin:
        registry = HealthRegistry(ttl=0)
        registry.add("open", health.tcp("127.0.0.1", httpx.URL(origin.url).port))
        registry.add("closed", health.tcp("127.0.0.1", closed_port()))
        assert [(check.level, check.error) for check in asked(world, registry).checks] == [
            ("healthy", None),
            ("unhealthy", "ConnectionRefusedError"),
        ]
    with Origin(answer(200)) as origin:
        assert health.tcp("127.0.0.1", httpx.URL(origin.url).port)() is None


def test_tcp_that_hangs_is_told_as_a_timeout():
    """Whoever notices it first, the connection or who waits for the check."""
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # more than the backlog takes: the next one gets no answer
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        with r.deadline(0.05), pytest.raises(TimedOut):
            health.tcp(*full.getsockname())()
