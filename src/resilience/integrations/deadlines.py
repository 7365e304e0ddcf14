"""The caller's side of deadlines: tell listed origins how much time is left.

>>> import httpx, resilience
>>> from resilience.http import Client
>>> service = httpx.MockTransport(lambda request: httpx.Response(200, text=request.headers.get(HEADER, "none")))
>>> with Client(transport=DeadlineTransport(["https://stock.example"], service)) as client, resilience.deadline(2):
...     told = client.get("https://stock.example/").text, client.get("https://other.example/").text
>>> 0 < int(told[0]) <= 2000, told[1]
(True, 'none')
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx

from .. import _options
from .._deadline import remaining
from ._deadline_header import HEADER, checked_name

__all__ = ["HEADER", "AsyncDeadlineTransport", "DeadlineTransport"]

_PORTS = {"http": 80, "https": 443}
_ALLOWED = "a list of origins, e.g. origins=['https://stock.example']"
Origin = tuple[str, str, int | None]


class _Listed:
    """Which origins are told, and how."""

    __slots__ = ("_header", "_origins")

    def __init__(self, origins: Iterable[str], header: str) -> None:
        if isinstance(origins, (str, bytes)):
            _options.refuse("origins", "…", _ALLOWED, kind=TypeError)
        self._origins = frozenset(_origin(text) for text in origins)
        self._header = checked_name(header)

    def told(self, request: httpx.Request) -> httpx.Request:
        """With the header, if this origin is listed and there is a deadline: never more than what is left."""
        left = remaining()
        if left == _options.INFINITY or _of(request.url) not in self._origins:
            return request
        headers = request.headers.copy()
        headers[self._header] = str(max(1, int(left * 1000)))
        # Another request: what httpx makes of the given one, for a redirect, has its headers, and may go anywhere.
        return httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )


class DeadlineTransport(httpx.BaseTransport):
    """A transport of httpx that adds the remaining milliseconds of the call's deadline, for listed origins only.

    Args:
        origins: scheme, host and port of those that are told; all others never are.
        transport: the one that does the work; by default an `HTTPTransport()`.
        header: which one (default Envoy's `x-envoy-expected-rq-timeout-ms`).

    For use inside a guarded client, `resilience.http.Client(transport=DeadlineTransport([...]))`, so that each attempt
    tells what is left then; its timeout counts, so it tells at most `TIMEOUT_HTTP_REQUEST` (10 s). A plain client of httpx
    tells nothing without a deadline. Safe to share as the inner transport is.

    Raises:
        ValueError, TypeError: this is no list of origins.
    """

    def __init__(self, origins: Iterable[str], transport: Any = None, *, header: str = HEADER) -> None:
        self._listed = _Listed(origins, header)
        self._inner = _checked(transport, httpx.BaseTransport) or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        response: httpx.Response = self._inner.handle_request(self._listed.told(request))
        return response

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()


class AsyncDeadlineTransport(httpx.AsyncBaseTransport):
    """The same for `resilience.http.AsyncClient`, in asyncio and trio."""

    def __init__(self, origins: Iterable[str], transport: Any = None, *, header: str = HEADER) -> None:
        self._listed = _Listed(origins, header)
        self._inner = _checked(transport, httpx.AsyncBaseTransport) or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        response: httpx.Response = await self._inner.handle_async_request(self._listed.told(request))
        return response

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


def _checked(transport: Any, kind: type) -> Any:
    if transport is not None and not isinstance(transport, kind):
        _options.refuse("transport", transport, f"an httpx.{kind.__name__}", kind=TypeError)
    return transport


def _origin(text: Any) -> Origin:
    try:
        url = httpx.URL(text)
    except (TypeError, httpx.InvalidURL):
        url = httpx.URL("")
    if url.scheme not in _PORTS or not url.host or url.path not in {"", "/"} or url.query or url.userinfo:
        _options.refuse("origins", "…", _ALLOWED)
    return _of(url)


def _of(url: httpx.URL) -> Origin:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)
