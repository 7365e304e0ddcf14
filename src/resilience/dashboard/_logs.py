"""The newest lines of this process's log and of a followed file, and how many came of each level.

Rules: everything of a ring is guarded by its `_lock`, which is reentrant. What looks like a secret is masked, and no
text is kept longer than `_LONGEST`.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from pathlib import Path
from threading import RLock
from typing import IO, Any

from .._masking import masked, printable
from ._board import LogLine

LEVELS: tuple[str, ...] = ("debug", "info", "warning", "error", "critical")
_BAD = frozenset({"error", "critical"})
_LINES, _ERRORS = 1000, 50
_LONGEST = 1000
_WORD = re.compile(r"\b(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|FATAL|PANIC)\b", re.IGNORECASE)
_MEANING = {"T": "debug", "D": "debug", "I": "info", "N": "info", "W": "warning", "E": "error"}
_AT_ONCE, _TAIL = 256 * 1024, 64 * 1024


class LogRing:
    """The newest lines, from wherever."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._lines: deque[LogLine] = deque(maxlen=_LINES)
        self._errors: deque[LogLine] = deque(maxlen=_ERRORS)
        self._counts = dict.fromkeys(LEVELS, 0)
        self._number = 0

    def add(self, at: float, level: str, logger: str, text: str, source: str) -> None:
        """One line."""
        level = level if level in self._counts else "info"
        with self._lock:
            self._number += 1
            line = LogLine(
                number=self._number,
                at=at,
                level=level,
                logger=printable(logger)[:_LONGEST],
                text=told(text),
                source=source,
            )
            self._lines.append(line)
            self._counts[level] += 1
            if level in _BAD:
                self._errors.append(line)

    def lines(self, most: int = _LINES) -> tuple[LogLine, ...]:
        """The newest, oldest first."""
        with self._lock:
            return tuple(self._lines)[-most:]

    def errors(self) -> tuple[LogLine, ...]:
        """The newest errors, oldest first."""
        with self._lock:
            return tuple(self._errors)

    def counts(self) -> dict[str, int]:
        """Lines by level."""
        with self._lock:
            return dict(self._counts)

    @property
    def dropped(self) -> int:
        """Lines that were let go."""
        with self._lock:
            return self._number - len(self._lines)


class RingHandler(logging.Handler):
    """Puts the records of this process into a ring, with the class of an error but none of its traceback."""

    def __init__(self, ring: LogRing, source: str) -> None:
        super().__init__()
        self._ring = ring
        self._source = source

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record; one that cannot be formatted is told as such."""
        try:
            text = record.getMessage()
        except Exception as error:
            text = f"a record of {record.name} that cannot be formatted ({type(error).__name__})"
        if record.exc_info and record.exc_info[0] is not None:
            text = f"{text} ({record.exc_info[0].__name__})"
        self._ring.add(record.created, _level(record.levelno), record.name, text, self._source)


class Followed:
    """A file that others append to: what is new in it, also after it was rotated or cut."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file: IO[bytes] | None = None
        self._inode = 0
        self._rest = b""

    def read(self, at: float, ring: LogRing) -> None:
        """Put the new lines into the ring; a file that is not there is waited for."""
        try:
            self._open_if_new()
            if self._file is None:
                return
            self._take(self._file.read(_AT_ONCE), at, ring)
        except OSError:
            self.close()

    def _open_if_new(self) -> None:
        known = self.path.stat()
        if self._file is not None and known.st_ino == self._inode:
            if known.st_size < self._file.tell():
                self._file.seek(0)
                self._rest = b""
            return
        is_first = not self._inode
        self.close()
        self._file, self._inode, self._rest = self.path.open("rb"), known.st_ino, b""
        if is_first and known.st_size > _TAIL:
            self._file.seek(-_TAIL, 2)
            self._file.readline()

    def _take(self, new: bytes, at: float, ring: LogRing) -> None:
        *lines, rest = (self._rest + new).split(b"\n")
        self._rest = rest[:_AT_ONCE]
        for line in lines:
            text = line[: 4 * _LONGEST].decode("utf-8", "replace").rstrip("\r")
            if text.strip():
                found = _WORD.search(text[:200])
                level = "info" if found is None else _meaning(found[1])
                ring.add(at, level, "", text, self.path.name)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def told(text: str) -> str:
    r"""A line as it is kept: one line, no control characters, no secrets, at most 1,000 characters.

    >>> told("token=abc123\nnext\x1b[31m")
    'token=***\\nnext\\x1b[31m'
    """
    short = text[: 2 * _LONGEST]
    return printable(masked(short))[:_LONGEST]


def as_told(lines: tuple[LogLine, ...]) -> list[dict[str, Any]]:
    """Lines as another dashboard takes them."""
    return [line.as_dict() for line in lines]


def _level(number: int) -> str:
    if number >= logging.CRITICAL:
        return "critical"
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warning"
    return "info" if number >= logging.INFO else "debug"


def _meaning(word: str) -> str:
    return _MEANING.get(word[0].upper(), "critical")
