"""What asks for attention: services that are down, open circuits, silent sources, and the alerts that others found.

Rules: called by the thread that refreshes only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from ._board import Alert, Service, Source, Tile
from ._processes import Process, number, rows, table, text

_RECENT, _MOST = 50, 200
_ORDER = {"critical": 0, "warning": 1}


class Alarms:
    """Which alerts fire, since when, and which ended lately."""

    def __init__(self) -> None:
        self._firing: dict[str, Alert] = {}
        self._ended: deque[Alert] = deque(maxlen=_RECENT)

    def look(self, found: Iterable[Alert], at: float) -> None:
        """Take what is wrong now: what is new begins, what is not there any more has ended."""
        now = {alert.key: alert for alert in found}
        for key, alert in list(self._firing.items()):
            if key not in now:
                del self._firing[key]
                self._ended.append(alert.replace(until=at))
        for key, alert in list(now.items())[:_MOST]:
            before = self._firing.get(key)
            self._firing[key] = alert if before is None else alert.replace(since=min(alert.since, before.since))

    @property
    def firing(self) -> tuple[Alert, ...]:
        """The gravest first, then the newest."""
        return tuple(sorted(self._firing.values(), key=lambda one: (_ORDER.get(one.severity, 2), -one.since)))

    @property
    def recent(self) -> tuple[Alert, ...]:
        """Those that ended, the newest first."""
        return tuple(reversed(self._ended))


def wrong(
    sources: tuple[Source, ...],
    services: tuple[Service, ...],
    tiles: tuple[Tile, ...],
    processes: list[Process],
    at: float,
) -> Iterator[Alert]:
    """Everything that is wrong now."""
    for source in sources:
        if source.error is not None and source.at is not None:
            yield _alert(source.key, "critical", f"{source.name} does not answer", source.error, at)
    for service in services:
        if service.health in {"bad", "middling"}:
            severity = "critical" if service.health == "bad" else "warning"
            told = service.level if service.online and service.level else "offline"
            yield _alert(service.key, severity, f"{service.name} is {told}", service.error or service.state, at)
    for tile in tiles:
        if tile.is_stale or tile.watches is not None:  # the service's own alert says it
            continue
        if tile.state in {"open", "isolated"}:
            since = next((number(one.get("at")) for one in reversed(tile.timeline)), None)
            title = f"{tile.name} is {tile.state}{f' on {tile.service}' if tile.service else ''}"
            yield _alert(tile.key, "warning", title, tile.explain or "", since or at)
        elif tile.health == "bad" and tile.error_rate is not None:
            yield _alert(
                f"{tile.key}/fails", "warning", f"{tile.name} fails", f"{tile.error_rate:.0%} of its calls", at
            )
    for process in processes:
        for told_one in _told(process.snapshot):
            yield _others(process, told_one, at)


def _told(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """What fires of the section `alerts`."""
    return rows(table(table(snapshot.get("sections")).get("alerts")).get("active"))


def _others(process: Process, told: dict[str, Any], at: float) -> Alert:
    rule, label = text(told.get("rule")), text(told.get("label") or "")
    severity = "critical" if told.get("severity") == "critical" else "warning"
    detail = f"{text(told.get('value'))} against {text(told.get('limit'))}, on {process.name}"
    since = number(told.get("since")) or at
    return _alert(f"{process.key}/alert/{rule}/{label}", severity, f"{rule} {label}".strip(), detail, since)


def _alert(key: str, severity: str, title: str, detail: str, since: float) -> Alert:
    return Alert(key=key, severity=severity, title=title, detail=detail, since=since, until=None)
