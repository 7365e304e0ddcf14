"""The probes as an ASGI app, without a framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from .. import _options
from ._endpoint import Answer, answer, probe_of, refusal

if TYPE_CHECKING:
    from ._registry import HealthRegistry

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class HealthApp:
    """`/live`, `/ready` and `/startup` below wherever it is mounted; the mount point itself is `ready`.

    Args:
        registry: whose checks.
        details: tell what each check found, with the texts of errors (secrets masked)? By default the status alone: such an
            endpoint is often open to all.

    200 while the service can be used, degraded or not, and 503 when it is unhealthy, as `application/health+json`. `live`
    asks the checks that say so, by default none: it tells that the loop still runs. `startup` stays 200 once it was.

    >>> from resilience.health import HealthRegistry
    >>> HealthRegistry("doctest-app").asgi()
    <HealthApp of <HealthRegistry 'doctest-app' of 0 checks>>
    """

    def __init__(self, registry: HealthRegistry, *, details: bool = False) -> None:
        self._registry = registry
        self._details = _options.flag("details", details)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._http(scope, send)

    async def _http(self, scope: Message, send: Send) -> None:
        path = _below(scope["path"], scope.get("root_path", ""))
        told = refusal(scope["method"], path) or await self._answer(probe_of(path))
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in told.headers]
        await send({"type": "http.response.start", "status": told.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else told.body})

    async def _answer(self, probe: str | None) -> Answer:
        report = await self._registry.areport(probe)
        return answer(report, self._registry.version, details=self._details)

    def __repr__(self) -> str:
        return f"<HealthApp of {self._registry!r}>"


def _below(path: str, root: str) -> str:
    """The path below the mount point: servers and frameworks differ in how much of `root_path` the `path` begins with."""
    root = root.rstrip("/")
    while root:
        if path == root or path.startswith(f"{root}/"):
            return path[len(root) :]
        _, slash, rest = root[1:].partition("/")
        root = slash + rest
    return path


async def _lifespan(receive: Receive, send: Send) -> None:
    """When it is served alone."""
    while (message := await receive())["type"] != "lifespan.shutdown":
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
