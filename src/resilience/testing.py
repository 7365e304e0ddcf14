"""The testing kit: a fake clock, a recorder of events, switches, and pytest fixtures (`pytest_plugin.py`).

>>> from resilience import Retry, Fixed
>>> clock = FakeClock()
>>> def down():
...     raise ConnectionError("down")
>>> try: Retry(attempts=3, backoff=Fixed(30), clock=clock).call(down)
... except ConnectionError: clock.slept, clock.now()
([30.0, 30.0], 60.0)
"""

from __future__ import annotations

from typing import Self, TypeVar

from . import _drive, _world
from ._fake_clock import FakeClock
from ._listeners import HUB, Subscription, listen, without
from ._names import NAMED
from ._switches import let_pass
from .events import Event

__all__ = ["FakeClock", "Recorder", "disabled", "forget_named", "no_waiting"]

E = TypeVar("E", bound=Event)


class Recorder:
    """Keeps every event of the process (or those of some classes) while its `with` block lasts.

    >>> from resilience import CircuitBreaker, events
    >>> with Recorder() as recorder:
    ...     CircuitBreaker("doctest-recorded").open(5)
    >>> [(e.old, e.new) for e in recorder.of(events.BreakerStateChanged)]
    [('closed', 'open')]
    """

    def __init__(self, *event_types: type[Event]) -> None:
        self.events: list[Event] = []
        self._types = event_types
        self._subscription: Subscription | None = None

    def of(self, kind: type[E]) -> list[E]:
        """The recorded events of this class, oldest first."""
        return [event for event in self.events if isinstance(event, kind)]

    def __enter__(self) -> Self:
        self._subscription = listen(self.events.append, *self._types)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._subscription is not None:
            self._subscription.close()


class _Switch:
    """Sets something for the length of a `with` block; blocks may nest."""

    def __init__(self, module: object, name: str, value: object) -> None:
        self._target = module, name, value
        self._before: list[object] = []

    def __enter__(self) -> None:
        module, name, value = self._target
        self._before.append(getattr(module, name))
        setattr(module, name, value)

    def __exit__(self, *exc_info: object) -> None:
        module, name, _ = self._target
        setattr(module, name, self._before.pop())


class disabled:  # noqa: N801 - used as a statement
    """Inside, every guarded call, block and generator goes its way, in all threads: no policy has a say.

    >>> from resilience import CircuitBreaker
    >>> breaker = CircuitBreaker("doctest-disabled", initial_state="open")
    >>> with disabled():
    ...     breaker(int)("7") if False else breaker.call(int, "7")
    7
    """

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(_drive.passing)
        let_pass(on=True)

    def __exit__(self, *exc_info: object) -> None:
        let_pass(on=self._before.pop())


class no_waiting(_Switch):  # noqa: N801 - used as a statement
    """Inside, no retry on the real clock sleeps: the next attempt follows at once, in all threads.

    A turn at a rate limiter, a place in a queue, a hedge, a timeout and the latency of chaos take their time all the same.

    >>> from resilience import Retry, Fixed
    >>> with no_waiting():
    ...     for attempt in Retry(attempts=2, backoff=Fixed(3600)):
    ...         with attempt:
    ...             if attempt.number == 1: raise ConnectionError
    """

    def __init__(self) -> None:
        super().__init__(_world, "waits", False)


def forget_named() -> None:
    """Forget every instance made by `named()` and every listener, so that one test does not meet another's."""
    NAMED.forget()
    for entry in HUB.listeners:
        HUB.listeners = without(HUB.listeners, entry)
