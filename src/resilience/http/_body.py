"""Can a request's body be sent twice? Bytes and seekable files can; a one-shot stream cannot."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, cast

from resilience.http._packages import is_packaged


class Replay(Enum):
    """How a body is sent once more."""

    FREELY = "the stream begins anew each time"
    BY_SEEKING = "a file is put back to where it was"
    NEVER = "what was read is gone"


class Body:
    """The body of one request; `rewind` prepares it for the next attempt.

    `replay` is found when the request first comes by, before a byte of the body was read.
    """

    __slots__ = ("_file", "_start", "_stream", "is_in_memory", "replay")

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._file: Any = None
        self._start = 0
        self.replay = Replay.NEVER
        source = _source_of(stream)
        self.is_in_memory = _is_in_memory(source)
        """Can two requests send it at once? Not where they would read one file."""
        if _is_restarting(source):
            self.replay = Replay.FREELY
        elif (start := _position(source)) is not None:
            self.replay, self._file, self._start = Replay.BY_SEEKING, source, start

    @property
    def is_replayable(self) -> bool:
        """Can it be sent once more, now? A file that was closed meanwhile cannot."""
        if self.replay is Replay.BY_SEEKING:
            return not getattr(self._file, "closed", False)
        return self.replay is Replay.FREELY

    def raised(self, error: BaseException) -> bool:
        """Did it come out of the body itself, a generator's or a file's own, which says nothing of the origin?"""
        trace = None if self.is_in_memory else error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_locals.get("self") is self._stream:
                return True
            trace = trace.tb_next
        return False

    def rewind(self) -> None:
        """Back to where the body began."""
        if self._file is not None:
            self._file.seek(self._start)


def _source_of(stream: Any) -> Any:
    """What a stream of httpx reads from; another's stream is its own source.

    `_stream` and `fields` are not public there, and the same in both packages: a test holds that. Without them a
    body counts as one-shot, which is the safe side.
    """
    if not is_packaged(type(stream)):
        return stream
    fields = getattr(stream, "fields", None)
    if fields is not None:
        return tuple(getattr(field, "file", b"") for field in fields)
    return getattr(stream, "_stream", None)


def _is_in_memory(source: Any) -> bool:
    if isinstance(source, (bytes, str)):
        return True
    if not isinstance(source, Sequence):
        return False
    return all(isinstance(part, (bytes, str)) for part in cast("Sequence[object]", source))


def _is_restarting(source: Any) -> bool:
    if isinstance(source, (bytes, str)):
        return True
    if not isinstance(source, Sequence):
        return False
    parts = cast("Sequence[object]", source)
    # The files of a form: its stream seeks them to their beginning itself.
    return all(isinstance(part, (bytes, str)) or _position(part) is not None for part in parts)


def _position(source: Any) -> int | None:
    """Where a seekable, synchronous file stands; `None` for everything else."""
    if not hasattr(source, "seek") or hasattr(source, "__aiter__"):
        return None
    try:
        if not source.seekable():
            return None
        position = source.tell()
    except (AttributeError, OSError, ValueError, TypeError):
        return None
    return position if isinstance(position, int) else None
