"""The error that refuses settings, and its words: which name, which value, what is allowed, what to do."""

from __future__ import annotations

import json
from typing import Any

from .._masking import printable, shown
from .._pages import linked
from ..errors import ResilienceError
from ._source import Kind, Raw
from ._variable import BARE_NAMES, Variable, spelled


class SettingsError(ResilienceError, ValueError):
    """Settings that cannot be used. The message has one line for each mistake; secrets in values are masked.

    Attributes:
        problems: the lines of the message, one for each mistake.

    >>> from resilience.config import Settings
    >>> Settings(environment={"RETRY_MAX_ATTEMPTS": "5s"}).retry
    Traceback (most recent call last):
        ...
    resilience.config.SettingsError: RETRY_MAX_ATTEMPTS='5s': must be a whole number from 1 to 1000000,
    e.g. RETRY_MAX_ATTEMPTS=3; if this variable is another program's, set RESILIENCE_BARE_NAMES=false
    (docs/configuration.md)
    """

    problems: tuple[str, ...] = ()

    def __init__(self, *problems: str) -> None:
        super().__init__(linked("\n".join(problems), "configuration"))
        self.problems = problems


SettingsError.__module__ = "resilience.config"  # a traceback then shows the name that a program imports


def refusal(variable: Variable, raw: Raw) -> str:
    """Why this value cannot stand, and what could."""
    place = str(raw.source) if raw.source.kind is not Kind.CODE else variable.dotted
    words = f"{place}={shown(raw.value, raw.source.name)}: must be {variable.allowed}, e.g. {_example(variable, raw)}"
    return f"{words}; if this variable is another program's, set {BARE_NAMES}=false" if raw.bare else words


def _example(variable: Variable, raw: Raw) -> str:
    value: Any = [] if variable.section == "fallback" else variable.default
    if raw.text:
        return f"{printable(raw.source.name)}={spelled(value)}"
    if raw.source.kind is Kind.CODE:
        return f"{variable.field}={value!r}"
    return f"{variable.field} = {json.dumps(value)}"
