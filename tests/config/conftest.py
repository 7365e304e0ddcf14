"""Each test of the settings starts as a fresh process would: none of our names set, nothing read yet."""

import logging
import os

import pytest

from resilience.config import _logger, _process
from resilience.http import _following


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    """No names of ours in the environment, no settings read, no subscribers, the logger untouched."""
    from resilience.config._variable import VARIABLES

    for name in list(os.environ):
        if name in VARIABLES or name.startswith("RESILIENCE_"):
            monkeypatch.delenv(name)
    state = _process._state
    monkeypatch.setattr(_process, "_state", type(state)())
    # Who subscribes during this test does so with a state that is gone after it, and must be free to come again.
    monkeypatch.setattr(_following, "_is_subscribed", False)
    monkeypatch.setattr(_logger, "_ours", None)
    logger = logging.getLogger("resilience")
    level = logger.level
    yield
    logger.setLevel(level)
