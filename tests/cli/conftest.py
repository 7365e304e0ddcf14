"""The command line in a process of its own, with pipes or on a terminal."""

import os
import signal
import subprocess
import sys
import time

import pytest

# A test runner in the background has Ctrl-C ignored, and a child inherits that.
START = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from resilience.cli import main; sys.exit(main())"
)
PATIENCE = 100.0


def environment(**more):
    """What a user's shell gives, with the library to be found."""
    names = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"], "PYTHONWARNINGS": "error"}
    if "SYSTEMROOT" in os.environ:  # without it Windows has no sockets
        names["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    return {**names, **more}


def run(*words, **more):
    """Run a command to its end."""
    line = [sys.executable, "-c", START, *words]
    return subprocess.run(
        line, check=False, capture_output=True, text=True, encoding="utf-8", env=environment(**more), timeout=PATIENCE
    )


class Running:
    """A command that runs on; `text` is what it has written so far, to a pipe or to a terminal."""

    def __init__(self, words, *, columns=None):
        more = {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "50"} if columns else {}
        read_end, write_end = os.openpty() if columns else os.pipe()
        self._read_end = read_end
        self.text = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, *words],
            stdin=subprocess.DEVNULL,
            stdout=write_end,
            stderr=subprocess.PIPE,
            # A watch that is broken off leaves its connections to the end of the process.
            env=environment(PYTHONIOENCODING="utf-8", PYTHONWARNINGS="error,ignore::ResourceWarning", **more),
        )
        os.close(write_end)

    def read(self):
        """More of the text; false at its end."""
        try:
            data = os.read(self._read_end, 65536)
        except OSError:  # how the end of a terminal reads
            data = b""
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def until(self, word):
        """Read on until this is written."""
        ends = time.monotonic() + PATIENCE
        while word not in self.text:
            assert self.read(), f"ended without {word!r}: {self.text}"
            assert time.monotonic() < ends, f"no {word!r} in {self.text}"

    def interrupt(self):
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self):
        """Read all of it; the exit code, and what went to standard error."""
        while self.read():
            pass
        error = self.process.stderr.read().decode()
        return self.process.wait(PATIENCE), error

    def close(self):
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        os.close(self._read_end)


@pytest.fixture
def start():
    """`start(*words, columns=None)` begins a command, with `columns` on a terminal; ended with the test."""
    begun = []

    def begin(*words, **options):
        begun.append(Running(words, **options))
        return begun[-1]

    yield begin
    for each in begun:
        each.close()


@pytest.fixture(scope="session")
def command():
    """`command(*words, **environment)` runs to the end."""
    return run
