"""What the snapshot tells of health, and what it must not; forked children."""

import gc
import json
import os
import threading

import pytest
from tests.section_fields import documented, fields

import resilience as r
from resilience.health import HealthRegistry, Level

CANARY = "canary-7f3a"


def raising(error):
    def check():
        raise error

    return check


def test_the_section_is_as_documented_and_runs_nothing():
    """Every field of the page, and no other; before the first look all is null."""
    registry, calls = HealthRegistry("section"), []
    registry.add("database", lambda: calls.append(1))
    told = mine(r.snapshot())
    assert (told["level"], told["checks"][0]["level"], calls) == (None, None, [])
    registry.report("startup")
    known = r.snapshot()["sections"]["health"]
    assert fields(known) == documented("health")
    assert json.loads(json.dumps(known, allow_nan=False)) == known
    told = mine(r.snapshot())
    assert (told["level"], told["started"], told["checks"][0]["level"]) == ("healthy", True, "healthy")
    assert calls == [1]


def mine(snapshot, name="section"):
    return next(one for one in snapshot["sections"]["health"]["registries"] if one["name"] == name)


def test_the_section_goes_with_the_last_registry(monkeypatch):
    """Nothing is told of a program that has none."""
    gc.collect()
    from resilience.health._section import GATHERED

    monkeypatch.setattr(GATHERED, "_live", type(GATHERED._live)())
    registry = HealthRegistry("gone")
    assert "health" in r.snapshot()["sections"]
    del registry
    assert "health" not in r.snapshot()["sections"]


def test_row_58_no_text_of_an_error_is_in_the_snapshot_and_no_secret_in_a_detail(registry):
    """Details are for those who ask for them, and even there secrets are masked."""
    registry.add("database", raising(ConnectionError(f"postgres://app:{CANARY}@db sleeps\n\x1b[31mred")))
    (check,) = registry.report().checks
    assert check.detail == "postgres://***@db sleeps [31mred"
    assert CANARY not in json.dumps(r.snapshot())
    assert "sleeps" not in json.dumps(r.snapshot())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_row_60_a_forked_child_asks_for_itself():
    """Though the parent held the lock and a run was under way."""
    registry, gate = HealthRegistry(ttl=60, timeout=0.05), threading.Event()
    registry.add("hangs", lambda: gate.wait(20))
    registry.report()
    with registry._lock:
        child = os.fork()
        if child == 0:
            gate.set()
            os._exit(0 if registry.report().level is Level.HEALTHY else 1)
    gate.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
