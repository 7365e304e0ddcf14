"""One place that settings come from, sorted by section and service, with the names in it that mean nothing.

A layer is read once and never judged here: values are refused when their section is used. Unknown names become
`problems`, which whoever uses the settings first is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .._masking import printable
from ._sections import SERVICE_SECTIONS
from ._source import Kind, Raw, Source
from ._variable import (
    CONTROLS,
    PREFIX,
    SERVICE_PREFIX,
    SERVICE_VARIABLES,
    VARIABLES,
    Variable,
    fold,
    is_injected,
    nearest,
    prefix,
    section_of,
)

Table = dict[str, Raw]
Tables = dict[str, Table]
_LOGGER = VARIABLES["LOG_LEVEL"]  # which only the process has
_ONE_LOGGER = f"there is one logger for all services; set {PREFIX}{_LOGGER.name}"
_NEARLY = 0.8  # how alike a RESILIENCE_X must be to one of ours before it counts as a slip
_LIKE = 0.5  # and how alike a service's section, before it is the one that was meant


@dataclass(slots=True)
class Layer:
    """What one place says.

    Attributes:
        everywhere: section -> field -> value, for all services.
        services: folded name -> section -> field -> value, for one service.
        problems: one line for each name that means nothing.
    """

    everywhere: Tables = field(default_factory=dict[str, Table])
    services: dict[str, Tables] = field(default_factory=dict[str, Tables])
    problems: list[str] = field(default_factory=list[str])

    def put(self, variable: Variable, raw: Raw, service: str | None = None) -> None:
        """Keep one value; a problem is the same one twice, or for a service what only the process can have."""
        if service is not None and variable.dotted == _LOGGER.dotted:
            self.problems.append(f"{raw.source}: {_ONE_LOGGER}")
            return
        tables = self.everywhere if service is None else self.services.setdefault(service, {})
        table = tables.setdefault(variable.section, {})
        if variable.field in table:
            self.problems.append(f"{raw.source} and {table[variable.field].source} mean the same: give one of them")
        table[variable.field] = raw


def read_environment(names: Mapping[str, str], *, bare: bool, file: str | None = None) -> Layer:
    """The layer of an environment, or of a dotenv file, which is read as one.

    Args:
        names: the variables.
        bare: whether names without `RESILIENCE_` count.
        file: the dotenv file's path.
    """
    layer = Layer()
    kinds = (Kind.SERVICE, Kind.ENVIRONMENT) if file is None else (Kind.FILE, Kind.FILE)
    for bare_name, variable in VARIABLES.items():
        for name in (PREFIX + bare_name, bare_name if bare else ""):
            if name in names:
                raw = Raw(names[name], Source(kinds[1], name, file), text=True, bare=name == bare_name)
                layer.put(variable, raw)
                break
    for name in names:
        if name.startswith(SERVICE_PREFIX):
            _put_service(layer, name, names[name], Source(kinds[0], name, file))
        elif name.startswith(PREFIX):
            problem = slip(name)
            if problem:
                layer.problems.append(f"{file}: {problem}" if file else problem)
    return layer


def slip(name: str) -> str | None:
    """What to say of a `RESILIENCE_X` that is nearly one of ours; nothing of one that is, or is somebody else's."""
    if name in CONTROLS or name[len(PREFIX) :] in VARIABLES or is_injected(name):
        return None
    ours = [control[len(PREFIX) :] for control in CONTROLS] + list(VARIABLES)
    found = nearest(name[len(PREFIX) :], ours, _NEARLY)
    if found is None:
        return None
    own = _of_one_service(name[len(PREFIX) :])
    return f"{printable(name)}: no such setting; did you mean {PREFIX}{found}{f', or {own}' if own else ''}?"


def _put_service(layer: Layer, name: str, value: str, source: Source) -> None:
    service, variable = service_variable(name)
    if variable is not None:
        layer.put(variable, Raw(value, replace(source, service=service), text=True), service)
    elif not is_injected(name):
        layer.problems.append(f"{source}: no such setting; {_meant(name)}")


def service_variable(name: str) -> tuple[str, Variable | None]:
    """The service and the setting that a `RESILIENCE__...` names, as far as it names them."""
    parts = name.removeprefix(SERVICE_PREFIX).split("__")
    service = parts[0]
    if len(parts) != 3 or not service or fold(service) != service or name != name.upper():
        return service, None
    return service, SERVICE_VARIABLES.get(f"{section_of(parts[1].lower())}.{parts[2].lower()}")


def _meant(name: str) -> str:
    rest = name.removeprefix(SERVICE_PREFIX)
    for variable in VARIABLES.values():
        spellings = {f"{prefix(variable.section)}__{variable.field.upper()}", variable.field.upper(), variable.name}
        if rest.upper() in spellings:
            known = variable in _known_to_services()
            one = f", for a service payments {variable.service_name('PAYMENTS')}" if known else ""
            return f"for all services it is {PREFIX}{variable.name}{one}"
    own = _of_one_service(rest)
    if own is not None:
        return f"did you mean {own}?"
    first, *others = rest.split("__")
    service = fold(first) or "PAYMENTS"
    if not others:
        example = SERVICE_VARIABLES["retry.max_attempts"].service_name(service)
        return f"the name of a service is followed by a section and a field, as in {example}"
    if _LOGGER.name in {fold(others[-1]), fold("_".join(others))}:
        return _ONE_LOGGER
    return _meant_of_service(service, [other.upper() for other in others], name)


def _meant_of_service(service: str, others: list[str], name: str) -> str:
    layers = [prefix(section) for section in SERVICE_SECTIONS]
    if len(others) == 2 and nearest(others[0], layers, _LIKE) is None:
        return f"a service has no {printable(others[0])}; what it has is {', '.join(layers)}"
    if others[0] in layers and len(others) == 1:
        fields = [one.service_name(service) for one in _known_to_services() if prefix(one.section) == others[0]]
        return f"did you mean one of {', '.join(fields)}?"
    ours = [variable.service_name(service) for variable in _known_to_services()]
    return f"did you mean {nearest(name.upper(), ours, 0.0)}?"


def _of_one_service(rest: str) -> str | None:
    """The name for a service, if all of it is there but for the underscores."""
    flat = fold(rest)
    for variable in _known_to_services():
        if flat.endswith(f"_{variable.name}"):
            return variable.service_name(flat.removesuffix(f"_{variable.name}"))
    return None


def _known_to_services() -> list[Variable]:
    return [variable for variable in SERVICE_VARIABLES.values() if variable.dotted != _LOGGER.dotted]
