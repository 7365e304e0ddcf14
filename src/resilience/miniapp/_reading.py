"""A health answer, read: what HTTP, the service's own word and its parts say together."""

from __future__ import annotations

import re

from resilience._record import Record
from resilience.miniapp._document import mapping, parsed
from resilience.miniapp._level import Level, level_of, worst
from resilience.miniapp._part import HealthPart, declared_level, parts_of

# The verbose form of Kubernetes' health endpoints: "[+]etcd ok", "[-]scheduler failed: reason withheld".
_MARKED_LINE = re.compile(r"^\[([+-])\]\s*(\S+)", re.MULTILINE)
_SHORT = 200


class Reading(Record):
    """What one health answer says.

    Attributes:
        level: the worst of what HTTP and the service say; parts that are not well make a healthy one degraded.
        parts: those that the answer lists.
        is_report: does a document, or a list of parts, say how it is? A word alone may be anybody's.
    """

    level: Level
    parts: tuple[HealthPart, ...] = ()
    is_report: bool = False


def read_health(status: int, body: bytes) -> Reading:
    """Read a health answer; never raises, whatever the body is.

    Understood are a plain 200, `application/health+json` (the IETF draft), Spring's actuator (1 to 3), MicroProfile,
    ASP.NET, NestJS terminus, Statuspage, Kubernetes' verbose text, and what people write by hand.

    >>> read_health(200, b'{"status": "pass", "checks": {"db": [{"status": "warn"}]}}').level.value
    'degraded'
    """
    by_http = _level_of_status(status)
    value = parsed(body)
    document = mapping(value)
    if document is not None:
        declared, parts = declared_level(document), parts_of(document)
    elif isinstance(value, (str, bool)):
        declared, parts = level_of(value), ()
    else:
        declared, parts = _of_text(body.decode("utf-8", "replace"))
    is_report = bool(parts) or (document is not None and declared is not None)
    return Reading(level=_together(by_http, declared, parts), parts=parts, is_report=is_report)


def _level_of_status(status: int) -> Level:
    if 200 <= status < 300:
        return Level.HEALTHY
    return Level.DEGRADED if status == 429 else Level.UNHEALTHY


def _together(by_http: Level, declared: Level | None, parts: tuple[HealthPart, ...]) -> Level:
    """The service knows best what a failing part means to it; but with one, it is at least degraded."""
    if not parts:
        by_parts = Level.HEALTHY
    elif declared is None and all(part.level is Level.UNHEALTHY for part in parts):
        by_parts = Level.UNHEALTHY
    else:
        by_parts = Level.HEALTHY if all(part.level is Level.HEALTHY for part in parts) else Level.DEGRADED
    return worst(by_http, declared or Level.HEALTHY, by_parts)


def _of_text(text: str) -> tuple[Level | None, tuple[HealthPart, ...]]:
    checks = {name: mark == "+" for mark, name in _MARKED_LINE.findall(text)}
    return (level_of(text.strip()) if len(text) < _SHORT else None), parts_of({"checks": checks})
