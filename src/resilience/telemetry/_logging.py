"""One line of log for each notable event, with its fields; limited for each kind of event and policy.

Rules: what is written goes through `write(level, message, fields)`, made once for stdlib or structlog. `_live` holds one
`_Lines` for each logger, under `_lock`; no line is written under it.
"""

from __future__ import annotations

import logging
from _thread import allocate_lock
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from .. import _options
from .._clock import Clock
from .._extras import brought
from .._listeners import listen
from .._masking import printable
from .._names import reset_in_child
from .._world import SYSTEM_CLOCK
from ..events import Event
from ._flood import Flood
from ._tally import told
from ._wording import LEVELS, level_of, words_of

Write = Callable[[int, str, dict[str, Any]], object]
_lock = allocate_lock()
_live: list[_Lines] = []


class _Lines:
    """What is written to one logger, for as long as somebody holds it. Rules: `holders` is guarded by the module's lock."""

    def __init__(self, about: tuple[Any, ...], write: Write, flood: Flood) -> None:
        self.about = about
        self.holders = 0
        self._write = write
        self._flood = flood
        self._subscription = listen(self.heard, *LEVELS)

    def forget(self) -> None:
        """What a forked child does: the parent tells of what it suppressed."""
        self._flood.forget()

    def heard(self, event: Event) -> None:
        """Write a line, or count it."""
        kind = type(event)
        free, suppressed = self._flood.admit((kind, event.policy))
        if suppressed:
            self._tell_suppressed(kind, event.policy, suppressed)
        if free:
            fields = {name: value for name, value in told(event, event.at).items() if name != "at"}
            policy = printable(event.policy)
            self._write(level_of(event), f"{policy}: {words_of(event, fields)}", {**fields, "policy": policy})

    def _tell_suppressed(self, kind: type[Event], policy: str, count: int) -> None:
        fields = {"event": kind.__name__, "policy": printable(policy), "suppressed": count}
        self._write(LEVELS[kind], f"{fields['policy']}: {count} more {kind.__name__} suppressed", fields)

    def close(self) -> None:
        """Write no more, but for what was suppressed last."""
        self._subscription.close()
        for (kind, policy), count in self._flood.rest().items():
            self._tell_suppressed(kind, policy, count)


class EventLog:
    """What `enable_logging` began; a context manager, or `close()`. The last one closed tells what was suppressed last."""

    __slots__ = ("_lines",)

    def __init__(self, lines: _Lines) -> None:
        self._lines: _Lines | None = lines

    def close(self) -> None:
        """Write no more, unless somebody else has enabled the same; closing twice is harmless."""
        with _lock:
            lines, self._lines = self._lines, None
            if lines is None:
                return
            lines.holders -= 1
            if lines.holders:
                return
            _live.remove(lines)
        lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def enable_logging(
    logger: Any = None, *, structlog: bool = False, limit: int = 5, per: Any = 60.0, clock: Clock | None = None
) -> EventLog:
    """Write one line of log for each retry, refusal, timeout, change of state and the like, from now on.

    Once for each logger: enabling the same again writes no line twice, and the last one closed ends it.

    Levels: `info` for a retry and for a circuit that closes, `warning` for the last attempt, a refusal, a timeout, a
    fallback, `error` for a circuit that opens and a fallback that fails.

    Args:
        logger: where to; by default the logger `resilience.events` of `logging`, or structlog's of that name.
        structlog: write to structlog (the extra `structlog`) with the fields as its own; else they are attributes of the
            log record, named `resilience_policy`, `resilience_event` and so on.
        limit: lines of one class of event and one policy in `per` seconds (default 5); the others are counted, and their
            number is told with the next one or at the end.
        per: seconds (default 60).
        clock: for `per`.

    Returns:
        The log: a context manager, or `close()`.

    Raises:
        ImportError: `structlog=True` without structlog; `pip install 'resilience-stack[structlog]'`.
        ValueError: it is on for this logger with other options, or an option is out of range.

    Lines hold the class of an error, never its text, and no arguments, results or secrets. Thread-safe.

    >>> from resilience import Fixed, Retry
    >>> class Printed:
    ...     def log(self, level, message, extra): print(level, message)
    >>> def down():
    ...     raise ConnectionError("down")
    >>> with enable_logging(Printed()):
    ...     try: Retry(attempts=2, backoff=Fixed(0), name="doctest-log").call(down)
    ...     except ConnectionError: pass
    20 doctest-log: attempt 1 failed (ConnectionError), the next in 0 s
    30 doctest-log: gave up at attempt 2 (ConnectionError): attempts
    """
    about = (
        _options.flag("structlog", structlog),
        _options.count("limit", limit),
        _options.seconds("per", per),
        (SYSTEM_CLOCK if clock is None else clock).now,
    )
    target = logging.getLogger("resilience.events") if logger is None and not structlog else logger
    with _lock:
        lines = next((one for one in _live if one.about[0] is target and one.about[1] is structlog), None)
        if lines is None:
            write = (_to_structlog if structlog else _to_logging)(target)
            lines = _Lines((target, *about), write, Flood(*about[1:]))
            _live.append(lines)
        elif lines.about != (target, *about):
            raise ValueError(
                f"limit={limit!r}, per={per!r}, clock={clock!r}: the log is on for this logger with others; close() it "
                "first, or give the same options (docs/telemetry/logging.md)"
            )
        lines.holders += 1
        return EventLog(lines)


def _to_logging(logger: Any) -> Write:
    def write(level: int, message: str, fields: dict[str, Any]) -> None:
        logger.log(level, message, extra={f"resilience_{name}": value for name, value in fields.items()})

    return write


def _to_structlog(logger: Any) -> Write:
    if logger is None:
        logger = brought("structlog", "structlog", "structlog=True").get_logger("resilience.events")

    def write(level: int, message: str, fields: dict[str, Any]) -> None:
        # `event` is what structlog calls the message.
        named = {("kind" if name == "event" else name): value for name, value in fields.items()}
        logger.log(level, message, **named)

    return write


@reset_in_child
def _reset() -> None:
    global _lock
    _lock = allocate_lock()
    for lines in _live:
        lines.forget()
