"""From values as they were found to a section of the settings, or to the lines that refuse them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ._layer import Table
from ._refusal import SettingsError, refusal
from ._sections import SERVICE_SECTIONS, Section
from ._variable import Variable


def judged(section: str, table: Table) -> Section:
    """The section with these values, defaults for the rest.

    Raises:
        SettingsError: with one line for each value that cannot stand.
    """
    values, refused = _parsed(section, table)
    model = SERVICE_SECTIONS[section]
    try:
        made = model.model_validate(values)
    except ValidationError as error:
        refused |= {str(line["loc"][0]) for line in error.errors(include_input=False, include_url=False)}
        made = None
    # Raised out here so that nothing of pydantic's error, which holds the values, hangs on ours.
    if refused or made is None:
        raise SettingsError(*(refusal(Variable(section, name), raw) for name, raw in table.items() if name in refused))
    return made


def _parsed(section: str, table: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    values: dict[str, Any] = {}
    refused: set[str] = set()
    for name, raw in table.items():
        try:
            values[name] = Variable(section, name).grammar.parse(raw.value) if raw.text else raw.value
        except ValueError:
            refused.add(name)
    return values, refused
