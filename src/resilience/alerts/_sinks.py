"""Where alerts go: the log, a webhook. Any function of an `Alert` is a sink as well."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from .. import _options
from .._plain import plain
from ._alert import RESOLVED, Alert
from ._outbox import Undelivered

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}
_URL = "the URL that takes alerts, e.g. 'https://hooks.example/alerts'"
_REFUSED = 300
VERSION = 1


class LogSink:
    """A line of log for each alert: by severity, a recovery as info; its fields are in `record.alert`.

    Args:
        logger: a logger of `logging`, or its name (default `resilience.alerts`).
    """

    name = "log"

    def __init__(self, logger: logging.Logger | str = "resilience.alerts") -> None:
        if not isinstance(logger, (logging.Logger, str)):
            _options.refuse("logger", logger, "a logger of `logging`, or its name", kind=TypeError)
        self._logger = logging.getLogger(logger) if isinstance(logger, str) else logger

    def __call__(self, alert: Alert) -> None:
        level = logging.INFO if alert.state == RESOLVED else _LEVELS[alert.severity]
        self._logger.log(level, "%s", alert, extra={"alert": plain(alert)})


class Webhook:
    """A POST of JSON for each alert, by the guarded client: retried, bounded, behind a breaker of its own.

    Args:
        url: where to. It is often a secret itself, so only its host is ever shown.
        headers: for the request, `Authorization` for instance; never shown.
        body: `f(alert)` that gives what is sent instead, as JSON can hold it: chat services want a shape of their own.
        transport: an httpx transport to send it with; by default a new connection each time.

    Raises:
        ValueError, TypeError: an option that cannot stand.

    A request has an `Idempotency-Key`, so a retry is known as one. Not taken is a status from 300 on. The numbers of
    retries and timeouts are those of the settings. Thread-safe.

    >>> Webhook("https://hooks.example/T0/B0/secret")
    <Webhook to hooks.example>
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Callable[[Alert], Any] | None = None,
        transport: Any = None,
    ) -> None:
        import httpx

        from ..http import Origins

        if not isinstance(url, str):
            _options.refuse("url", f"<{type(url).__name__}>", _URL, kind=TypeError)
        try:
            self._url = httpx.URL(url)
        except httpx.InvalidURL:
            self._url = httpx.URL("")
        if self._url.scheme not in {"http", "https"} or not self._url.host:
            _options.refuse("url", "…", _URL)  # not quoted: it is a secret
        if transport is not None and not isinstance(transport, httpx.BaseTransport):
            _options.refuse("transport", transport, "a transport of httpx", kind=TypeError)
        self.name = f"webhook {self._url.host}"
        self._headers = httpx.Headers(headers)
        self._body = _options.logic("body", body) or document
        self._transport = transport
        self._verify: Any = httpx.create_ssl_context() if self._url.scheme == "https" and transport is None else True
        # Its path is a secret too, so LOG_REQUESTS and LOG_RESPONSES are not for this client.
        self._origins = Origins.from_settings(log_requests=False, log_responses=False)

    def __call__(self, alert: Alert) -> None:
        from ..http import Client

        headers = {**self._headers, "Idempotency-Key": str(uuid4())}
        with Client(origins=self._origins, transport=self._transport, verify=self._verify) as client:
            response = client.post(self._url, json=self._body(alert), headers=headers)
        if response.status_code >= _REFUSED:
            raise Undelivered(f"HTTP {response.status_code}")

    def __repr__(self) -> str:
        return f"<Webhook to {self._url.host}>"


def document(alert: Alert) -> dict[str, Any]:
    """What a webhook sends unless it is told otherwise; docs/alerts.md describes every field."""
    from platform import node

    told: dict[str, Any] = plain(alert)
    return {
        "version": VERSION,
        **told,
        "since": _iso(alert.since),
        "at": _iso(alert.at),
        "text": plain(str(alert)),
        "host": plain(node()),
        "pid": os.getpid(),
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
