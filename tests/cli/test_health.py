"""`resilience health`: checks of a program, of addresses, of this machine, once."""

import json

import pytest
from tests.origins import Origin, answer, closed_port

CANARY = "canary-7f3a"
APP = """
from resilience.health import HealthRegistry

shop = HealthRegistry("shop", version="1.4")
shop.add("database", lambda: {database})
shop.add("mail", lambda: False, critical=False)
"""


@pytest.fixture
def app(tmp_path, monkeypatch):
    """Write a module `shop_app`, and give the command's environment."""
    monkeypatch.chdir(tmp_path)

    def write(database):
        (tmp_path / "shop_app.py").write_text(APP.format(database=database), "utf-8")

    return write


def test_this_machine_is_looked_at_by_default(command):
    """Processors, memory, disk, by the thresholds."""
    told = command("health", "--json", THRESHOLD_MEMORY_PERCENT="0.001")
    (registry,) = json.loads(told.stdout)["registries"]
    assert list(registry["checks"]) == ["cpu", "memory", "disk"]
    assert registry["checks"]["memory"][0]["status"] == "warn"
    assert told.returncode == 0


def test_a_programs_registry_is_run(app, command):
    """By module, or by module and name; unhealthy is exit code 1."""
    app(True)
    told = command("health", "shop_app")
    assert told.returncode == 0
    assert [line.split()[:3] for line in told.stdout.splitlines()[1:]] == [
        ["shop:", "database", "healthy"],
        ["shop:", "mail", "unhealthy"],
    ]
    app(False)
    told = command("health", "shop_app:shop", "--json")
    assert told.returncode == 1
    (registry,) = json.loads(told.stdout)["registries"]
    assert (registry["status"], registry["version"]) == ("fail", "1.4")


def test_addresses_are_asked(command):
    """A URL and a port, shown without their secrets."""
    with Origin(answer(200)) as origin:
        port = origin.url.rpartition(":")[2].strip("/")
        told = command("health", f"http://ann:{CANARY}@127.0.0.1:{port}/x?token={CANARY}", f"tcp://127.0.0.1:{port}")
        assert told.returncode == 0, told.stderr
    down = command("health", f"tcp://127.0.0.1:{closed_port()}")
    assert down.returncode == 1
    assert "refused" in down.stdout
    assert f"http://127.0.0.1:{port}/x" in told.stdout
    assert CANARY not in told.stdout + told.stderr


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nowhere_at_all", "cannot import"),
        ("json", "holds no health registry"),
        ("json:shop", "no health registry of that name"),
        ("tcp://localhost", "say a host and a port"),
        ("tcp://localhost:99999999", "say a host and a port"),
        (f"ftp://ann:{CANARY}@a", "must be the URL of a service"),
    ],
)
def test_what_is_no_target_is_one_line(command, target, said):
    """And code 2; no password is quoted."""
    told = command("health", target)
    assert told.returncode == 2
    assert said in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert CANARY not in told.stderr
