"""Telemetry is off before and after each test."""

import pytest
from tests.telemetry.exported import Kit

from resilience import _names, _sections, telemetry


@pytest.fixture(autouse=True)
def off(monkeypatch):
    # Labels of policies, and sections, that other tests have left behind do not count.
    monkeypatch.setattr(_names, "_LIVE", {})
    monkeypatch.setattr(_sections, "sections", {})
    telemetry.disable()
    yield
    telemetry.disable()


@pytest.fixture
def recorder(clock):
    """A recorder on the fake clock, with a window of a minute."""
    with telemetry.enable(clock=clock, window=60) as made:
        yield made


@pytest.fixture
def kit():
    made = Kit()
    yield made
    made.traces.shutdown()
    made.meters.shutdown()
