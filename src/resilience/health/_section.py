"""What every live registry saw last, as the section `health` of the snapshot has it. Runs no check."""

from __future__ import annotations

from typing import Any

from .._level import worst
from .._names import reset_in_child
from .._plain import plain
from .._sections import Gathering


def _told(registries: list[Any]) -> dict[str, Any]:
    levels = [report.level for registry in registries if (report := registry.known()) is not None]
    return {
        "level": str(worst(*levels)) if levels else None,
        "registries": [_registry(registry) for registry in registries],
    }


def _registry(registry: Any) -> dict[str, Any]:
    known = registry.known()
    return {
        "name": plain(registry.name),
        "level": None if known is None else str(known.level),
        "at": None if known is None else max(check.at for check in known.checks),
        "started": registry.started,
        "checks": [_check(entry) for entry in registry.entries()],
    }


def _check(entry: Any) -> dict[str, Any]:
    """No detail: it may be the text of an error."""
    result = entry.result
    found = ("level", "at", "seconds", "error", "value", "unit")
    return {
        "name": plain(entry.name),
        "kind": entry.check.kind,
        "critical": entry.critical,
        "probes": list(entry.probes),
        **{name: None if result is None else plain(getattr(result, name)) for name in found},
    }


GATHERED = Gathering("health", _told)


@reset_in_child
def _reset() -> None:
    for registry in GATHERED.live():
        registry.reset_after_fork()
