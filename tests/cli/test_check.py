"""`resilience check`: one look at real services, an exit code for scripts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.origins import Origin, answer, closed_port, json_answer, unavailable

from resilience.cli import main

HEALTHY = json_answer({"status": "pass", "version": "1.2.3", "environment": "production"})
AILING = json_answer({"status": "fail", "checks": {"database": [{"status": "fail"}]}}, 503)


def test_all_well(capsys):
    """A service that is there has a row with status, health and deployment, and the code is 0."""
    with Origin(then=HEALTHY) as origin:
        assert main(["check", origin.url]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["service", "status", "health", "deployment"]
    assert row.startswith(f"{origin.url}  online (HTTP 200, ")
    assert row.endswith(" healthy  version 1.2.3, environment production")


def test_one_is_down(capsys):
    """One that fails, or refuses connections, makes it 1; the others are told all the same."""
    with Origin(then=HEALTHY) as well, Origin(then=unavailable()) as failing:
        gone = f"http://127.0.0.1:{closed_port()}"
        assert main(["check", well.url, failing.url, gone]) == 1
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split()[:2] for row in rows] == [[well.url, "online"], [failing.url, "offline"], [gone, "offline"]]
    assert "HTTP 503" in rows[1]
    assert "Connect" in rows[2]


def test_unhealthy_is_down(capsys):
    """One that says itself that it is unhealthy is down; one that is degraded is not."""
    with Origin().at("/health", then=AILING) as ailing, Origin(then=json_answer({"status": "warn"})) as slow:
        assert main(["check", slow.url]) == 0
        assert "degraded" in capsys.readouterr().out
        assert main(["check", ailing.url, slow.url]) == 1
    assert "unhealthy (" in capsys.readouterr().out


def test_any_answer_below_500_is_online(capsys):
    """A service without a page at its root, and without any endpoint for health, is there."""
    with Origin(then=answer(404)) as origin:
        assert main(["check", origin.url]) == 0
    assert "online (HTTP 404, " in capsys.readouterr().out


def test_json(capsys):
    """--json prints one object with the reports whole."""
    with Origin(then=HEALTHY) as well, Origin(then=unavailable()) as failing:
        assert main(["check", "--json", well.url, failing.url]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["down"] == 1
    first, second = told["services"]
    assert (first["url"], first["down"]) == (well.url, False)
    assert first["status"]["online"] is True
    assert first["status"]["http_status"] == 200
    assert first["status"]["response_time"] > 0
    assert first["status"]["checked_at"].endswith("+00:00")
    assert first["health"]["level"] == "healthy"
    assert first["deployment"]["version"] == "1.2.3"
    assert (second["down"], second["status"]["error"]) == (True, "HTTP 503")
    assert second["health"] is second["deployment"] is None


def test_secrets_are_not_shown(capsys):
    """A password in a URL, or a token, is used and not shown, in rows, objects and complaints."""
    with Origin(then=HEALTHY) as origin:
        url = f"http://ann:hunter2@127.0.0.1:{origin.port}/?token=s3cret"
        assert main(["check", url]) == 0
        assert main(["check", "--json", url]) == 0
    assert main(["check", "ann:hunter2@example.org:x"]) == 2
    out, error = capsys.readouterr()
    assert "hunter2" not in out + error
    assert "s3cret" not in out
    assert origin.requests[0].header("authorization") == "Basic YW5uOmh1bnRlcjI="


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the following arguments are required: URL; see resilience check --help"),
        (["localhost:80"], "'localhost:80' is no URL of a service: say http:// or https:// and a host, e.g. http://"),
        (["shop.example"], "e.g. http://shop.example"),
        (["ftp://x"], "'ftp://x' is no URL of a service"),
        (["http://"], "'http://' is no URL of a service"),
        ([""], "'' is no URL of a service"),
        (["http://x:99999"], "'http://x:99999' is no URL of a service: say a URL with a port below 65536, not 99999"),
        (["http://a..b"], "'http://a..b' is no URL"),
        (["http://a b"], "'http://a b' is no URL"),
        (["http://xn--/"], "'http://xn--/' is no URL"),
        (["http://["], " is no URL"),
        (["http://a\x1b[2J"], " is no URL"),
        ([f"http://{'a' * 64}"], " is no URL"),
        (["http://x", "--jsn"], "unrecognized arguments: --jsn; see resilience check --help"),
    ],
)
def test_mistakes(words, message, capsys):
    """A user's mistake is one line that says what to do, and code 2; nobody is asked."""
    assert main(["check", *words]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert message in error
    assert error.count("\n") == 1
    assert "\x1b" not in error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk here")
@pytest.mark.parametrize("words", [["--version"], ["config"], ["check", "http://127.0.0.1:1"]])
def test_a_full_disk_is_one_line(words):
    """It is no fault of the program, and so no traceback; nor is it what the command found."""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "resilience", *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (ended.returncode, ended.stderr) == (
        3,
        "resilience: cannot write the output: No space left on device\n",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no shell of this kind there")
@pytest.mark.parametrize(
    ("words", "code"), [("--version", 0), ("config", 0), ("nonsense", 2), ("check http://127.0.0.1:1", 1)]
)
def test_output_that_is_closed_is_no_fault(words, code):
    """A scheduler may start it so: the exit code tells the same as ever."""
    line = f"{sys.executable} -m resilience {words} >&-"
    ended = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    assert subprocess.run(["sh", "-c", f"{line} 2>&-"], check=False, timeout=60).returncode == code
