"""What is known of every process: the newest facts of each, told apart by host, pid and start, and how old they are.

Rules: `_known` is guarded by `_lock`. Workers behind one address answer in turn, so each is stale only after it was
silent for `PATIENCE`; one that is silent for `_FORGET` is forgotten, unless nothing else is known of its address.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from .._masking import printable
from .._plain import plain
from .._record import Record

PATIENCE = 15.0
_FORGET = 600.0
_MOST = 256
_LONGEST = 120


class Process(Record):
    """The newest facts of one process.

    Attributes:
        key: `host:pid:start`. origin: the address it was fetched from, or empty for this process.
        service: the name of what that address belongs to, or empty for this process.
        at: when the facts were taken, by the clock here.
        snapshot: as of `resilience.snapshot()`. logs: its newest lines.
    """

    key: str
    origin: str
    service: str
    at: float
    snapshot: dict[str, Any]
    logs: tuple[dict[str, Any], ...]

    @property
    def name(self) -> str:
        """What people read."""
        return f"{text(self.snapshot.get('host'))}:{text(self.snapshot.get('pid'))}"


class Processes:
    """Every process that was heard of, with its last known facts."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, Process] = {}

    def take(self, told: Any, at: float, origin: str = "", service: str = "") -> Process:
        """New facts of a process: `{"snapshot": …, "logs": […]}`.

        Raises:
            ValueError: these are none.
        """
        snapshot = told.get("snapshot") if isinstance(told, dict) else None
        if not isinstance(snapshot, dict) or not isinstance(snapshot.get("policies"), list):
            raise ValueError("no snapshot of a process")
        lines = told.get("logs")
        if (
            origin
        ):  # what comes from elsewhere is made what this process's own is: finite numbers, no control characters
            snapshot, lines = self._known_as(snapshot, origin) or plain(snapshot), plain(lines)
        process = Process(
            key=key_of(snapshot),
            origin=origin,
            service=service,
            at=at,
            snapshot=snapshot,
            logs=tuple(line for line in lines if isinstance(line, dict)) if isinstance(lines, list) else (),
        )
        with self._lock:
            before = self._known.get(process.key)
            # This process knows itself best; and of two addresses for one process the first stays.
            if before is not None and before.origin != origin and (not before.origin or at - before.at < PATIENCE):
                return before
            self._known[process.key] = process
            while len(self._known) > _MOST:
                del self._known[min(self._known, key=lambda key: self._known[key].at)]
        return process

    def _known_as(self, snapshot: dict[str, Any], origin: str) -> dict[str, Any] | None:
        """The same snapshot as it was taken before, if it was: a service may look at itself less often than it is asked."""
        with self._lock:
            before = self._known.get(key_of(snapshot))
        taken = number(snapshot.get("at"))
        is_same = before is not None and before.origin == origin and taken is not None
        return before.snapshot if before is not None and is_same and before.snapshot.get("at") == taken else None

    def known(self, at: float) -> list[Process]:
        """All of them, this process first."""
        with self._lock:
            newest: dict[str, float] = {}
            for one in self._known.values():
                newest[one.origin] = max(newest.get(one.origin, 0.0), one.at)
            for one in list(self._known.values()):
                if one.at < at - _FORGET and one.at < newest[one.origin]:
                    del self._known[one.key]
            return sorted(self._known.values(), key=lambda one: (one.origin, one.key))


def key_of(snapshot: dict[str, Any]) -> str:
    """Host, pid and start: pids come again, and workers share an address."""
    started = snapshot.get("started_at")
    start = f"{started:.3f}" if isinstance(started, (int, float)) else "?"
    return f"{text(snapshot.get('host'))}:{text(snapshot.get('pid'))}:{start}"


def named(told: str) -> tuple[str | None, str]:
    """`shop=https://shop.example` gives a name; a URL by itself has none."""
    name, equals, url = told.partition("=")
    return (name, url) if equals and "/" not in name else (None, told)


def text(value: Any) -> str:
    """A name from outside: one line, never long."""
    if value.__class__ is str and len(value) <= _LONGEST and value.isprintable():
        return value
    told = printable(str(value)) if isinstance(value, (str, int, float)) else "?"
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"


def number(value: Any) -> float | None:
    """A number from outside, or `None`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e300 else None


def count(value: Any) -> int:
    """A count from outside; 0 if it is none. A table of counts is summed."""
    if isinstance(value, dict):
        return sum(count(one) for one in value.values())
    found = number(value)
    return 0 if found is None else int(found)


def table(value: Any) -> dict[str, Any]:
    """An object from outside; empty if it is none."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a list from outside."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
