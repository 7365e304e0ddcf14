"""Numbers as people read them, never wider than seven cells."""

from __future__ import annotations

from datetime import datetime

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_THOUSAND, _TEN = 1000.0, 10.0
_UNITS = ("", "k", "M", "G", "T", "P")
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def count(value: float | None) -> str:
    """A count.

    >>> count(7), count(12_345), count(None)
    ('7', '12.3k', '-')
    """
    if value is None:
        return "-"
    for unit in _UNITS:
        if abs(value) < _THOUSAND * (0.9995 if unit else 1):
            return f"{value:.3g}{unit}"
        value /= _THOUSAND
    return "≫"


def rate(value: float | None) -> str:
    """Calls a second.

    >>> rate(0.0), rate(12.345), rate(None)
    ('0', '12.3', '-')
    """
    if value is not None and 0 < value < 0.01:
        return "<0.01"
    return count(value if value is None else round(value, 2 if value < _TEN else 1))


def percent(value: float | None) -> str:
    """A share in per cent.

    >>> percent(0.0512), percent(1.0)
    ('5.1%', '100%')
    """
    if value is None:
        return "-"
    told = f"{value:.1%}"
    return f"{value:.0%}" if told.endswith(".0%") else told


def span(seconds: float | None) -> str:
    """How long.

    >>> span(12.4), span(90), span(7300)
    ('12 s', '1 min', '2 h')
    """
    if seconds is None:
        return "-"
    if seconds < _MINUTE:
        return f"{max(0.0, seconds):.0f} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    return f"{seconds // _HOUR:.0f} h" if seconds < 2 * _DAY else f"{min(seconds // _DAY, 9999):.0f} d"


def size(value: float | None) -> str:
    """Bytes.

    >>> size(1536), size(None)
    ('1.5 KiB', '-')
    """
    if value is None:
        return "-"
    for unit in _BYTES:
        if abs(value) < 1000:
            return f"{value:.3g} {unit}"
        value /= 1024
    return "≫"


def clock(at: float) -> str:
    """The time of day here."""
    return f"{datetime.fromtimestamp(at).astimezone():%H:%M:%S}"


def moment(at: float) -> str:
    """Day and time of day here."""
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S}"
