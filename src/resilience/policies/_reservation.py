"""A turn that is reserved without waiting for it."""

from __future__ import annotations

from .._span import span
from ._turn import Turn


class Reservation:
    """Units that a limiter keeps for its holder from a moment on, as `limiter.reserve()` gives.

    Attributes:
        seconds: how long to wait from now until the turn has come; 0.0 once it has. It may shrink, when somebody before
            it gives a turn back, and never grows.

    Wait in your own way, then do the work; or `cancel()`. One that is forgotten is a turn that nobody used. Safe to share
    between threads, tasks and loops.

    >>> from resilience import RateLimiter
    >>> limiter = RateLimiter(1, per=60)
    >>> first, second = limiter.reserve(), limiter.reserve()
    >>> first.seconds, 59 < second.seconds <= 60, second.cancel()
    (0.0, True, True)
    """

    __slots__ = ("_cancelled", "_turn")

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._cancelled = False

    @property
    def seconds(self) -> float:
        """Seconds from now until the turn has come."""
        return max(0.0, self._turn.due - self._turn.limiter.clock.now())

    def cancel(self) -> bool:
        """Give the turn back, so that those behind it come forward; false if its time has come, or it is given back."""
        given_back = self._turn.give_back()
        self._cancelled = self._cancelled or given_back
        return given_back

    def __repr__(self) -> str:
        state = "cancelled" if self._cancelled else f"in {span(self.seconds)}"
        return f"<Reservation of {self._turn.cost:g} {state}>"
