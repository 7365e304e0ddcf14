"""The services that a command line names: their URLs, checked, and what is known of each as rows and objects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import httpx

from .._record import Record
from ..http._address import shown
from ..miniapp import Deployment, Level, Miniapp, Monitor, ServiceSnapshot
from ..miniapp._given import fault_of
from ._mistake import Mistake

HEADINGS = ("service", "status", "health", "deployment")


def miniapp_for(text: str) -> Miniapp:
    """A service to watch.

    Raises:
        Mistake: this is no URL of a service.
    """
    fault = fault_of(text, httpx)
    if fault is None:
        return Miniapp(text)
    told = shown(text) if "//" in text else shown(f"//{text}").removeprefix("://")
    if "port" in fault:
        raise Mistake(f"{told!r} is no URL of a service: say {fault}")
    near = (
        f"http://{text}" if "//" not in text and fault_of(f"http://{text}", httpx) is None else "https://shop.example"
    )
    raise Mistake(f"{told!r} is no URL of a service: say http:// or https:// and a host, e.g. {shown(near)}")


class Service(Record):
    """A service, by its URL without secrets, and what is known of it now."""

    url: str
    snapshot: ServiceSnapshot

    @property
    def is_down(self) -> bool:
        """Does it not answer, or say itself that it is unhealthy?"""
        status, health = self.snapshot.status, self.snapshot.health
        return status is None or not status.online or (health is not None and health.level is Level.UNHEALTHY)

    @property
    def is_known(self) -> bool:
        """Has a look at it come to its end?"""
        status = self.snapshot.status
        return status is not None and (not status.online or self.snapshot.deployment is not None)

    @property
    def look(self) -> str:
        """How its state is meant: `good`, `middling`, `bad`, or `quiet` while it is not known."""
        if not self.is_known:
            return "quiet"
        health = self.snapshot.health
        if self.is_down:
            return "bad"
        return "good" if health is None or health.level is Level.HEALTHY else "middling"

    def row(self) -> tuple[str, str, str, str]:
        """What a table shows."""
        status, health, deployment = self.snapshot.status, self.snapshot.health, self.snapshot.deployment
        if status is None:
            return self.url, "not looked at yet", "", ""
        if not status.online:  # what was known of its health says nothing now
            last = (
                ""
                if deployment is None or not _is_told(deployment)
                else f"last seen: {deployment.replace(stale=False)}"
            )
            return self.url, str(status), "", last
        return self.url, str(status), "" if health is None else str(health), str(deployment or "")

    def as_object(self) -> dict[str, Any]:
        """What `--json` prints."""
        snapshot = self.snapshot
        return {
            "url": self.url,
            "down": self.is_down,
            "status": _plain(snapshot.status),
            "health": _plain(snapshot.health),
            "deployment": _plain(snapshot.deployment),
        }


def services_of(miniapps: Iterable[Miniapp], monitor: Monitor) -> list[Service]:
    """What a monitor knows of these services now."""
    known = monitor.snapshot().services
    return [Service(url=app.url, snapshot=snapshot) for app, snapshot in zip(miniapps, known, strict=True)]


def _is_told(deployment: Deployment) -> bool:
    return any((deployment.version, deployment.commit, deployment.environment, deployment.region))


def _plain(value: Any) -> Any:
    """A report as JSON can hold it."""
    if isinstance(value, Record):
        return {name: _plain(field) for name, field in value.as_dict().items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
