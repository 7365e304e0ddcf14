"""When the next look is due: one in each step of the lines, always at the same place in it, so that none is left out.

Rules: pure but for `Thrift`, which one task uses.
"""

from __future__ import annotations

from math import ceil

_LEAST = 0.05
_SHARE = 0.2
FETCH, LOOK = 0.25, 0.75
"""Where in a step others are asked, and where a board is made: what they answered meanwhile is on it."""


def wait(at: float, step: float, place: float, busy: float = 0.0) -> float:
    """Seconds from `at` (since 1970) to that place (0 to 1) in the first step in which it is at least `busy` seconds away.

    >>> wait(10.75, 1.0, 0.75), wait(11.0, 1.0, 0.75), wait(11.0, 1.0, 0.75, busy=2.0)
    (1.0, 0.75, 2.75)
    """
    earliest = at / step + max(busy / step, _LEAST)
    return (ceil(earliest - place) + place) * step - at


class Thrift:
    """Looking on must not weigh on the process that is looked at: with thousands of policies it looks less often.

    A look may cost more than a fifth of a core for once; what is above that is paid back by a step that is left out.

    >>> thrift = Thrift(1.0)
    >>> [thrift.spent(float(second), 0.25) for second in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.25]
    """

    def __init__(self, step: float) -> None:
        self._step = step
        self._debt = 0.0
        self._at = 0.0

    def spent(self, at: float, seconds: float) -> float:
        """A look that was begun at that (monotonic) time has cost so much; how long after its begin the next may come."""
        self._debt = max(0.0, self._debt - (at - self._at)) + seconds / _SHARE
        self._at = at
        return self._debt - self._step
