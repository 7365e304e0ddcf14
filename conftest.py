"""Plugins of the whole run, and what no test may leave behind."""

import logging
import os
import ssl
from pathlib import Path

import pytest
from hypothesis import settings

from resilience import _listeners, _sections, _switches, _watch

# A machine that runs other tests besides is slow now and then; that is no failure of what is tested.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
pytest_plugins = ["tests.covered_floors", "resilience.pytest_plugin"]


def _load_small_files_only(load):
    """How a context loads whom to trust, without a machine's own authorities, whom no server of these tests is known to.

    There are well over a hundred, and each client would load them: 40 ms of each test that makes one.
    """

    def load_verify_locations(self, cafile=None, capath=None, cadata=None):
        if cafile is None or Path(cafile).stat().st_size < _BUNDLE:
            load(self, cafile, capath, cadata)

    return load_verify_locations


_BUNDLE = 50_000
ssl.SSLContext.load_verify_locations = _load_small_files_only(ssl.SSLContext.load_verify_locations)


def pytest_xdist_auto_num_workers(config):
    """Twice as many workers as processors: half of what the tests do is waiting for servers that are slow on purpose."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def nothing_stays_on():
    """Fails a test that leaves a listener, a recorder or a log handler: tests after it would pay, and fail for it."""
    before = _process_wide()
    yield
    after = _process_wide()
    _listeners.HUB.listeners = before["listeners"]
    for handler in after["handlers"] - before["handlers"]:
        logging.root.removeHandler(handler)
    if after != before:
        _sections.record_from(None)
        _switches.record_with(None)
        _switches.trace_with()
    left = {name: found for name, found in after.items() if found != before[name]}
    assert not left, f"left on: {left}"


def _process_wide():
    return {
        "listeners": _listeners.HUB.listeners,
        "figures": _sections.recorded,
        "recorder": _watch.recorder,
        "tracers": _watch.tracers,
        # Not their order: pytest takes its own off and puts them on again in each phase of a test.
        "handlers": frozenset(logging.root.handlers),
        "levels": {
            name: logging.getLogger(name).level for name in ("root", "resilience", "httpx", "httpx2", "httpcore")
        },
    }
