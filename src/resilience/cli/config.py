"""Print every setting with its source: which name, or which file, it comes from."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any, cast

from .._masking import masked
from .._pages import linked
from ..config import Settings, SettingsError
from ..config._lazy import Sections, Setting
from ..config._variable import spelled
from ._table import print_table


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("--file", metavar="PATH", help="a TOML file to read (default: RESILIENCE_CONFIG)")
    parser.add_argument("--env-file", metavar="PATH", help="a dotenv file to read (default: RESILIENCE_ENV_FILE)")
    parser.add_argument("--service", metavar="NAME", help="what holds for this service")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--schema", action="store_true", help="print the JSON schema of the settings")


def run_config(arguments: Namespace) -> int:
    """Print; 2 if a value cannot stand."""
    if arguments.schema:
        print(json.dumps(Settings.model_json_schema(), indent=2))
        return 0
    settings = Settings(file=arguments.file, env_file=arguments.env_file)
    problems: list[str] = []
    if arguments.service is not None:
        chosen = {arguments.service: list(_standing(settings.service(arguments.service), problems))}
        everywhere: list[Setting] = []
    else:
        everywhere = list(_standing(settings, problems))
        chosen = {name: _own(settings.of_service(name), problems) for name in settings.services}
    problems = [linked(line, "configuration") for line in problems]
    if arguments.json:
        print(json.dumps(_object(everywhere, chosen, problems), indent=2))
    else:
        rows = [*_rows(everywhere, ""), *(row for name, values in chosen.items() for row in _rows(values, f"{name}: "))]
        print_table(("setting", "value", "source"), rows)
    for line in problems:
        print(f"resilience: {line}", file=sys.stderr)
    return 2 if problems else 0


def _standing(sections: Sections, problems: list[str]) -> Iterator[Setting]:
    for section in type(sections).model_fields:
        try:
            yield from sections.values([section])
        except SettingsError as error:
            problems += [line for line in error.problems if line not in problems]


def _own(service: Sections, problems: list[str]) -> list[Setting]:
    return [setting for setting in _standing(service, problems) if setting.source.service is not None]


def _rows(values: list[Setting], before: str) -> Iterator[tuple[str, str, str]]:
    for setting in values:
        yield before + setting.variable.dotted, masked(spelled(setting.value)), str(setting.source)


def _object(everywhere: list[Setting], services: dict[str, list[Setting]], problems: list[str]) -> dict[str, object]:
    named = {name: dict(map(_entry, values)) for name, values in services.items()}
    return {"settings": dict(map(_entry, everywhere)), "services": named, "problems": problems}


def _entry(setting: Setting) -> tuple[str, dict[str, object]]:
    source = {"kind": setting.source.kind, "name": setting.source.name, "file": setting.source.file}
    return setting.variable.dotted, {
        "value": _masked(setting.value),
        "variable": setting.variable.name,
        "source": source,
    }


def _masked(value: Any) -> Any:
    match value:
        case str():
            return masked(value)
        case dict():
            return {masked(str(key)): _masked(item) for key, item in cast("dict[object, Any]", value).items()}
        case list() | tuple():
            return [_masked(item) for item in cast("list[Any]", value)]
        case _:
            return value
