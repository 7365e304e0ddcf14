"""The deadline as httpx's timeouts."""

from __future__ import annotations

import time

import pytest
from tests.origins import Origin, drip, hang_before_headers

from resilience.http._timeouts import SHORTEST, ClosingTimeouts

CONFIGURED = {"connect": 5.0, "read": None, "write": 0.5, "pool": 2.0}


def test_the_shorter_of_timeout_and_deadline_counts():
    """`None` means no timeout of one's own; without a deadline nothing changes."""
    assert dict(ClosingTimeouts(CONFIGURED, lambda: 1.0).items()) == CONFIGURED
    timeouts = ClosingTimeouts(CONFIGURED, lambda: 1.0)
    assert [timeouts[name] for name in CONFIGURED] == [1.0, 1.0, 0.5, 1.0]
    free = ClosingTimeouts(CONFIGURED, lambda: float("inf"))
    assert [free.get(name) for name in CONFIGURED] == [5.0, None, 0.5, 2.0]


def test_each_phase_asks_anew():
    """What a slow connect took is no longer there for the answer; what has passed leaves a last moment, never zero."""
    left = iter([3.0, 1.0, -1.0])
    timeouts = ClosingTimeouts({}, lambda: next(left))
    assert [timeouts.get("connect"), timeouts.get("read"), timeouts.get("read")] == [3.0, 1.0, SHORTEST]
    assert timeouts.get("unheard of", "default") == "default"


def test_wrapping_twice_keeps_the_clients_own_timeouts():
    """A redirect hands our mapping on: nothing may be frozen in it."""
    outer = ClosingTimeouts(ClosingTimeouts(CONFIGURED, lambda: 0.1), lambda: 4.0)
    assert [outer.get(name) for name in CONFIGURED] == [4.0, 4.0, 0.5, 2.0]


def test_the_transports_below_ask_get(package):
    """Both packages look a timeout up in the extension when a phase begins: that is what ours rests on."""
    asked = []

    class Asked(ClosingTimeouts):
        __slots__ = ()

        def get(self, name, default=None):
            asked.append(name)
            return super().get(name, default)

    with Origin() as origin, package.Client(trust_env=False) as client:
        request = client.build_request("GET", origin.url)
        request.extensions["timeout"] = Asked(request.extensions["timeout"], lambda: 5.0)
        assert client.send(request).text == "ok"
    assert set(asked) == {"pool", "connect", "write", "read"}
    assert asked.count("read") == 2


@pytest.mark.parametrize("step", [hang_before_headers, drip(50, every=0.1)])
def test_a_deadline_cuts_a_read_that_the_client_would_wait_for(package, step):
    """The client allows 30 s; the deadline allows 0.3, and the body gets what is left of them."""
    until = time.monotonic() + 0.3
    with Origin(then=step) as origin, package.Client(trust_env=False, timeout=30) as client:
        request = client.build_request("GET", origin.url)
        request.extensions["timeout"] = ClosingTimeouts(
            request.extensions["timeout"], lambda: min(until - time.monotonic(), 0.05)
        )
        with pytest.raises(package.ReadTimeout):
            client.send(request)
        assert time.monotonic() < until + 2
