"""What an answer says: is it a failure, shall it be asked for again, and when."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from resilience._outcome import Failure, Outcome
from resilience.errors import DEADLINE_PASSED, CallTimeoutError
from resilience.http._faults import Fault, Faults
from resilience.http._packages import PACKAGES, package_of
from resilience.http._retry_after import parse_http_date, parse_retry_after

_TOO_EARLY = frozenset({408, 425, 429})
_LEAST_OPEN = 0.001


def faults_of(error: BaseException) -> Faults | None:
    """What sorts this error: that of the package it comes from, httpx or httpx2; `None` for everybody else's."""
    package = package_of(error, "HTTPError")
    return None if package is None else _faults(package)


@cache
def _faults(package: str) -> Faults:
    return Faults(sys.modules[package])


def fault_of(error: BaseException) -> Fault:
    """How far the request came before this error; what a package let through raw is the same for both."""
    faults = faults_of(error)
    if faults is None and isinstance(error, OSError):
        faults = next((_faults(package) for package in PACKAGES if package in sys.modules), None)
    return Fault.FOREIGN if faults is None else faults.of(error)


def is_repeatable(error: BaseException) -> bool:
    """Is a request that may be repeated repeated after this: any fault of the transport, or an attempt out of time?"""
    if isinstance(error, CallTimeoutError):
        return error.reason != DEADLINE_PASSED
    return fault_of(error) in {Fault.UNSENT, Fault.SENT}


def is_unsent(error: BaseException) -> bool:
    """Is even a request that may not be repeated sent again, because not a byte of it went out?"""
    return fault_of(error) is Fault.UNSENT


def is_hopeless(error: BaseException) -> bool:
    """Never."""
    return False


def is_ours(error: BaseException) -> bool:
    """Does it say nothing of the origin: a full pool, a request that cannot be sent?"""
    faults = faults_of(error)
    return faults is not None and faults.is_own(error)


def delay_named(response: Any) -> float | None:
    """Seconds that an answer asks to wait; measured by the server's own clock where it tells the time."""
    value = response.headers.get("retry-after")
    if value is None:
        return None
    return parse_retry_after(value, parse_http_date(response.headers.get("date")))


def delay_of(outcome: Outcome) -> float | None:
    """The delay that a failed attempt names, for `Retry(delay_from=)`."""
    return None if outcome.value is None else delay_named(outcome.value)


def verdict_of(response: Any, longest: float) -> bool | Failure | None:
    """A breaker's verdict on the status: a failure, fine, or (`None`) nothing that it should count.

    A 503 with `Retry-After` opens for as long, though never longer than `longest` seconds: one answer must not close a
    service off for a day. 408, 425 and 429 say that this client is too slow, too early or too eager, not that the
    service is ill; 501 and 505 are answers of a service that works.
    """
    status = response.status_code
    if status in _TOO_EARLY:
        return None
    if status < 500 or status in {501, 505}:
        return False
    named = delay_named(response) if status == 503 else None
    return Failure(open_for=min(named, longest)) if named and min(named, longest) >= _LEAST_OPEN else True
