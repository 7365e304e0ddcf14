"""A check by a command: its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from .. import _options
from .._deadline import remaining
from .._level import Level
from ._check import Check
from ._result import Verdict
from ._run import TimedOut

_ARGV = "a list of the program and its arguments, e.g. ['pg_isready', '-q']; no shell is used"


def command(argv: Sequence[str]) -> Check:
    """Does this command end with exit code 0, within `TIMEOUT_SHELL_COMMAND` (30 s)?

    Args:
        argv: the program and its arguments; no shell sees them. Its output is thrown away, for it may hold secrets. What
            has not ended in time is killed, with what it has started.

    Raises:
        TypeError, ValueError: this is no list of texts.

    >>> import sys
    >>> command([sys.executable, "-c", "raise SystemExit(3)"])().detail
    'exit code 3'
    """
    if isinstance(argv, (str, bytes)) or not isinstance(argv, Sequence):
        _options.refuse("argv", f"<{type(argv).__name__}>", _ARGV, kind=TypeError)
    words = list(argv)
    if not words or not all(isinstance(word, str) and "\0" not in word for word in words) or not words[0]:
        _options.refuse("argv", "…", _ARGV)

    def look() -> Verdict:
        code = _run(words)
        level = Level.HEALTHY if code == 0 else Level.UNHEALTHY
        return Verdict(level=level, detail=f"exit code {code}", value=code, unit="exit code")

    return Check(look, kind="command", timeout="timeout.shell_command")


def _run(words: list[str]) -> int:
    from ..config import get_config

    limit = min(remaining(), float(get_config("timeout.shell_command")) / 1000)
    nowhere = subprocess.DEVNULL
    options: Any = {"stdin": nowhere, "stdout": nowhere, "stderr": nowhere, "start_new_session": True}
    with subprocess.Popen(words, **options) as process:  # noqa: S603 - the user's own words, and no shell
        try:
            return process.wait(max(0.0, limit))
        except subprocess.TimeoutExpired:
            _kill(process)
            raise TimedOut from None


def _kill(process: subprocess.Popen[Any]) -> None:
    """It and all that it has started. Not after its end: by then the number may be somebody else's."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
