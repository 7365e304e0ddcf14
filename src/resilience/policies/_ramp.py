"""Gradual recovery: the rising share of calls that a circuit lets through after it closed.

Rules: called under the circuit's lock.
"""

from __future__ import annotations

_LEAST_SHARE = 0.05


class Ramp:
    """From a twentieth of the calls to all of them, evenly spread: each call earns its share, a whole one goes through."""

    __slots__ = ("_begun", "_earned", "_seconds")

    def __init__(self, begun: float, seconds: float) -> None:
        self._begun = begun
        self._seconds = seconds
        self._earned = 1.0  # the first call goes through

    def share(self, now: float) -> float:
        """The part of the calls that it lets through now, 0..1."""
        return min(1.0, max(_LEAST_SHARE, (now - self._begun) / self._seconds))

    def left(self, now: float) -> float:
        """Seconds until all calls go through."""
        return max(0.0, self._begun + self._seconds - now)

    def admits(self, now: float) -> bool:
        """Does this call go through?"""
        self._earned += self.share(now)
        if self._earned < 1.0:
            return False
        self._earned -= 1.0
        return True
