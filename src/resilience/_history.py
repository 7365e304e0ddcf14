"""What an error remembers of the retries it went through: its attempts, its note, and who gave up on it.

Rules: a mark is the number of a giving-up, counted process-wide under `_lock`, with its time. An attempt that begins
reads the newest number, or on the real clock just the time: a mark that is not newer belongs to an earlier life of the
same object.
"""

from __future__ import annotations

from _thread import allocate_lock
from time import get_clock_info, monotonic
from typing import Any

from ._marks import HISTORY, NOTE
from ._record import Record
from .errors import ResilienceError

_MARK = "_resilience_gave_up"
_LONGEST = 16
_NEVER = (0, float("-inf"))
FINE = get_clock_info("monotonic").resolution <= 1e-6
"""Is the time of an attempt's begin enough to tell what came after it?"""


class Attempt(Record):
    """One attempt of a retried call: its number, its error or bad result, seconds since the call began, delay after it."""

    number: int
    error: BaseException | None
    elapsed: float
    delay: float | None = None


class _ItselfError(ResilienceError):
    """Stands for the error that carries a history."""

    is_carrier = True

    def __reduce__(self) -> tuple[Any, ...]:
        return _itself, ()


def _itself() -> ResilienceError:
    return _ITSELF


_ITSELF = _ItselfError("this error itself")


class History(tuple[Attempt, ...]):
    """Attempts, oldest first, as an error carries them.

    The error that carries them stands in as `_ITSELF`, else it would be part of a cycle; pickled with texts in place of
    the errors, so that no error becomes unpicklable by its history.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        plain = [
            attempt
            if attempt.error is None or attempt.error is _ITSELF
            else attempt.replace(error=ResilienceError(repr(attempt.error)))
            for attempt in self
        ]
        return History, (plain,)


class _Serial:
    __slots__ = ("_lock", "newest")

    def __init__(self) -> None:
        self.newest = 0
        self.reset()

    def reset(self) -> None:
        self._lock = allocate_lock()

    def next(self) -> int:
        with self._lock:
            self.newest += 1
            return self.newest


SERIAL = _Serial()


def history(error: BaseException) -> tuple[Attempt, ...]:
    """The attempts behind an error that a retry raised, oldest first (the last 16); empty for any other error.

    >>> history(ValueError("never retried"))
    ()
    """
    found: tuple[Attempt, ...] = getattr(error, HISTORY, ())
    return tuple(attempt.replace(error=error) if attempt.error is _ITSELF else attempt for attempt in found)


Tried = tuple[int, BaseException | None, float, float | None]
"""An attempt as it is noted while nobody asks: number, error, elapsed, delay."""


def remember(error: BaseException, attempts: list[Tried], note: str) -> None:
    """Attach the attempts and one note, replacing those of an earlier retry."""
    state = getattr(error, "__dict__", None)
    if state is None:
        return
    state[HISTORY] = History(
        Attempt(number=number, error=_ITSELF if cause is error else cause, elapsed=elapsed, delay=delay)
        for number, cause, elapsed, delay in attempts[-_LONGEST:]
    )
    notes = state.get("__notes__")
    if notes is None or isinstance(notes, (list, tuple)):  # Python lets them be anything
        kept = [old for old in notes or () if not (isinstance(old, str) and old.startswith(NOTE))]
        state["__notes__"] = [*kept, NOTE + note]


def give_up(outcome: object) -> None:
    """Mark the error, or the bad response: what a retry gave up on no outer one repeats."""
    state = getattr(outcome, "__dict__", None)
    if state is not None:
        state[_MARK] = SERIAL.next(), monotonic()


def _attribute(holder: object, name: str) -> Any:
    """An attribute of somebody else's object, whose property or `__getattr__` may raise anything."""
    try:
        return getattr(holder, name, None)
    except Exception:
        return None


def _mark(outcome: object) -> tuple[int, float]:
    found: tuple[int, float] | None = _attribute(outcome, _MARK)
    return found if isinstance(found, tuple) else _NEVER


def given_up_since(error: BaseException, began: float) -> bool:
    """Did a retry give up on this error, or on a cause of it, since the attempt began that read this number or time?"""
    which = 1 if isinstance(began, float) else 0
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        link = queue.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        # An error that a client made of a response carries it, and with it the mark of whoever gave up on that.
        if max(_mark(link), _mark(_attribute(link, "response")))[which] > began:
            return True
        queue.append(link.__cause__ or (None if link.__suppress_context__ else link.__context__))
        if isinstance(link, BaseExceptionGroup):
            queue.extend(link.exceptions)
    return False
