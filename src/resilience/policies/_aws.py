"""How AWS's own clients retry: what is worth it, what is throttling, and how long to wait.

Errors are told apart by their shape, so botocore is not needed: `error.response` as botocore's `ClientError` has it, or
a response with `status_code` and `headers`. Source: AWS SDKs and Tools Reference, "Retry behavior" (2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._backoff import Backoff, Delay, Exponential
from .._outcome import FAILURES, Outcome
from ..errors import RateLimitedError

THROTTLING = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_TRANSIENT = frozenset({"RequestTimeout", "RequestTimeoutException", "InternalError"})
_TRANSIENT_STATUS = frozenset({500, 502, 503, 504})
_TOO_MANY = 429
_MOST_OVER = 5.0
_HEADER = "x-amz-retry-after"
_MS = 1000.0


def is_throttling(cause: Any) -> bool:
    """Does this error, or bad result, say that we call too often?"""
    code, status = _told(cause)
    return code in THROTTLING or status == _TOO_MANY or isinstance(cause, RateLimitedError)


def is_retryable(error: BaseException) -> bool:
    """Would AWS's standard mode repeat this? What no service of AWS said is judged as everywhere else."""
    code, status = _told(error)
    if code is None and status is None:
        return FAILURES(error)
    return code in THROTTLING or code in _TRANSIENT or status in _TRANSIENT_STATUS or status == _TOO_MANY


def named_delay(outcome: Outcome) -> float | None:
    """Seconds of an `x-amz-retry-after` header (milliseconds); what is no whole number is no header."""
    response: Any = getattr(outcome.error, "response", outcome.value)
    headers: Any
    if isinstance(response, Mapping):
        response = response.get("ResponseMetadata")
        headers = response.get("HTTPHeaders") if isinstance(response, Mapping) else None
    else:
        headers = getattr(response, "headers", None)
    value = headers.get(_HEADER) if hasattr(headers, "get") else None
    text = str(value).strip()
    return float(text) / _MS if text.isascii() and text.isdigit() and len(text) < 16 else None


def _told(cause: Any) -> tuple[Any, Any]:
    """The error code and the status of an answer of AWS; `None` for what there is not."""
    response = getattr(cause, "response", cause)
    if isinstance(response, Mapping):
        error, metadata = response.get("Error"), response.get("ResponseMetadata")
        code = error.get("Code") if isinstance(error, Mapping) else None
        return code, metadata.get("HTTPStatusCode") if isinstance(metadata, Mapping) else None
    return None, getattr(response, "status_code", None)


class StandardBackoff(Backoff):
    """`chance * min(base * 2 ** (attempt - 1), 20)` seconds; the base is 50 ms, and 1 s after throttling.

    A delay that the service names is clamped to what was computed, and 5 s more at the most.
    """

    __slots__ = ("_failure", "_throttled")

    def __init__(self) -> None:
        self._failure = Exponential(0.05, maximum=20.0)
        self._throttled = Exponential(1.0, maximum=20.0)

    def delay(self, attempt: int, chance: float) -> float:
        return self._failure.delay(attempt, chance)

    def after(self, delays: Delay, cause: Any) -> Delay:
        return self._throttled.delay if is_throttling(cause) else delays

    def obey(self, named: float, delays: Delay, attempt: int, chance: float) -> float:
        own = delays(attempt, chance)
        return min(max(named, own), own + _MOST_OVER)

    def worst(self, attempt: int) -> float:
        return self._throttled.worst(attempt) + _MOST_OVER

    def worst_obeyed(self, attempt: int, named: float) -> float:
        return self.worst(attempt)

    def __repr__(self) -> str:
        return "AWS standard (0.05 s, 1 s after throttling, doubling to 20 s, full jitter)"
