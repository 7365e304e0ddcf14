"""Settings that are tables, not text: of a TOML file, or of code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from pydantic import BaseModel

from .._masking import printable
from ._layer import Layer
from ._refusal import SettingsError
from ._sections import SECTIONS, SERVICE_SECTIONS
from ._source import Kind, Raw, Source
from ._variable import SERVICE_VARIABLES, fold, nearest, section_of

_SERVICES = "services"


def read_table(data: Mapping[str, Any], kind: Kind, file: str | None = None) -> Layer:
    """The layer of `{"retry": {"max_attempts": 5}, "services": {"payments": {"retry": {...}}}}`."""
    layer = Layer()
    for word, table in data.items():
        if word == _SERVICES:
            _read_services(layer, table, kind, file)
        else:
            _read_section(layer, word, table, Source(kind, word, file), None)
    return layer


def read_code(data: Mapping[str, Any]) -> Layer:
    """The layer of keyword arguments; what means nothing is refused at once."""
    layer = read_table(data, Kind.CODE)
    if layer.problems:
        raise SettingsError(*layer.problems)
    return layer


def _read_services(layer: Layer, services: object, kind: Kind, file: str | None) -> None:
    if not isinstance(services, Mapping):
        layer.problems.append(f"{_place(Source(kind, _SERVICES, file))}: must be a table of services")
        return
    spelled: dict[str, str] = {}
    for name, tables in cast("Mapping[str, Any]", services).items():
        where = Source(kind, f"{_SERVICES}.{name}", file)
        folded = fold(name)
        if not folded:
            layer.problems.append(f"{_place(where)}: a service's name needs a letter or a digit")
        elif folded in spelled:
            layer.problems.append(f"{_place(where)}: {alike(name, spelled[folded])}")
        elif not isinstance(tables, Mapping):
            layer.problems.append(f"{_place(where)}: must be a table of sections")
        else:
            spelled[folded] = name
            layer.services[folded] = {}
            for word, table in cast("Mapping[str, Any]", tables).items():
                _read_section(layer, word, table, Source(kind, f"{where.name}.{word}", file), folded)


def _read_section(layer: Layer, word: str, table: object, where: Source, service: str | None) -> None:
    known = SECTIONS if service is None else SERVICE_SECTIONS
    section = section_of(word)
    if section not in known:
        only = "; only a service has it, as services.<name>." + section if section in SERVICE_SECTIONS else ""
        near = nearest(section, [*known, *([] if service else [_SERVICES])], 0.5)
        layer.problems.append(f"{_place(where)}: no such section{only or _suggested(near)}")
        return
    if isinstance(table, BaseModel):
        table = {name: getattr(table, name) for name in table.model_fields_set}
    if not isinstance(table, Mapping):
        layer.problems.append(f"{_place(where)}: must be a table of settings, e.g. {_sample(section)}")
        return
    for name, value in cast("Mapping[str, Any]", table).items():
        source = Source(where.kind, f"{where.name}.{name}", where.file)
        variable = SERVICE_VARIABLES.get(f"{section}.{name}")
        if variable is None:
            near = nearest(name, list(known[section].model_fields), 0.5)
            layer.problems.append(f"{_place(source)}: no such setting{_suggested(near)}")
        else:
            kept = list[Any](value) if isinstance(value, list) else value  # the caller's may change
            layer.put(variable, Raw(kept, replace(source, service=service)), service)


def alike(name: str, other: str) -> str:
    """Why two names cannot both be used."""
    spelling = f"both are {fold(name)} in the environment"
    return f"{printable(name)!r} and {printable(other)!r} cannot be told apart: {spelling}; rename one"


def _place(source: Source) -> str:
    return str(source) if source.file is not None else printable(source.name)


def _suggested(near: str | None) -> str:
    return f"; did you mean {near}?" if near else ""


def _sample(section: str) -> str:
    field = next(iter(SERVICE_SECTIONS[section].model_fields))
    return f"{section}.{field}"
