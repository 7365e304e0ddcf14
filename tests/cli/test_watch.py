"""`resilience watch`: it goes on until Ctrl-C, on a terminal and without one."""

import sys

import pytest
from tests.origins import Origin, json_answer, unavailable

from resilience.cli import main

WELL = json_answer({"status": "pass", "version": "1.2.3"})
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no terminals and signals of this kind there")


def test_lines(start):
    """Without a terminal each look is a line; an outage and the end of it are seen; Ctrl-C is the way to end it."""
    with Origin(then=WELL) as steady, Origin(then=WELL) as flaky:
        watch = start("watch", "--interval", "0.2", steady.url, flaky.url)
        watch.until(f"{flaky.url}  online (HTTP 200, ")
        watch.until("healthy; version 1.2.3")
        flaky.play(then=unavailable())
        watch.until(f"{flaky.url}  offline (")
        watch.interrupt()
        assert watch.end() == (0, "")
        lines = watch.text.splitlines()
        assert all(line.split()[1] in {steady.url, flaky.url} for line in lines)
        assert not [line for line in lines if steady.url in line and "offline" in line]
        assert "\x1b" not in watch.text


@pytest.mark.parametrize("command", ["watch", "check"])
def test_the_status_stays_readable_on_a_narrow_terminal(start, command):
    """Everything else gives way to it."""
    pytest.importorskip("rich")
    with Origin(then=unavailable()) as origin:
        shown = start(command, origin.url, columns=30)
        shown.until("offline (HTTP")
        if command == "watch":
            shown.interrupt()
        code, _ = shown.end()
    assert code == (1 if command == "check" else 0)


@pytest.mark.parametrize("columns", [80, 140])
def test_live_table(start, columns):
    """On a terminal with rich it is one table that changes in place, and the cursor comes back at the end."""
    pytest.importorskip("rich")
    with Origin(then=WELL) as origin:
        watch = start("watch", "--interval", "0.2", origin.url, columns=columns)
        watch.until("online, ")
        watch.until("100%")
        if columns == 140:
            watch.until("version 1.2.3")
        watch.interrupt()
        assert watch.end() == (0, "")
    assert origin.url in watch.text
    assert "Ctrl-C ends" in watch.text
    assert columns == 140 or "version 1.2.3" not in watch.text
    assert watch.text.rindex("\x1b[?25h") > watch.text.rindex("\x1b[?25l")


def test_starts_with_a_service_that_is_down(start):
    """A service that is down from the first look on is told of."""
    with Origin(then=unavailable()) as origin:
        watch = start("watch", "--interval", "0.2", origin.url)
        watch.until("offline (HTTP 503)")
        watch.interrupt()
        assert watch.end() == (0, "")


@pytest.mark.parametrize("interval", ["0", "-1", "nan", "inf", "often", "", "1\x1b[2J"])
def test_nonsense_is_refused(interval, capsys):
    """An interval that makes no sense is one line that says what does."""
    assert main(["watch", "http://127.0.0.1", f"--interval={interval}"]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert (
        error
        == f"resilience: --interval {interval!r}: say seconds from 0.1 to 86400, e.g. --interval 5 (docs/demo.md)\n"
    )


@pytest.mark.parametrize("words", [[], ["ftp://x"], ["http://127.0.0.1", "shop.example"]])
def test_bad_urls_are_refused(words, capsys):
    """As `check` does, before anything is asked."""
    assert main(["watch", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
