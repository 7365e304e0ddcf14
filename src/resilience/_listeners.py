"""Who hears events, and how they are told: outside every lock, isolated from the call and from each other.

Rules: the tuples of listeners are replaced, never changed in place, so emitting needs no lock. A listener that raises
is logged and counted; the call never notices.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from ._options import logic
from .events import Event

Listener = Callable[[Any], object]


class Hub:
    """The process-wide listeners, and how many listener errors there were."""

    __slots__ = ("_wanted", "errors", "listeners")

    def __init__(self) -> None:
        self.listeners: tuple[tuple[Listener, tuple[type, ...]], ...] = ()
        self._wanted: tuple[object, dict[type, bool]] = None, {}
        self.errors = 0

    def wants(self, kind: type) -> bool:
        """Does anybody listen to events of this class? Asked before one is built; remembered for each class."""
        listeners = self.listeners
        if not listeners:
            return False
        known, wanted = self._wanted
        if known is not listeners:
            wanted = {}
            self._wanted = listeners, wanted
        if kind not in wanted:
            wanted[kind] = any(issubclass(kind, kinds) for _, kinds in listeners)
        return wanted[kind]


HUB = Hub()


class Subscription:
    """Ends what `listen` began: as a context manager, or by `close()`; closing twice is harmless."""

    __slots__ = ("_end",)

    def __init__(self, end: Callable[[], None]) -> None:
        self._end: Callable[[], None] | None = end

    def close(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def checked_listener(listener: Listener, kinds: tuple[type, ...]) -> tuple[Listener, tuple[type, ...]]:
    logic("listener", listener, optional=False)
    for kind in kinds:
        if not isinstance(kind, type) or not issubclass(kind, Event):  # any other would hear nothing, in silence
            raise TypeError(f"event_types={kind!r}: must be event classes, e.g. events.RetryScheduled (docs/events.md)")
    return listener, kinds or (object,)


def listen(listener: Listener, *event_types: type) -> Subscription:
    """Hear the events of every policy of this process, or only those of some classes.

    The listener gets one argument, the event; it runs in the thread or task where the event happened, outside every
    lock, so it should be quick. What it raises is logged and counted, and changes nothing. Thread-safe.

    >>> from resilience import Retry, events
    >>> heard = []
    >>> with listen(heard.append, events.RetryScheduled):
    ...     Retry(attempts=1).call(int, "7")
    7
    >>> heard
    []
    """
    entry = checked_listener(listener, event_types)
    HUB.listeners = (*HUB.listeners, entry)

    def end() -> None:
        HUB.listeners = without(HUB.listeners, entry)

    return Subscription(end)


def without(
    listeners: tuple[tuple[Listener, tuple[type, ...]], ...], entry: tuple[Listener, tuple[type, ...]]
) -> tuple[tuple[Listener, tuple[type, ...]], ...]:
    return tuple(other for other in listeners if other is not entry)


def tell(listeners: tuple[tuple[Listener, tuple[type, ...]], ...], event: object) -> None:
    for listener, kinds in listeners:
        if isinstance(event, kinds):
            try:
                listener(event)
            except Exception as error:
                report(error, listener, event)


def report(error: Exception, listener: object, event: object) -> None:
    """Log and count what a listener raised; logging itself is loaded only now."""
    HUB.errors += 1
    import logging

    logging.getLogger("resilience").error(
        "listener %r raised %s on %s", listener, type(error).__name__, type(event).__name__, exc_info=error
    )
