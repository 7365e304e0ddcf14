"""`resilience dashboard` on a real terminal, and where there is none."""

import os
import select
import subprocess
import sys
import time

import pytest
from tests.cli.conftest import START, environment, run
from tests.origins import Origin, json_answer

PATIENCE = 60.0


class Terminal:
    """The command on a pseudo-terminal of 100 by 30."""

    def __init__(self, *words, **more):
        import fcntl
        import struct
        import termios

        self._end, other = os.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.text = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, "dashboard", *words],
            stdin=other, stdout=other, stderr=other, start_new_session=True,
            env=environment(TERM="xterm-256color", PYTHONIOENCODING="utf-8", **more),
        )  # fmt: skip
        os.close(other)

    def until(self, words):
        """Read until these words were drawn."""
        end = time.monotonic() + PATIENCE
        while words not in self.text:
            assert time.monotonic() < end, self.text[-2000:]
            self._read()

    def _read(self):
        if select.select([self._end], [], [], 0.2)[0]:
            try:
                self.text += os.read(self._end, 65536).decode("utf-8", "replace")
            except OSError:
                self.text += "(ended)"

    def press(self, key):
        """Press a key."""
        os.write(self._end, key.encode())

    def code(self):
        """Wait for the end, reading on, for a program that writes to a full terminal waits too."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, self.text[-2000:]
            self._read()
        return self.process.returncode

    def close(self):
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        os.close(self._end)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals that os.openpty could open")
@pytest.mark.parametrize("last", ["q", "\x11"], ids=["q", "ctrl-q"])
def test_the_terminal_is_drawn_answers_keys_and_is_left_as_it_was(last):
    """It draws services as they answer, opens a panel by its key, and a key leaves it with code 0 and the old screen."""
    with Origin(then=json_answer({"status": "UP"})) as origin:
        terminal = Terminal(f"shop={origin.url}")
        try:
            terminal.until("online")
            terminal.press("7")
            terminal.until("Nothing fires")
            terminal.press(last)
            assert terminal.code() == 0
            terminal.until("\x1b[?1049l")
        finally:
            terminal.close()
    assert "Traceback" not in terminal.text


def test_without_a_terminal_the_board_is_printed_once():
    """Into a pipe it writes one still board and ends, rather than draw where nobody looks."""
    with Origin(then=json_answer({"status": "UP"})) as origin:
        done = run("dashboard", f"shop={origin.url}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 of 1 online" in done.stdout
