"""Requests and answers in the log, for who asks for it: methods, places, statuses, times; no headers, bodies, secrets."""

from __future__ import annotations

import logging
from typing import Any

from resilience._masking import masked
from resilience.http._address import printable, shown

_LOGGER = logging.getLogger("resilience.http")


def log_request(request: Any, attempt: int) -> None:
    """An attempt begins."""
    method, url = printable(request.method), shown(request.url)
    _LOGGER.info("%s %s, attempt %d", method, url, attempt, extra=_fields(method, url, attempt))


def log_response(request: Any, response: Any, elapsed: float, attempt: int) -> None:
    """Its headers are there."""
    method, url, status = printable(request.method), shown(request.url), response.status_code
    fields = _fields(method, url, attempt, status=status, duration=elapsed)
    _LOGGER.info("%s %s: %d in %.3g s, attempt %d", method, url, status, elapsed, attempt, extra=fields)


def log_failure(request: Any, error: BaseException, elapsed: float, attempt: int) -> None:
    """It failed."""
    method, url, kind = printable(request.method), shown(request.url), printable(type(error).__name__)
    told = printable(masked(str(error)))
    fields = _fields(method, url, attempt, error=kind, duration=elapsed)
    _LOGGER.info("%s %s: %s in %.3g s, attempt %d: %s", method, url, kind, elapsed, attempt, told, extra=fields)


def _fields(method: str, url: str, attempt: int, **others: Any) -> dict[str, Any]:
    """The same as attributes of the log record, for who reads fields rather than lines."""
    fields = {"method": method, "url": url, "attempt": attempt, **others}
    return {f"resilience_{name}": value for name, value in fields.items()}
