"""What others add to `resilience.snapshot()`: sections by name, and the figures of a recorder.

Rules: `_SECTIONS` and `recorded` are replaced under `_lock`, never changed in place, so reading needs none.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from weakref import WeakSet

from ._listeners import Subscription
from ._names import reset_in_child
from ._options import label, logic


class Recorded(Protocol):
    """Figures of calls and events, by label; not copied, nobody may change them."""

    def all_calls(self, *, copied: bool = True) -> dict[str, dict[str, Any]]: ...
    def all_events(self, *, copied: bool = True) -> dict[str, dict[str, Any]]: ...
    def about(self) -> dict[str, Any]: ...


_lock = allocate_lock()
sections: Mapping[str, Callable[[], Any]] = {}
recorded: Recorded | None = None


@reset_in_child
def _reset() -> None:
    global _lock
    _lock = allocate_lock()


def section(name: str, function: Callable[[], Any]) -> Subscription:
    """Add a section to every snapshot to come: what `function()` gives, made into plain JSON values.

    The function is called in the thread that asks for a snapshot, so it should be quick. What it raises is told in the
    section by the class of the error; while it gives `None`, there is no such section. It must not give arguments of
    calls, results or secrets.

    Returns:
        What ends it: a context manager with `.close()`.

    Raises:
        ValueError: a section of that name is there already.

    Thread-safe.

    >>> from resilience import snapshot
    >>> with section("queue", lambda: {"length": 3}):
    ...     snapshot()["sections"]["queue"]
    {'length': 3}
    """
    global sections
    key = label("name", name)
    made = logic("function", function, optional=False)
    if key is None:
        raise TypeError("name=None: a section needs a name, e.g. 'queue' (docs/telemetry/snapshot.md)")
    with _lock:
        if key in sections:
            raise ValueError(
                f"name={name!r}: a section of that name is there already; close it first (docs/telemetry/snapshot.md)"
            )
        sections = {**sections, key: made}

    def end() -> None:
        global sections
        with _lock:
            sections = {other: its for other, its in sections.items() if its is not made or other != key}

    return Subscription(end)


def record_from(source: Recorded | None) -> None:
    """Take the figures of calls and events from there; `None`: from nowhere."""
    global recorded
    with _lock:
        recorded = source


class Gathering:
    """A section that tells of all live objects of one kind, by their names, and is there while one lives.

    Rules: `_live` holds them weakly, under the module's `_lock`; those that are collected leave it by themselves.
    """

    __slots__ = ("_live", "_name", "_tell")

    def __init__(self, name: str, tell: Callable[[list[Any]], Any]) -> None:
        self._name = name
        self._tell = tell
        self._live: WeakSet[Any] = WeakSet()

    def add(self, one: Any) -> None:
        """Tell of this one as long as it lives, or until `discard`.

        Raises:
            ValueError: a section of that name is there, of somebody else's.
        """
        with _lock:
            is_told = getattr(sections.get(self._name), "__self__", None) is self
        if not is_told:
            section(self._name, self.told)
        with _lock:
            self._live.add(one)

    def discard(self, one: Any) -> None:
        """Tell of it no more."""
        with _lock:
            self._live.discard(one)

    def live(self) -> list[Any]:
        """Those that live, by their names."""
        with _lock:
            return sorted(self._live, key=lambda one: str(one.name))

    def told(self) -> Any:
        """What the section says now."""
        live = self.live()
        return self._tell(live) if live else None
