"""Telemetry is off before and after each test."""

import pytest

from resilience import _names, telemetry


@pytest.fixture(autouse=True)
def off(monkeypatch):
    # Labels of policies that other tests have left behind do not count.
    monkeypatch.setattr(_names, "_LIVE", {})
    telemetry.disable()
    yield
    telemetry.disable()


@pytest.fixture
def recorder(clock):
    """A recorder on the fake clock, with a window of a minute."""
    with telemetry.enable(clock=clock, window=60) as made:
        yield made
