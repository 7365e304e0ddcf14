"""A fixture: the test starts as a fresh process would: no names of ours set, no settings read, no named instances."""

import os

import pytest

from resilience import _registry
from resilience.config import _process
from resilience.config._variable import VARIABLES
from resilience.http import _following
from resilience.testing import forget_named


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    """Nothing set, nothing read, nothing made."""
    for name in list(os.environ):
        if name in VARIABLES or name.startswith("RESILIENCE_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(_process, "_state", _process._State())
    # Who subscribes during this test does so with a state that is gone after it, and must be free to come again.
    monkeypatch.setattr(_following, "_is_subscribed", False)
    monkeypatch.setattr(_registry.REGISTRY, "_services", {})
    forget_named()
    yield
    forget_named()
