"""Guarded HTTP: transports and clients of httpx that retry, break circuits and obey deadlines, per origin.

`resilience.http.httpx2` has the same for httpx2. Nothing of httpx is imported before one of the classes is asked for.
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
    import httpx

    from resilience import errors
    from resilience.http import _client, _transport

    class ResilientTransport(_transport.SyncTransport, httpx.BaseTransport): ...

    class AsyncResilientTransport(_transport.AsyncTransport, httpx.AsyncBaseTransport): ...

    class Client(_client.SyncClient, httpx.Client): ...

    class AsyncClient(_client.AsyncClient, httpx.AsyncClient): ...

    class RejectedError(errors.RejectedError, httpx.HTTPError): ...

    class CircuitOpenError(errors.CircuitOpenError, httpx.HTTPError): ...

    class RateLimitedError(errors.RateLimitedError, httpx.HTTPError): ...

    class BulkheadFullError(errors.BulkheadFullError, httpx.HTTPError): ...

    class CallTimeoutError(errors.CallTimeoutError, httpx.HTTPError): ...


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
    """Build the classes for httpx when the first of them is asked for."""
    if name in __all__ or name == "ResilienceError":
        return kit_for("httpx", __name__).named(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
