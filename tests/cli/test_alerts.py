"""`resilience alerts test`: who takes a test alert."""

import json

import pytest
from tests.origins import Origin, answer

CANARY = "canary-7f3a"
APP = """
from resilience.alerts import Alerts

def broken(alert):
    raise ValueError

def taker(alert):
    open("taken", "w").write(alert.rule)

alerts = Alerts(sinks=[taker])
others = Alerts(sinks=[broken])
"""


@pytest.fixture
def app(tmp_path, monkeypatch):
    """A module `shop_app` in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop_app.py").write_text(APP, "utf-8")
    return tmp_path


def test_a_programs_sinks_get_it(app, command):
    """Taken is exit code 0."""
    told = command("alerts", "test", "shop_app:alerts")
    assert (told.returncode, (app / "taken").read_text("utf-8")) == (0, "test")
    assert told.stdout.splitlines()[1].split() == ["taker", "taken"]


def test_one_that_does_not_take_it_is_told(app, command):
    """All that the module holds; exit code 1."""
    told = command("alerts", "test", "shop_app")
    assert told.returncode == 1
    assert [line.split() for line in told.stdout.splitlines()[1:]] == [["taker", "taken"], ["broken", "ValueError"]]


def test_a_webhook_gets_it(command):
    """By its URL, which is not shown."""
    with Origin(answer(200), answer(403)) as origin:
        url = f"{origin.url}/{CANARY}"
        told = command("alerts", "test", "--webhook", url)
        assert told.returncode == 0, told.stderr
        assert json.loads(origin.requests[0].body)["rule"] == "test"
        refused = command("alerts", "test", "--webhook", url)
    assert refused.returncode == 1
    assert "HTTP 403" in refused.stdout
    assert CANARY not in told.stdout + told.stderr + refused.stdout + refused.stderr


def test_without_a_target_it_goes_to_standard_error(command):
    """As a line of the log."""
    told = command("alerts", "test")
    assert (told.returncode, told.stderr) == (0, "info: test is 1, only a test\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["test", "nowhere_at_all"], "cannot import"),
        (["test", "json"], "holds no Alerts"),
        (["test", "json:alerts"], "no Alerts of that name"),
        (["test", "--webhook", f"ftp://{CANARY}@a"], "--webhook: url="),
        (["test", "--timeout", "nan"], "--timeout 'nan'"),
        (["try"], "invalid choice"),
    ],
)
def test_what_is_wrong_is_one_line(command, words, said):
    """And code 2."""
    told = command("alerts", *words)
    assert told.returncode == 2
    assert said in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert CANARY not in told.stderr
