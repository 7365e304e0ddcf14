"""Why a service did not answer, in a few words for people; never a secret, never more than a line."""

from __future__ import annotations

from math import ceil

from resilience._masking import line, masked
from resilience.errors import CallTimeoutError, CircuitOpenError, RejectedError, ResilienceError

CLOSED = "closed"
_KINDS = {
    "ConnectTimeout": "no connection in time",
    "ReadTimeout": "no answer in time",
    "WriteTimeout": "request not taken in time",
    "PoolTimeout": "no free connection in time",
}


class Closed(ResilienceError):  # noqa: N818 - never seen: it is worded in a report
    """The miniapp was closed, which says nothing of the service."""


def wording(error: BaseException) -> str:
    """What an error means to somebody who watches a service.

    >>> wording(CircuitOpenError("...", retry_after=11.2, reason="open"))
    'circuit open, retry in 12 s'
    """
    if isinstance(error, Closed):
        return CLOSED
    if isinstance(error, CircuitOpenError):
        when = "" if error.retry_after is None else f", retry in {ceil(error.retry_after)} s"
        return f"circuit {'isolated' if error.reason == 'isolated' else 'open'}{when}"
    if isinstance(error, RejectedError):
        return f"not asked: {line(error.reason or str(error))}"
    if isinstance(error, CallTimeoutError):
        return "no answer in time" if error.seconds is None else f"no answer within {error.seconds:g} s"
    name = type(error).__name__
    return _KINDS.get(name) or _with_cause(name, error)


def _with_cause(name: str, error: BaseException) -> str:
    """Httpx's text, or that of a cause, where it has none of its own (trio's TLS errors)."""
    link: BaseException | None = error
    for _ in range(8):
        if link is None:
            break
        if text := line(masked(str(link))):
            return f"{name}: {text}"
        link = link.__cause__ or link.__context__
    return name
