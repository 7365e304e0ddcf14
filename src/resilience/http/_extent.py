"""How much of an answer is needed to judge it: its headers alone, or its body too."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

_STREAMED = ("text/event-stream", "multipart/x-mixed-replace")


class Extent(StrEnum):
    """Where a breaker's verdict falls."""

    HEADERS = "headers"
    BODY = "body"


def extent_of(method: str, status: int, headers: Any, wanted: Extent = Extent.BODY) -> Extent:
    """Streams that are meant to stay open, and connections that now speak another protocol, end with their headers.

    >>> extent_of("GET", 200, {"content-type": "text/event-stream; charset=utf-8"}).value
    'headers'
    >>> extent_of("GET", 200, {"content-type": "text/html"}).value
    'body'
    """
    if wanted is Extent.HEADERS or status == 101 or (method.upper() == "CONNECT" and 200 <= status < 300):
        return Extent.HEADERS
    kind = str(headers.get("content-type") or "").partition(";")[0].strip().lower()
    return Extent.HEADERS if kind in _STREAMED else Extent.BODY
