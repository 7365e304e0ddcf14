"""The deadline as httpx's timeouts: no socket operation is given longer than what remains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

OPERATIONS = ("connect", "read", "write", "pool")
# A socket timeout of 0 means "do not block"; what has passed is given one last moment instead.
SHORTEST = 0.001


class ClosingTimeouts(dict[str, float | None]):
    """httpx's `extensions["timeout"]`, whose values shrink with what remains of the deadline.

    The transports below ask `get` anew before each phase (pool, connect, write, headers, body), so a slow connect
    leaves less for the answer. `configured` are the client's own timeouts; the shorter one counts.
    """

    __slots__ = ("_remaining", "configured")

    def __init__(self, configured: Mapping[str, float | None], remaining: Callable[[], float]) -> None:
        # A redirect hands our mapping on; wrapping it again would freeze what remained when it was first asked.
        self.configured: Mapping[str, float | None] = getattr(configured, "configured", configured)
        super().__init__({name: self.configured.get(name) for name in (*OPERATIONS, *self.configured)})
        self._remaining = remaining

    def __getitem__(self, name: str) -> float | None:
        return _shorter(super().__getitem__(name), self._remaining())

    def get(self, name: str, default: Any = None) -> Any:
        """The seconds that this operation may take now."""
        return self[name] if name in self else default  # noqa: SIM401 - this is that `get`


def _shorter(configured: float | None, remaining: float) -> float | None:
    if remaining == float("inf"):
        return configured
    left = max(remaining, SHORTEST)
    return left if configured is None else min(configured, left)
