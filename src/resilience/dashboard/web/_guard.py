"""Who may ask: every request is judged here before it is routed, and every answer gets its headers here.

Rules: nothing behind the guard is reached by a request whose Host, path, Origin or Sec-Fetch-Site is not as it must be.
It has no state. Sources: OWASP on DNS rebinding and CSRF; the Fetch Metadata specification.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from ... import _options

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_OURS = frozenset(name for name, _ in _HEADERS)
# What a router may understand otherwise than we do: doubled or dotted segments, encoded ones, backslashes, a whole URL.
_ODD_PATH = re.compile(rb"^[^/]|//|/\.{1,2}(?:/|$)|[\\\x00-\x20\x7f-\xff]|%(?:2e|2f|5c|00|0a|0d|25)", re.IGNORECASE)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?", re.IGNORECASE)
_LONGEST, _MOST_HEADERS = 16 * 1024, 100


class Guard:
    """Wraps an app: what is not asked as it must be gets 403, and never reaches it.

    Args:
        app: what is guarded.
        allowed_hosts: names that the Host header may have, without ports; default: those of the loopback.

    Raises:
        TypeError, ValueError: `allowed_hosts` are no names, or one of them is `*`.
    """

    def __init__(self, app: App, allowed_hosts: Iterable[str] | None = None) -> None:
        self._app = app
        self.hosts = frozenset(_hosts(allowed_hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": "no WebSockets here"})
        elif (fault := self.fault(scope)) is not None:
            await refuse(_with_headers(send), 403, fault)
        elif scope["method"] not in {"GET", "HEAD", "POST"}:
            await refuse(_with_headers(send), 405, "only GET, HEAD and POST")
        else:
            await self._app(scope, receive, _with_headers(send))

    def fault(self, scope: Scope) -> str | None:
        """Why a request is refused, or `None`."""
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        if len(headers) > _MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > _LONGEST:
            return "too many headers"
        path = scope.get("raw_path") or scope["path"].encode("utf-8")
        if _ODD_PATH.search(path.partition(b"?")[0]):
            return "an odd path"
        hosts = _values(headers, b"host")
        found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if found is None or found[1].lower() not in self.hosts:
            return "this host is not in allowed_hosts"
        origins = _values(headers, b"origin")
        if any(origin.lower().partition("://")[2] != hosts[0].lower() for origin in origins):
            return "another origin"
        return _fetched_from(headers, scope["method"])


def _fetched_from(headers: list[tuple[bytes, bytes]], method: str) -> str | None:
    """A page of another site may link here, and nothing else. Browsers too old to say where from send an Origin."""
    sites = _values(headers, b"sec-fetch-site")
    if all(site in {"same-origin", "none"} for site in sites):
        return None
    is_link = _values(headers, b"sec-fetch-mode") == ["navigate"] and _values(headers, b"sec-fetch-dest") == [
        "document"
    ]
    return None if is_link and method == "GET" else "asked by another site"


def _values(headers: list[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key == name]


def _hosts(given: Iterable[str] | None) -> list[str]:
    if given is None:
        return list(LOOPBACK)
    if isinstance(given, (str, bytes)):
        _options.refuse("allowed_hosts", given, "a list of names, e.g. ['dashboard.example']", kind=TypeError)
    hosts = [str(host).lower() for host in given]
    for host in hosts:
        if (found := _HOST.fullmatch(host)) is None or found[1] != host:
            _options.refuse("allowed_hosts", host, "names without ports and wildcards, e.g. 'dashboard.example'")
    return hosts


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = [(name, value) for name, value in message.get("headers", []) if name.lower() not in _OURS]
            message = {**message, "headers": [*others, *_HEADERS]}
        await send(message)

    return sent


async def refuse(send: Send, status: int, reason: str) -> None:
    """A short answer in plain text."""
    body = f"{reason}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
