"""A duration as people say it."""

from __future__ import annotations

_UNITS = ((600.0, 1.0, "s"), (36_000.0, 60.0, "min"), (864_000.0, 3600.0, "h"))
_DAY = 86_400.0


def span(seconds: float) -> str:
    """Three digits of it, in a unit that needs no more.

    >>> span(1.23456), span(1800), span(86400), span(31e6)
    ('1.23 s', '30 min', '24 h', '359 d')
    """
    for below, length, unit in _UNITS:
        if seconds < below:
            return f"{seconds / length:.3g} {unit}"
    return "unbounded time" if seconds == float("inf") else f"{seconds / _DAY:.3g} d"
