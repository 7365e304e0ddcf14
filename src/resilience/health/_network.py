"""Checks over the network: an HTTP answer, a TCP connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import _options
from .._deadline import remaining
from .._level import Level
from .._world import SYSTEM_CLOCK
from ._check import Check
from ._result import Verdict
from ._run import TimedOut

_REFUSED, _PORTS = 400, 65_536
_URL = "the URL of a service, e.g. 'https://shop.example/health'"


def http(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    transport: Any = None,
) -> Check:
    """Is there an answer below 400? Slower than `THRESHOLD_RESPONSE_TIME_MS` is degraded.

    Args:
        url: what to ask; neither it nor the headers are ever shown.
        method: `GET` or `HEAD`. The body is not read, redirects are not followed, nothing is retried.
        headers: for the request.
        transport: an httpx transport to send it with; by default a new connection each time.

    Raises:
        ValueError: this is no URL of a service. TypeError: the transport is none of httpx.

    >>> import httpx
    >>> http("https://shop.example", transport=httpx.MockTransport(lambda request: httpx.Response(503)))().detail
    'HTTP 503'
    """
    import httpx

    if not isinstance(url, str):
        _options.refuse("url", f"<{type(url).__name__}>", _URL, kind=TypeError)
    try:
        asked = httpx.URL(url)
    except httpx.InvalidURL:
        asked = httpx.URL("")
    if asked.scheme not in {"http", "https"} or not asked.host:
        # It is not quoted: it may have a password in it.
        _options.refuse("url", "…", _URL)
    verb = _options.choice("method", method, ("GET", "HEAD"))
    if transport is not None and not isinstance(transport, httpx.BaseTransport):
        _options.refuse("transport", transport, "a transport of httpx", kind=TypeError)
    sent = httpx.Headers(headers)
    trusted = httpx.create_ssl_context() if asked.scheme == "https" and transport is None else True

    def look() -> Verdict:
        begun, left = SYSTEM_CLOCK.now(), remaining()
        patience = None if left == _options.INFINITY else max(0.001, left)
        try:
            # A client for each look: connections are not shared with forked children, nor kept till they are stale. A plain
            # one: what probes ask is not to open circuits, nor to be retried.
            with (
                httpx.Client(transport=transport, verify=trusted, timeout=patience) as client,
                client.stream(verb, asked, headers=sent) as response,
            ):
                return _answered(response.status_code, (SYSTEM_CLOCK.now() - begun) * 1000)
        except httpx.TimeoutException:
            raise TimedOut from None

    return Check(look, kind="http")


def _answered(status: int, milliseconds: float) -> Verdict:
    from ..config import get_config

    slowest = get_config("threshold.response_time_ms")
    if status >= _REFUSED:
        level, detail = Level.UNHEALTHY, f"HTTP {status}"
    elif milliseconds > slowest:
        level, detail = Level.DEGRADED, f"HTTP {status} after {milliseconds:.0f} ms, slower than {slowest} ms"
    else:
        level, detail = Level.HEALTHY, f"HTTP {status}"
    return Verdict(level=level, detail=detail, value=milliseconds, unit="ms")


def tcp(host: str, port: int) -> Check:
    """Does a TCP connection come about?

    Raises:
        ValueError, TypeError: this is no host or no port.

    >>> tcp("localhost", 5432)
    <Check tcp tcp.<locals>.look>
    """
    if not isinstance(host, str) or not host or not host.isprintable():
        _options.refuse("host", host, "a name or an address, e.g. 'localhost'", kind=TypeError)
    number = _options.count("port", port)
    if number >= _PORTS:
        _options.refuse("port", port, f"a port below {_PORTS}, e.g. port=5432")

    def look() -> None:
        import socket

        left = remaining()
        patience = None if left == _options.INFINITY else max(0.001, left)
        try:
            socket.create_connection((host, number), timeout=patience).close()
        except TimeoutError:
            raise TimedOut from None

    return Check(look, kind="tcp")
