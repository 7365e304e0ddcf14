"""`Retry-After`, in seconds or as any of the three HTTP dates, however badly it is spelled."""

from __future__ import annotations

import re
import time
from calendar import timegm
from email.utils import parsedate_tz
from math import isfinite

# Ten thousand years: finite, so that arithmetic with it stays finite, and beyond every limit that somebody sets.
FOR_EVER = 315_576_000_000.0

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_OBSOLETE_DATE = re.compile(r"[A-Za-z]+, *[0-9]{1,2}-[A-Za-z]{3}-([0-9]{2}) ")
_LONGEST = 200
_CENTURY, _FIFTY_YEARS = 100, 50


def parse_retry_after(value: object, now: float | None = None) -> float | None:
    """Seconds until the moment that a `Retry-After` header names; `None` where it names none.

    Pure and total: it never raises, whatever it is given. The result is finite and not negative: a date that has
    passed is 0.0, more than ten thousand years are ten thousand years; a negative number, NaN and nonsense are `None`.
    Of several values in one header the longest counts, since a server must never be asked early.

    Args:
        value: what the header says, `str` or `bytes`; `None` without one.
        now: seconds since the epoch that a date is measured from. By default this machine's clock; better is the time
            of the response's own `Date` header, which makes the result immune to clocks that disagree.

    The form is that of RFC 9110, section 10.2.3 (and 5.6.7 for dates); decimals, which some servers send, are accepted.

    >>> parse_retry_after("120")
    120.0
    >>> parse_retry_after("Fri, 31 Dec 1999 23:59:59 GMT", now=946684739.0)
    60.0
    >>> parse_retry_after("soon") is None
    True
    """
    if isinstance(value, (bytes, bytearray)):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        return None
    text = value.strip()
    if len(text) > _LONGEST:
        # Longer than any date; all digits, it is a number all the same, and no reason to ask again at once.
        return FOR_EVER if text.isascii() and text.isdigit() else None
    now = _checked_now(now)
    numbers = [_seconds(part) for part in text.split(",")]
    known = [number for number in numbers if number is not None]
    if len(known) == len(numbers):
        return max(known)
    date = parse_http_date(text, now)
    if date is None:
        return None
    return min(max(date - (time.time() if now is None else now), 0.0), FOR_EVER)


def _checked_now(now: object) -> float | None:
    """A moment, or `None` for this machine's own: a `now` that is no time must not make a delay of nonsense."""
    if isinstance(now, bool) or not isinstance(now, (int, float)) or not isfinite(now):
        return None
    return float(now)


def parse_http_date(value: object, now: float | None = None) -> float | None:
    """Seconds since the epoch of an HTTP date in any of its three forms; `None` where it is none. Never raises.

    >>> parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT")
    784111777.0
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    try:
        found = parsedate_tz(value)
        if found is None:
            return None
        year, month, day, hour, minute, second = found[:6]
        if not (1 <= month <= 12 and 0 <= year <= 9999 and hour < 24 and minute < 60 and second < 61):
            return None
        if _OBSOLETE_DATE.match(value):
            year = _century_of(year % _CENTURY, time.gmtime(now).tm_year)
        return float(timegm((year, month, day, hour, minute, second)) - (found[9] or 0))
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        # The standard library's parser raises several of these for crooked input, and not the same in each version.
        return None


def _seconds(text: str) -> float | None:
    number = text.strip()
    return min(float(number), FOR_EVER) if _NUMBER.fullmatch(number) else None


def _century_of(year: int, this_year: int) -> int:
    """A year of two digits: never more than fifty years ahead (RFC 9110, section 5.6.7)."""
    full = this_year - this_year % _CENTURY + year
    return full - _CENTURY if full > this_year + _FIFTY_YEARS else full
