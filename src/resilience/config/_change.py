"""What a reload changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .._masking import printable, shown
from ._lazy import Sections
from ._refusal import SettingsError
from ._settings import Settings
from ._source import Source
from ._variable import fold


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is another one now; `str()` tells a person.

    Attributes:
        name: the setting, `retry.max_attempts`.
        service: the service it changed for, or `None` where it changed for all that do not have their own.
        old: the value before; `None` also where it could not stand.
        new: the value now.
        source: where it comes from now.
    """

    name: str
    service: str | None
    old: Any
    new: Any
    source: Source

    def __str__(self) -> str:
        name = self.name if self.service is None else f"{printable(self.service)}: {self.name}"
        return f"{name}: {shown(self.old)} -> {shown(self.new)} ({self.source})"


def differences(old: Settings, new: Settings) -> tuple[Change, ...]:
    """Every value that differs, for the process first, then service by service; `new` must stand."""
    services = {fold(name): name for name in (*old.services, *new.services)}
    found = list(_between(old, new, None))
    for name in services.values():
        found += _between(old.of_service(name), new.of_service(name), name)
    return tuple(found)


def _between(old: Sections, new: Sections, service: str | None) -> Iterator[Change]:
    for section in type(new).model_fields:
        before = _values(old, section)
        for variable, value, source in new.values([section]):
            if before.get(variable.field) != value:
                yield Change(variable.dotted, service, before.get(variable.field), value, source)


def _values(settings: Sections, section: str) -> dict[str, Any]:
    try:
        return {variable.field: value for variable, value, _ in settings.values([section])}
    except SettingsError:
        return {}
