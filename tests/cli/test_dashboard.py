"""`resilience dashboard`: JSON, still pictures, the page, and what it refuses."""

import json
import os
import re
import urllib.request
from xml.etree import ElementTree as ET

import pytest
from tests.cli.conftest import run
from tests.origins import Origin, json_answer

TOKEN = "a-token-of-tests-0123456789"
HEALTH = {"status": "UP", "version": "1.2.3"}


def test_json_is_one_board_with_every_service_asked():
    """`--json` waits until each service has been looked at once, prints, and ends."""
    with Origin(then=json_answer(HEALTH)) as origin:
        done = run("dashboard", f"shop={origin.url}", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    (service,) = told["services"]
    assert (service["name"], service["online"], service["checks"] > 0) == ("shop", True, True)


def test_a_still_picture_is_written(tmp_path):
    """`--once` writes SVG or text by the file's ending, or text to standard output."""
    with Origin(then=json_answer(HEALTH)) as origin:
        picture, text = tmp_path / "board.svg", tmp_path / "board.txt"
        assert run("dashboard", origin.url, "--once", str(picture)).returncode == 0
        assert run("dashboard", origin.url, "--once", str(text)).returncode == 0
        printed = run("dashboard", origin.url, "--once", "-").stdout
    assert ET.fromstring(picture.read_text("utf-8")).tag.endswith("svg")
    assert "1 of 1 online" in text.read_text("utf-8")
    assert "1 of 1 online" in printed


def test_the_page_is_served_until_ctrl_c(start):
    """`--web` says where it is, answers there, and ends quietly."""
    running = start("dashboard", "--web", "--port", "0")
    running.until("Ctrl-C ends")
    url = re.search(r"http://127\.0\.0\.1:\d+/", running.text)[0]
    with urllib.request.urlopen(f"{url}api/snapshot", timeout=30) as answer:
        assert json.load(answer)["version"] == 1
    running.interrupt()
    code, error = running.end()
    assert (code, error) == (0, "")


def test_a_history_survives_the_command(tmp_path):
    """Two runs with one file; the file is SQLite."""
    file = tmp_path / "hour.sqlite"
    assert run("dashboard", "--json", "--history", str(file)).returncode == 0
    assert file.read_bytes().startswith(b"SQLite format 3")
    assert run("dashboard", "--json", "--history", str(file)).returncode == 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nonsense"], "no URL of a service"),
        (["http://user:secret@"], "no URL of a service"),
        (["--refresh", "0"], "--refresh '0'"),
        (["--interval", "nan"], "--interval 'nan'"),
        (["--web", "--port", "99999"], "--port '99999'"),
        (["--web", "--host", "0.0.0.0"], "RESILIENCE_DASHBOARD_TOKEN"),
        (["--port", "0"], "--port: is for the page; say --web as well"),
        (["--json", "--allow-host", "wall"], "--allow-host: is for the page"),
        (["--json", "--history", "/dev/null/x"], "history="),
        (["--once", "/nowhere/at/all.svg"], "cannot be written"),
    ],
    ids=["word", "no host", "refresh", "interval", "port", "open", "no page", "no page to allow", "history", "file"],
)
def test_mistakes_are_one_line(words, complaint):
    """What makes no sense is said in one line that names the option, and code 2; no secret is repeated."""
    done = run("dashboard", *words)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


def test_a_token_is_never_an_argument():
    """There is no option for it, for arguments can be read by every user of the machine."""
    done = run("dashboard", "--token", TOKEN, "--json")
    assert done.returncode == 2
    assert "RESILIENCE_DASHBOARD_TOKEN" in run("dashboard", "--help").stdout


def test_a_page_that_others_can_reach_asks_for_the_token():
    """Beyond the loopback the page needs a token and names; then it asks for it."""
    words = ["dashboard", "--web", "--port", "0", "--host", "0.0.0.0", "--allow-host", "wall.example"]
    assert run(*words, RESILIENCE_DASHBOARD_TOKEN="short").returncode == 2
    assert os.environ.get("RESILIENCE_DASHBOARD_TOKEN") is None
