"""One setting with its names, `RETRY_MAX_ATTEMPTS` and `retry.max_attempts`, all derived from the sections."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from annotated_types import Ge, Gt, Le
from pydantic.fields import FieldInfo

from .._masking import printable
from ._grammar import Grammar
from ._sections import SECTIONS, SERVICE_SECTIONS

PREFIX = "RESILIENCE_"
SERVICE_PREFIX = "RESILIENCE__"
CONFIG = "RESILIENCE_CONFIG"
ENV_FILE = "RESILIENCE_ENV_FILE"
BARE_NAMES = "RESILIENCE_BARE_NAMES"
# What steers the reading itself, and what it means.
CONTROLS = {
    CONFIG: "A TOML file to read (`pyproject.toml`: its table `[tool.resilience]`).",
    ENV_FILE: "A dotenv file to read; it stands below the environment and above the TOML file.",
    BARE_NAMES: "`false` turns the names without `RESILIENCE_` off, for when they belong to another program.",
}
_LOGGING, _LOG = "logging", "log"
# A cluster puts the addresses of its services into every environment; a service named `resilience` hits our prefix.
_INJECTED = re.compile(
    r".*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting.

    >>> VARIABLES["LOG_LEVEL"].dotted, VARIABLES["RETRY_MAX_ATTEMPTS"].allowed
    ('logging.level', 'a whole number from 1 to 1000000')
    """

    section: str
    field: str

    @property
    def info(self) -> FieldInfo:
        """What the model says of it."""
        return SERVICE_SECTIONS[self.section].model_fields[self.field]

    @property
    def dotted(self) -> str:
        """Its name in Python and in files."""
        return f"{self.section}.{self.field}"

    @property
    def name(self) -> str:
        """Its bare name in the environment."""
        return f"{prefix(self.section)}_{self.field.upper()}"

    def service_name(self, folded: str) -> str:
        """Its name in the environment for one service."""
        return f"{SERVICE_PREFIX}{folded}__{prefix(self.section)}__{self.field.upper()}"

    @property
    def default(self) -> Any:
        """The built-in default."""
        return self.info.default

    @property
    def grammar(self) -> Grammar:
        """How its text is read."""
        return next(mark for mark in self.info.metadata if isinstance(mark, Grammar))

    @property
    def allowed(self) -> str:
        """What it accepts, in words."""
        return " ".join((self.grammar.noun, *self._range()))

    def _range(self) -> list[str]:
        marks = self.info.metadata
        least = [f"from {mark.ge}" for mark in marks if isinstance(mark, Ge)]
        above = [f"above {mark.gt}" for mark in marks if isinstance(mark, Gt)]
        most = [f"{'and at most' if above else 'to'} {mark.le}" for mark in marks if isinstance(mark, Le)]
        return least + above + most


def prefix(section: str) -> str:
    """How a section begins its names in the environment: `LOG` for `logging`, else the section's own name."""
    return _LOG.upper() if section == _LOGGING else section.upper()


def section_of(word: str) -> str:
    """The section that a lower-case word means: `log` is `logging`."""
    return _LOGGING if word == _LOG else word


def spelled(value: object) -> str:
    """A value as the environment spells it.

    >>> spelled((429, 503)), spelled(True), spelled(2.0), spelled(1e-5)
    ('429,503', 'true', '2', '0.00001')
    """
    match value:
        case bool():
            return str(value).lower()
        case float():
            return format(Decimal(repr(value)).normalize(), "f")
        case tuple():
            return ",".join(map(str, value)) or "none"  # pyright: ignore[reportUnknownArgumentType] # of any items
        case str() | int():
            return str(value)
        case _:
            return json.dumps(value)


def fold(service: str) -> str:
    """A service's name as the environment spells it: letters and digits in upper case, runs of all else one `_`.

    >>> fold("payments-api"), fold("Payments.API")
    ('PAYMENTS_API', 'PAYMENTS_API')
    """
    folded = "".join(sign if sign.isalnum() else " " for sign in service.upper())
    return "_".join(folded.split())


def nearest(name: str, names: list[str], cutoff: float) -> str | None:
    """The most similar of these names, if one is similar enough (0..1)."""
    return next(iter(get_close_matches(name, names, 1, cutoff)), None)


def variable_named(name: str, known: dict[str, Variable]) -> Variable:
    """The setting of this dotted name.

    Raises:
        KeyError: there is none; the message has the nearest.
    """
    section, _, field = name.partition(".")
    variable = known.get(f"{section_of(section)}.{field}")
    if variable is None:
        spelling = name.lower().removeprefix(PREFIX.lower())
        bare = VARIABLES.get(spelling.upper())
        begun = [dotted for dotted in known if dotted.startswith(spelling)]
        near = bare.dotted if bare else begun[0] if begun else nearest(spelling, list(known), 0.5)
        hint = f"did you mean {near}?" if near else "`resilience config` lists them all"
        raise KeyError(f"{printable(name)}: no such setting; {hint} (docs/configuration.md)")
    return variable


def is_injected(name: str) -> bool:
    """Whether a container platform makes such names by itself."""
    return _INJECTED.fullmatch(name) is not None


VARIABLES = {
    variable.name: variable
    for section, model in SECTIONS.items()
    for field in model.model_fields
    for variable in (Variable(section, field),)
}
SERVICE_VARIABLES = {
    variable.dotted: variable
    for section, model in SERVICE_SECTIONS.items()
    for field in model.model_fields
    for variable in (Variable(section, field),)
}
DOTTED = {variable.dotted: variable for variable in VARIABLES.values()}
