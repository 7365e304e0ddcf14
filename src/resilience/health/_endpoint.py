"""What a health endpoint answers, whatever serves it: health+json, in the words of draft-inadarei-api-health-check-06."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from .._level import Level
from .._plain import plain
from ._result import LIVE, READY, STARTUP, CheckResult, HealthReport

MEDIA_TYPE = "application/health+json"
_PATHS = {"": READY, "/": READY, "/live": LIVE, "/ready": READY, "/startup": STARTUP}
_WORDS = {Level.HEALTHY: "pass", Level.DEGRADED: "warn", Level.UNHEALTHY: "fail"}
_OF_THE_MACHINE = {"cpu", "memory", "disk"}
REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def probe_of(path: str) -> str | None:
    """Which probe a path below the mount point asks, or `None`. The mount point itself is `ready`."""
    return _PATHS.get(path if len(path) < 2 else path.rstrip("/"))


def refusal(method: str, path: str) -> Answer | None:
    """The answer to what is no question for a probe."""
    if probe_of(path) is None:
        return _answer(404, {"status": "fail", "output": "say /live, /ready or /startup"})
    if method not in {"GET", "HEAD"}:
        return _answer(405, {"status": "fail", "output": "say GET or HEAD"}, ("Allow", "GET, HEAD"))
    return None


def answer(report: HealthReport, version: str | None, *, details: bool) -> Answer:
    """What a report says: 200 while the service can be used, degraded or not, else 503."""
    return _answer(503 if report.level is Level.UNHEALTHY else 200, document(report, version, details=details))


def document(report: HealthReport, version: str | None, *, details: bool) -> dict[str, Any]:
    """A report as health+json; without details the status is all it says."""
    told: dict[str, Any] = {"status": _WORDS[report.level]}
    if details:
        told |= {"serviceId": plain(report.name)} | ({} if version is None else {"version": plain(version)})
        told["checks"] = {plain(check.name): [_told(check)] for check in report.checks}
    return told


def _told(check: CheckResult) -> dict[str, Any]:
    measured = {"observedValue": plain(check.value), "observedUnit": check.unit}
    output = {} if check.level is Level.HEALTHY else {"output": check.detail or check.error}
    found = {
        "componentType": "system" if check.kind in _OF_THE_MACHINE else "component",
        "status": _WORDS[check.level],
        "time": datetime.fromtimestamp(check.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **measured,
        **output,
    }
    return {name: value for name, value in found.items() if value is not None}


def _answer(status: int, told: dict[str, Any], *more: tuple[str, str]) -> Answer:
    body = json.dumps(told).encode()
    length = ("Content-Length", str(len(body)))
    return Answer(status, [("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store"), length, *more], body)
