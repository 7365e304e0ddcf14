"""The parts of a service that its health answer tells of, in all shapes that are common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from resilience._masking import line
from resilience._record import Record
from resilience.miniapp._document import array, mapping
from resilience.miniapp._level import Level, level_of, worst

MOST_PARTS = 100
_DEEPEST = 4

# Where parts stand: health+json and MicroProfile; Spring; ASP.NET; terminus of NestJS; and what people write by hand.
_COLLECTIONS = ("checks", "components", "services", "dependencies", "subsystems", "entries", "results")
# These hold parts too, but also facts, of which `"readOnly": false` is no bad news: only what has a status is a part.
_MIXED = ("details", "info", "error")
_STATUS_KEYS = ("status", "state", "health", "healthy", "ok", "result", "outcome", "up")
_DETAIL_KEYS = ("output", "message", "description", "error", "reason", "detail", "exception")
_NAME_KEYS = ("name", "component", "componentName", "service", "id", "key")


class HealthPart(Record):
    """One part of a service.

    Attributes:
        name: what the service calls it; parts of parts are joined by dots.
        level: healthy, degraded or unhealthy.
        detail: what the service says of it, in one line of at most 200 characters, or `None`.
    """

    name: str
    level: Level
    detail: str | None = None


def parts_of(document: dict[str, Any]) -> tuple[HealthPart, ...]:
    """The parts that a health document lists, at most 100 of them."""
    found: dict[str, HealthPart] = {}
    for part in _listed(document, "", 0):
        seen = found.get(part.name)
        if seen is None and len(found) == MOST_PARTS:
            break
        found[part.name] = part if seen is None or worst(seen.level, part.level) != seen.level else seen
    return tuple(found.values())


def declared_level(document: dict[str, Any]) -> Level | None:
    """The level that a document (or a part of one) claims for itself."""
    for key in _STATUS_KEYS:
        level = level_of(document.get(key))
        if level is not None:
            return level
    return None


def _listed(document: dict[str, Any], prefix: str, depth: int) -> Iterator[HealthPart]:
    collections = [_items(document.get(key)) for key in _COLLECTIONS]
    collections.extend(_with_status(mapping(document.get(key)) or {}) for key in _MIXED)
    if depth == 0:
        collections.append(_beside(document))
    for collection in collections:
        for name, value in collection:
            yield from _parts(f"{prefix}{name}", value, depth)


def _items(collection: object) -> Iterable[tuple[str, Any]]:
    named = mapping(collection)
    return named.items() if named is not None else _numbered(array(collection) or [])


def _numbered(collection: list[Any]) -> Iterator[tuple[str, Any]]:
    for index, value in enumerate(collection):
        inner = mapping(value) or {}
        names = (inner[key] for key in _NAME_KEYS if isinstance(inner.get(key), str))
        yield next(names, str(index)), value


def _with_status(collection: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    return ((name, value) for name, value in collection.items() if declared_level(mapping(value) or {}) is not None)


def _beside(document: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Parts beside the status, as Spring 1 lists them; without a status also plain words: `{"db": "down"}`."""
    others = {name: value for name, value in document.items() if name not in (*_COLLECTIONS, *_MIXED, *_STATUS_KEYS)}
    yield from _with_status(others)
    if declared_level(document) is None:
        yield from ((name, value) for name, value in others.items() if isinstance(value, str))


def _parts(name: str, value: object, depth: int) -> Iterator[HealthPart]:
    measurements, inner = array(value), mapping(value)
    if measurements is not None:  # health+json: one check, several measurements
        for index, each in enumerate(measurements):
            yield from _parts(name if len(measurements) == 1 else f"{name}.{_measured(each, index)}", each, depth + 1)
        return
    level = level_of(value) if inner is None else declared_level(inner)
    if level is not None:
        yield HealthPart(name=line(name), level=level, detail=_detail(inner or {}))
    if inner is not None and depth < _DEEPEST:
        yield from _listed(inner, f"{name}.", depth + 1)


def _measured(value: object, index: int) -> str:
    named = (mapping(value) or {}).get("componentId")
    return named if isinstance(named, str) else str(index)


def _detail(value: dict[str, Any]) -> str | None:
    for source in (value, mapping(value.get("details")) or {}):
        for key in _DETAIL_KEYS:
            text = source.get(key)
            if isinstance(text, str) and text:
                return line(text)
    return None
