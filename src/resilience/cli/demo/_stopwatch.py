"""The time since the script began: one for the clients, the origins and the events."""

from __future__ import annotations

from time import monotonic


class Stopwatch:
    """Seconds since `start()`; 0 before."""

    def __init__(self) -> None:
        self._began: float | None = None

    def start(self) -> None:
        """Time begins now."""
        self._began = monotonic()

    def now(self) -> float:
        """Seconds since the start."""
        return 0.0 if self._began is None else monotonic() - self._began
