"""Whose line a warning points at: the first one outside this package."""

from __future__ import annotations

import sys
from types import FrameType

_HERE = __name__.partition(".")[0]


def lines_within() -> int:
    """The `stacklevel` with which a warning of our caller points at the code that uses this package.

    However deep a chain of policies, a thread's start or a coroutine's driver lies between.
    """
    frame: FrameType | None = sys._getframe(1)
    level = 1
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == _HERE:
        frame, level = frame.f_back, level + 1
    return level
