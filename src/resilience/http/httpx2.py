"""Guarded HTTP: transports and clients of httpx2 that retry, break circuits and obey deadlines, per origin.

`resilience.http` has the same for httpx. Nothing of httpx2 is imported before one of the classes is asked for.
"""

# ruff: noqa: D101 - at run time the docstrings are those of the code that these classes are built from
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resilience.http._kit import kit_for
from resilience.http._origins import Origins, OriginsSnapshot
from resilience.http._retry_after import parse_retry_after
from resilience.http._server_limit import ServerLimit, adopt_rate_limit, read_rate_limit
from resilience.http._state import OriginSnapshot

if TYPE_CHECKING:
    import httpx2

    from resilience import errors
    from resilience.http import _client, _transport

    class ResilientTransport(_transport.SyncTransport, httpx2.BaseTransport): ...

    class AsyncResilientTransport(_transport.AsyncTransport, httpx2.AsyncBaseTransport): ...

    class Client(_client.SyncClient, httpx2.Client): ...

    class AsyncClient(_client.AsyncClient, httpx2.AsyncClient): ...

    class RejectedError(errors.RejectedError, httpx2.HTTPError): ...

    class CircuitOpenError(errors.CircuitOpenError, httpx2.HTTPError): ...

    class RateLimitedError(errors.RateLimitedError, httpx2.HTTPError): ...

    class BulkheadFullError(errors.BulkheadFullError, httpx2.HTTPError): ...

    class CallTimeoutError(errors.CallTimeoutError, httpx2.HTTPError): ...


__all__ = [
    "AsyncClient",
    "AsyncResilientTransport",
    "BulkheadFullError",
    "CallTimeoutError",
    "CircuitOpenError",
    "Client",
    "OriginSnapshot",
    "Origins",
    "OriginsSnapshot",
    "RateLimitedError",
    "RejectedError",
    "ResilientTransport",
    "ServerLimit",
    "adopt_rate_limit",
    "parse_retry_after",
    "read_rate_limit",
]


def __getattr__(name: str) -> Any:
    """Build the classes for httpx2 when the first of them is asked for."""
    if name in __all__ or name == "ResilienceError":
        return kit_for("httpx2", __name__).named(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
