"""The watched services: a monitor over all of them, and what the board shows of each.

Rules: the monitor runs in the loop of the collector's thread; everything else is called by the same thread.
"""

from __future__ import annotations

from typing import Any

from ..http._address import shown
from ..miniapp import AsyncMiniapp, Level, Monitor, ServiceSnapshot
from ..miniapp._report import Deployment
from ._board import Service
from ._history import History
from ._processes import named, text
from ._track import SHORT

KEPT, KEPT_IN_ALL = 400, 20_000
"""Looks from which percentiles and uptime are taken: of each service, and of all together."""
_FACTS = ("version", "commit", "deployed_at", "environment", "server", "region")
_LOOKS_A_SECOND = 10.0


class Services:
    """Watches miniapps.

    Args:
        urls: of the services; `name=url` gives one a name.
        interval: seconds from one look at a service to the next; by default 1, and longer beyond ten services, so that all
            together are looked at ten times a second.
        options: of every `AsyncMiniapp`: `settings`, `transport`.
    """

    def __init__(self, urls: list[str], history: History, *, interval: float | None, options: dict[str, Any]) -> None:
        self._history = history
        given = [named(url) for url in urls]
        self._apps = [AsyncMiniapp(url, name=name, **_transport(options, len(urls))) for name, url in given]
        self.interval = interval or max(1.0, len(urls) / _LOOKS_A_SECOND)
        self._monitor = Monitor(*self._apps, interval=self.interval, history=kept(len(urls))) if urls else None
        self._checks: dict[str, int] = {}
        self._known: dict[str, tuple[ServiceSnapshot, Service]] = {}

    def labels(self) -> dict[str, str]:
        """How the labels of the policies begin that serve to watch a service, each with the service's key."""
        return {
            label: f"service/{app.url}"
            for app in self._apps
            for label in (app.name, app.origin, f"{app.name} {app.origin}")
        }

    async def start(self) -> None:
        """Begin to look, in this loop."""
        if self._monitor is not None:
            await self._monitor.__aenter__()

    async def stop(self) -> None:
        """End, and close all connections."""
        if self._monitor is not None:
            await self._monitor.__aexit__(None, None, None)
        for app in self._apps:
            await app.aclose()

    def now(self, at: float) -> tuple[Service, ...]:
        """What is known of every service."""
        if self._monitor is None:
            return ()
        known = self._monitor.snapshot().services
        return tuple(self._service(app, one, at) for app, one in zip(self._apps, known, strict=True))

    def _service(self, app: AsyncMiniapp, known: ServiceSnapshot, at: float) -> Service:
        key = f"service/{app.url}"
        if known.checks > self._checks.get(key, 0) and known.status is not None:
            self._checks[key] = known.checks
            self._history.add(key, "online", at, float(known.status.online))
            if known.status.response_time is not None:
                self._history.add(key, "response_time", at, known.status.response_time)
        before = self._known.get(key)
        if before is not None and before[0] is known:
            seen = before[1].at
            return before[1] if seen is None else before[1].replace(age=max(0.0, at - seen))
        service = _made(key, app, known, at)
        self._known[key] = known, service
        return service


def kept(services: int) -> int:
    """How many looks at each of so many services are kept, a line of them at least.

    >>> kept(3), kept(200), kept(5000)
    (400, 100, 60)
    """
    return max(SHORT, min(KEPT, KEPT_IN_ALL // services))


def _transport(given: dict[str, Any], services: int) -> dict[str, Any]:
    """One TLS context for all: each costs half a megabyte, and twenty milliseconds to make."""
    if given.get("transport") is not None or services < 2:
        return given
    import httpx

    global _context
    if _context is None:
        _context = httpx.create_ssl_context()
    return given | {"transport": httpx.AsyncHTTPTransport(verify=_context, limits=httpx.Limits(max_connections=4))}


_context: Any = None


def _made(key: str, app: AsyncMiniapp, known: ServiceSnapshot, at: float) -> Service:
    status, health, times, looks = known.status, known.health, known.response_times, known.history[-SHORT:]
    last = None if status is None else status if status.online else status.last_known
    seen = None if last is None else last.checked_at.timestamp()
    level = None if health is None or status is None or not status.online else health.level
    return Service(
        key=key,
        name=text(app.name),
        url=shown(app.url),
        health=_health(None if status is None else status.online, level),
        state="not looked at yet" if status is None else text(str(status)),
        online=None if status is None else status.online,
        http_status=None if status is None else status.http_status,
        response_time=None if status is None else status.response_time,
        at=seen,
        age=None if seen is None else max(0.0, at - seen),
        is_stale=status is not None and not status.online,
        error=None if status is None or status.error is None else text(status.error),
        level=None if level is None else str(level),
        parts=tuple(
            {
                "name": text(part.name),
                "level": str(part.level),
                "detail": None if part.detail is None else text(part.detail),
            }
            for part in (() if health is None else health.parts)
        ),
        deployment=_facts(known.deployment),
        deployments=tuple(
            {"at": change.at.timestamp(), "before": _facts(change.before), "after": _facts(change.after)}
            for change in known.deployments
        ),
        p50=None if times is None else times.p50,
        p95=None if times is None else times.p95,
        p99=None if times is None else times.p99,
        uptime=known.uptime,
        checks=known.checks,
        response_times=tuple(None if one.response_time is None else round(one.response_time, 5) for one in looks),
        ticks=tuple(float(one.online) for one in looks),
    )


def _health(online: bool | None, level: Level | None) -> str:
    if online is None:
        return "quiet"
    if not online or level is Level.UNHEALTHY:
        return "bad"
    return "middling" if level is Level.DEGRADED else "good"


def _facts(deployment: Deployment | None) -> dict[str, str]:
    if deployment is None:
        return {}
    return {name: text(value) for name in _FACTS if (value := getattr(deployment, name)) is not None}
