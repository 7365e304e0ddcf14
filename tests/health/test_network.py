"""The checks over the network, against real sockets: connections, and the edges of answers."""

import contextlib
import socket

import httpx
import pytest
from tests.health.conftest import asked
from tests.origins import Origin, answer, closed_port, hang_before_headers

import resilience as r
from resilience import health
from resilience.health import HealthRegistry
from resilience.health._network import _answered
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


def test_http_that_hangs_is_told_as_a_timeout():
    """Whoever notices it first, as with a connection."""
    with Origin(hang_before_headers) as origin, r.deadline(0.05), pytest.raises(TimedOut):
        health.http(origin.url)()


def test_an_answer_at_the_threshold_is_in_time():
    """`THRESHOLD_RESPONSE_TIME_MS` is 1000: slower is degraded."""
    levels = [_answered(200, milliseconds).level for milliseconds in (1000, 1001)]
    assert levels == ["healthy", "degraded"]
