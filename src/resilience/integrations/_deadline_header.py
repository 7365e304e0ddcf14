"""The header by which a caller tells how much time is left: whole milliseconds, as Envoy has it."""

from __future__ import annotations

import re

from .. import _options

HEADER = "x-envoy-expected-rq-timeout-ms"
"""Envoy's `x-envoy-expected-rq-timeout-ms`, which its proxies set and other servers can be told to read."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MOST_DIGITS = 10


def checked_name(header: object) -> str:
    """A header's name, in lower case."""
    if not isinstance(header, str) or _TOKEN.fullmatch(header) is None:
        _options.refuse("header", header, f"the name of a header, e.g. header={HEADER!r}")
    return header.lower()


def seconds_of(value: bytes) -> float | None:
    """What a header's value says; `None` for what is no whole number above 0 of at most ten digits.

    >>> seconds_of(b"1500"), seconds_of(b"0"), seconds_of(b"-1"), seconds_of(b"1e3")
    (1.5, None, None, None)
    """
    text = value.strip()
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        return None
    return int(text) / 1000 or None
