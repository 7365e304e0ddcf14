"""Our refusals as HTTP answers: 429, 503, 504, with `Retry-After`, and nothing of what is inside."""

from __future__ import annotations

import json
from math import ceil, isfinite

from ..errors import CallTimeoutError, RateLimitedError, RejectedError

_TITLES = {429: "Too Many Requests", 503: "Service Unavailable", 504: "Gateway Timeout"}
Headers = list[tuple[bytes, bytes]]


def status_of(error: BaseException) -> int | None:
    """The status for an error of ours; `None` for any other."""
    if isinstance(error, RateLimitedError):
        return 429
    if isinstance(error, RejectedError):
        return 503
    return 504 if isinstance(error, CallTimeoutError) else None


def answer(status: int, error: BaseException) -> tuple[Headers, bytes]:
    """Headers and a body of problem+json (RFC 9457)."""
    body = json.dumps({"type": "about:blank", "title": _TITLES[status], "status": status}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    seconds = getattr(error, "retry_after", None)
    if isinstance(seconds, (int, float)) and isfinite(seconds):
        headers.append((b"retry-after", str(max(0, ceil(seconds))).encode()))
    return headers, body


def single(error: BaseException) -> BaseException:
    """The one error that groups of one are around, as task groups raise it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
