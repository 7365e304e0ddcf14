"""A registry whose `report` runs in the world of the test."""

import pytest

from resilience.health import HealthRegistry


@pytest.fixture
def registry():
    """Checks of which nothing is remembered."""
    return HealthRegistry("test", ttl=0)


def asked(world, registry, probe=None):
    """`report` or `areport`, in a loop of its own."""
    return world.run(registry.areport if world.is_async else registry.report, probe)
