"""The settings of a process, and of one service in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, PrivateAttr, SkipValidation
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from ._file import FilePath
from ._judging import judged
from ._layer import Tables
from ._lazy import Sections
from ._reading import Reading, read
from ._refusal import SettingsError
from ._sections import BulkheadSettings, FallbackSettings
from ._variable import fold


class ServiceSettings(Sections):
    """The settings of one service: what names it, then what holds for all. Made by `Settings.service`.

    Attributes:
        bulkhead: a section that only services have.
        fallback: the same.
    """

    bulkhead: Annotated[BulkheadSettings, SkipValidation] = Field(default_factory=BulkheadSettings)
    fallback: Annotated[FallbackSettings, SkipValidation] = Field(default_factory=FallbackSettings)

    _name: str = PrivateAttr()
    _named: frozenset[str] = PrivateAttr()

    def __init__(self, name: str, folded: str, reading: Reading) -> None:
        super().__init__(reading, reading.of_service(folded))
        self._name = name
        self._named = reading.sections_named(folded)

    @property
    def name(self) -> str:
        """The name it was asked for by."""
        return self._name

    @property
    def named(self) -> frozenset[str]:
        """The sections that the environment, a file or code names for this very service: they switch layers on."""
        return self._named


class Settings(Sections):
    """All settings of a process, read at one moment.

    Strongest first: the environment naming one service, code, the environment's global names, files, defaults.
    A section is judged on its first use, `settings.retry`; reading it again costs an attribute. Immutable, and safe in
    threads and tasks. Durations are milliseconds where the name ends in `_ms`, and in the section `timeout`.

    Args:
        file: a TOML file; without it, the one that `RESILIENCE_CONFIG` names.
        env_file: a dotenv file; without it, the one that `RESILIENCE_ENV_FILE` names.
        environment: read in place of the process's own, for tests.
        **code: sections, as tables or as section models, and `services`, a table of services with their sections.

    Raises:
        SettingsError: a named file cannot be read, or an argument cannot stand.

    >>> settings = Settings(environment={"RETRY_MAX_ATTEMPTS": "5"}, cache={"max_size": 10})
    >>> settings.retry.max_attempts, settings.cache.max_size, settings.timeout.http_request
    (5, 10, 10000)
    >>> print(settings.source("retry.max_attempts"), settings.source("cache.max_size"), sep=", ")
    RETRY_MAX_ATTEMPTS, code
    """

    _services: dict[str, ServiceSettings] = PrivateAttr(default_factory=dict[str, ServiceSettings])

    def __init__(
        self,
        *,
        file: FilePath | None = None,
        env_file: FilePath | None = None,
        environment: Mapping[str, str] | None = None,
        **code: Any,
    ) -> None:
        reading = read(os.environ if environment is None else environment, file, env_file, code)
        _judge_code(reading)
        super().__init__(reading, reading.everywhere())

    def service(self, name: str) -> ServiceSettings:
        """The settings of one service: what names it, then what holds for all.

        Names fold: `payments-api` is `RESILIENCE__PAYMENTS_API__...` in the environment.

        Raises:
            SettingsError: another name that was asked for folds to the same.

        >>> settings = Settings(environment={"RESILIENCE__PAYMENTS_API__RETRY__MAX_ATTEMPTS": "7"})
        >>> payments = settings.service("payments-api")
        >>> payments.retry.max_attempts, settings.retry.max_attempts, sorted(payments.named)
        (7, 3, ['retry'])
        """
        folded = self._reading.claim(name)
        found = self._services.get(folded)
        if found is None:
            found = self._services[folded] = ServiceSettings(name, folded, self._reading)
        return found

    @property
    def services(self) -> tuple[str, ...]:
        """The services that were asked for, and those that some place names, these as `payments_api`."""
        used = self._reading.services
        return (*used.values(), *sorted(name.lower() for name in self._reading.services_named() - set(used)))

    def of_service(self, name: str) -> ServiceSettings:
        """As `service`, for somebody who only looks: the name does not count as used."""
        folded = fold(name)
        return self._services.get(folded) or ServiceSettings(name, folded, self._reading)

    def inherit_names(self, other: Settings) -> None:
        """Count the names that were asked of another reading as asked of this one."""
        self._reading.services.update(other._reading.services)

    def check(self) -> None:
        """Use every section of the process, and of every service that is used or named.

        Raises:
            SettingsError: with the mistakes of all of them.
        """
        problems: list[str] = []
        for check in (super().check, *(self.of_service(name).check for name in self.services)):
            try:
                check()
            except SettingsError as error:
                problems += [line for line in error.problems if line not in problems]
        if problems:
            raise SettingsError(*problems)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core, handler)
        described = handler.resolve_ref_schema(schema)
        service = handler(ServiceSettings.__pydantic_core_schema__)
        described["properties"]["services"] = {
            "type": "object",
            "additionalProperties": service,
            "description": "Settings of single services, by name.",
        }
        return schema


def _judge_code(reading: Reading) -> None:
    # Code's own mistakes are known where they are made; the environment's wait for the section's first use.
    given: list[Tables] = [reading.code.everywhere, *reading.code.services.values()]
    for tables in given:
        for section, table in tables.items():
            judged(section, table)
