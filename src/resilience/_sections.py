"""What others add to `resilience.snapshot()`: sections by name, and the figures of a recorder.

Rules: `_SECTIONS` and `recorded` are replaced under `_lock`, never changed in place, so reading needs none.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ._listeners import Subscription
from ._names import reset_in_child
from ._options import label, logic


class Recorded(Protocol):
    """Figures of calls and events, by label."""

    def all_calls(self) -> dict[str, dict[str, Any]]: ...
    def all_events(self) -> dict[str, dict[str, Any]]: ...
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
    section by the class of the error. It must not give arguments of calls, results or secrets.

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
        raise TypeError("name=None: a section needs a name, e.g. 'queue'")
    with _lock:
        if key in sections:
            raise ValueError(f"name={name!r}: a section of that name is there already; close it first")
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
