"""The trampolines of the two worlds are one program."""

from __future__ import annotations

import pytest
from tests.origins.twins import program

from resilience.http import _attempt, _client, _transport


@pytest.mark.parametrize(
    ("plain", "twin"),
    [
        (_attempt.attempt, _attempt.aattempt),
        (_attempt.send, _attempt.asend),
        (_attempt.judged, _attempt.ajudged),
        (_attempt.unwrapped, _attempt.aunwrapped),
        (_attempt.discard, _attempt.adiscard),
        (_transport.SyncTransport.handle_request, _transport.AsyncTransport.handle_async_request),
        (_transport.SyncTransport.close, _transport.AsyncTransport.aclose),
        (_client.SyncClient.send, _client.AsyncClient.send),
    ],
    ids=["attempt", "send", "judged", "unwrapped", "discard", "transport", "close", "client"],
)
def test_twins_differ_in_await_alone(plain, twin):
    """Whoever changes one must change the other."""
    assert program(plain) == program(twin)


def test_the_comparison_can_fail():
    """Two programs that differ are told apart."""
    assert program(_attempt.send) != program(_attempt.discard)
