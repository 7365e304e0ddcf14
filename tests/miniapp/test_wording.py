"""Errors in a few words for people."""

from __future__ import annotations

from itertools import pairwise

import httpx
import pytest

from resilience import BulkheadFullError, CallTimeoutError, CircuitOpenError
from resilience.miniapp._wording import wording


def chained(*errors):
    """The first error, each caused by the next."""
    for error, cause in pairwise(errors):
        error.__cause__ = cause
    return errors[0]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CircuitOpenError("x", reason="open", retry_after=11.2), "circuit open, retry in 12 s"),
        (CircuitOpenError("x", reason="isolated"), "circuit isolated"),
        (
            CircuitOpenError("x", reason="half-open, 1 of 1 probes under way,", retry_after=0),
            "circuit open, retry in 0 s",
        ),
        (BulkheadFullError("x", reason="all slots are taken"), "not asked: all slots are taken"),
        (BulkheadFullError("x is full"), "not asked: x is full"),
        (CallTimeoutError("x", seconds=2.5), "no answer within 2.5 s"),
        (CallTimeoutError("x"), "no answer in time"),
        (httpx.ReadTimeout("timed out"), "no answer in time"),
        (httpx.ConnectTimeout(""), "no connection in time"),
        (httpx.PoolTimeout(""), "no free connection in time"),
        (httpx.ConnectError("[Errno 111] Connection refused"), "ConnectError: [Errno 111] Connection refused"),
        (chained(httpx.ConnectError(""), OSError(""), ValueError("a reason")), "ConnectError: a reason"),
        (httpx.ReadError(""), "ReadError"),
        (chained(*[OSError("") for _ in range(20)]), "OSError"),
        (OSError("no\r\nway \x1b[31m to http://ann:pw@x"), "OSError: no way [31m to http://***@x"),
    ],
)
def test_each_error_has_its_words(error, words):
    """One line, no secrets, no empty ends."""
    assert wording(error) == words
