"""Telemetry is off before and after each test."""

import pytest

from resilience import telemetry


@pytest.fixture(autouse=True)
def off():
    telemetry.disable()
    yield
    telemetry.disable()


@pytest.fixture
def recorder(clock):
    """A recorder on the fake clock, with a window of a minute."""
    with telemetry.enable(clock=clock, window=60) as made:
        yield made
