"""Requests and answers in the log, for who asks for it: methods, places, statuses, times; no headers, bodies, secrets."""

from __future__ import annotations

import logging
from typing import Any

from resilience._masking import masked
from resilience.http._address import printable, shown

_LOGGER = logging.getLogger("resilience.http")


def log_request(request: Any, attempt: int) -> None:
    """An attempt begins."""
    _LOGGER.info("%s %s, attempt %d", request.method, shown(request.url), attempt)


def log_response(request: Any, response: Any, elapsed: float) -> None:
    """Its headers are there."""
    _LOGGER.info("%s %s: %d in %.3g s", request.method, shown(request.url), response.status_code, elapsed)


def log_failure(request: Any, error: BaseException, elapsed: float) -> None:
    """It failed."""
    told = printable(masked(str(error)))
    _LOGGER.info("%s %s: %s in %.3g s: %s", request.method, shown(request.url), type(error).__name__, elapsed, told)
