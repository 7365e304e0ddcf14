"""Everything that settings are read from, as layers, the strongest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import _options
from .._masking import shown
from .._pages import linked
from ._file import FilePath, dotenv_of, toml_of
from ._grammar import switch
from ._layer import Layer, Tables, read_environment
from ._refusal import SettingsError
from ._source import Kind
from ._table import alike, read_code, read_table
from ._variable import BARE_NAMES, CONFIG, ENV_FILE, fold


@dataclass(frozen=True, slots=True)
class Reading:
    """The layers of one moment, and the services that were asked for.

    Attributes:
        environment: variables of the process.
        code: keyword arguments.
        files: dotenv, then TOML, where they are named.
        services: folded name -> the name it was first asked for by.
    """

    environment: Layer
    code: Layer
    files: tuple[Layer, ...]
    services: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def problems(self) -> list[str]:
        """One line for each name that means nothing, in any layer."""
        return [line for layer in (self.environment, self.code, *self.files) for line in layer.problems]

    def everywhere(self) -> list[Tables]:
        """What holds for all services, the strongest first."""
        return [self.code.everywhere, self.environment.everywhere, *(layer.everywhere for layer in self.files)]

    def of_service(self, folded: str) -> list[Tables]:
        """What holds for one service, the strongest first."""
        code = self.code.services.get(folded, {})
        files = (tables for layer in self.files for tables in (layer.services.get(folded, {}), layer.everywhere))
        named = self.environment.services.get(folded, {})
        return [named, code, self.code.everywhere, self.environment.everywhere, *files]

    def sections_named(self, folded: str) -> frozenset[str]:
        """The sections that some layer names for this very service."""
        layers = (self.environment, self.code, *self.files)
        return frozenset(
            section for layer in layers for section, table in layer.services.get(folded, {}).items() if table
        )

    def services_named(self) -> set[str]:
        """The folded names of all services that some layer names."""
        return {service for layer in (self.environment, self.code, *self.files) for service in layer.services}

    def claim(self, service: str) -> str:
        """Note that a service is used, and fold its name.

        Raises:
            SettingsError: another used name folds alike, or there is nothing in it to fold.
        """
        if not isinstance(service, str):
            _options.refuse("service", service, "the name of a service, e.g. 'payments'", kind=TypeError)
        folded = fold(service)
        if not folded:
            raise SettingsError(f"{shown(service)}: a service's name needs a letter or a digit, e.g. 'payments'")
        first = self.services.setdefault(folded, service)
        if first != service:
            raise SettingsError(alike(service, first))
        return folded


def read(
    environment: Mapping[str, str], file: FilePath | None, env_file: FilePath | None, code: Mapping[str, Any]
) -> Reading:
    """Read every place once.

    Raises:
        SettingsError: a named file cannot be read, or `code` holds what means nothing.
    """
    _check_texts(environment)
    dotenv: dict[str, str] | None = None
    dotenv_path = env_file if env_file is not None else environment.get(ENV_FILE)
    if dotenv_path is not None:
        dotenv = dotenv_of(dotenv_path, "env_file" if env_file is not None else ENV_FILE)
    controls = {**(dotenv or {}), **environment}
    toml_path = file if file is not None else controls.get(CONFIG)
    trouble, bare = _bare(controls)
    of_process = read_environment(environment, bare=bare)
    of_process.problems[:0] = trouble
    files: list[Layer] = []
    if dotenv is not None:
        files.append(read_environment(dotenv, bare=bare, file=str(dotenv_path)))
    if toml_path is not None:
        table = toml_of(toml_path, "file" if file is not None else CONFIG)
        files.append(read_table(table, Kind.FILE, str(toml_path)))
    return Reading(of_process, read_code(code), tuple(files))


def _bare(controls: Mapping[str, str]) -> tuple[list[str], bool]:
    text = controls.get(BARE_NAMES, "true")
    try:
        return [], switch(text)
    except ValueError:
        return [f"{BARE_NAMES}={shown(text)}: must be true or false, e.g. {BARE_NAMES}=false"], True


def _check_texts(environment: Any) -> None:
    """No value is quoted: any may be a secret."""
    if not isinstance(environment, Mapping):
        allowed = "a mapping of names to texts, e.g. os.environ"
        raise TypeError(linked(f"environment: must be {allowed}, not {type(environment).__name__}"))
    for name, value in environment.items():
        for text in (name, value):
            if not isinstance(text, str):
                allowed = "a text, e.g. {'RETRY_MAX_ATTEMPTS': '5'}"
                raise TypeError(linked(f"environment: {name!r} must be {allowed}, not {type(text).__name__}"))
