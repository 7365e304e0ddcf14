"""Settings whose sections are judged when they are first used: a mistake in one never stops the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast

from pydantic import Field, GetJsonSchemaHandler, PrivateAttr, SkipValidation, model_serializer
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ._judging import judged
from ._layer import Tables
from ._reading import Reading
from ._refusal import SettingsError
from ._sections import (
    CacheSettings,
    CircuitBreakerSettings,
    LoggingSettings,
    MiniappSettings,
    RateLimitSettings,
    RetrySettings,
    Section,
    ThresholdSettings,
    TimeoutSettings,
)
from ._source import DEFAULT, Source
from ._variable import SERVICE_VARIABLES, Variable, variable_named

_LAYERS = "layers"


class Setting(NamedTuple):
    """One value, with its names and where it comes from."""

    variable: Variable
    value: Any
    source: Source


class _LayerSource(PydanticBaseSettingsSource):
    """One layer as pydantic-settings knows sources; the merging, by strength, is its part."""

    def __init__(self, settings: type[BaseSettings], tables: Tables) -> None:
        super().__init__(settings)
        self._tables = tables

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._tables.get(field_name, {}), field_name, False

    def __call__(self) -> dict[str, Any]:
        sections = self.settings_cls.model_fields
        return {name: self.get_field_value(field, name)[0] for name, field in sections.items()}


class Sections(BaseSettings):
    """Sections that are judged when they are first used, and kept from then on."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    retry: Annotated[RetrySettings, SkipValidation] = Field(default_factory=RetrySettings)
    rate_limit: Annotated[RateLimitSettings, SkipValidation] = Field(default_factory=RateLimitSettings)
    timeout: Annotated[TimeoutSettings, SkipValidation] = Field(default_factory=TimeoutSettings)
    cache: Annotated[CacheSettings, SkipValidation] = Field(default_factory=CacheSettings)
    circuit_breaker: Annotated[CircuitBreakerSettings, SkipValidation] = Field(default_factory=CircuitBreakerSettings)
    threshold: Annotated[ThresholdSettings, SkipValidation] = Field(default_factory=ThresholdSettings)
    miniapp: Annotated[MiniappSettings, SkipValidation] = Field(default_factory=MiniappSettings)
    logging: Annotated[LoggingSettings, SkipValidation] = Field(default_factory=LoggingSettings)

    _reading: Reading = PrivateAttr()
    _tables: Tables = PrivateAttr()

    def __init__(self, reading: Reading, layers: list[Tables]) -> None:
        given: Any = {_LAYERS: layers}
        super().__init__(**given)
        # What pydantic-settings merged leaves the fields again: `__getattr__` judges a section on its first use.
        self._tables = {name: vars(self).pop(name) for name in type(self).model_fields}
        self._reading = reading

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 # ours know more of the environment than the usual ones
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Our own layers, the strongest first, in place of the usual sources; pydantic-settings calls this."""
        return tuple(_LayerSource(settings_cls, tables) for tables in init_settings()[_LAYERS])

    if not TYPE_CHECKING:  # pragma: no branch # a type checker would take every attribute for one

        def __getattr__(self, name: str) -> Any:
            if name in type(self).model_fields:
                return self.use(name)
            return super().__getattr__(name)

    def use(self, section: str) -> Section:
        """The section of this name; the same as the attribute.

        Raises:
            SettingsError: a value in it, or a name anywhere, cannot stand.
        """
        ready: Section | None = vars(self).get(section)
        if ready is None:
            if self._reading.problems:
                raise SettingsError(*self._reading.problems)
            ready = vars(self)[section] = judged(section, self._tables[section])
        return ready

    def source(self, name: str) -> Source:
        """Where the setting of this dotted name, `retry.max_attempts`, comes from. Judges nothing.

        Raises:
            KeyError: there is no such setting.
        """
        variable = variable_named(name, SERVICE_VARIABLES)
        raw = self._tables[variable.section].get(variable.field)
        return DEFAULT if raw is None else raw.source

    def values(self, sections: Iterable[str] | None = None) -> Iterator[Setting]:
        """Every value of these sections (of all), with its source.

        Raises:
            SettingsError: one of them cannot stand.
        """
        for section in sections or type(self).model_fields:
            model = self.use(section)
            for field in type(model).model_fields:
                variable = Variable(section, field)
                yield Setting(variable, getattr(model, field), self.source(variable.dotted))

    def check(self) -> None:
        """Use every section.

        Raises:
            SettingsError: with the mistakes of all of them.
        """
        problems: list[str] = []
        for section in type(self).model_fields:
            try:
                self.use(section)
            except SettingsError as error:
                problems += [line for line in error.problems if line not in problems]
        if problems:
            raise SettingsError(*problems)

    def _used(self) -> tuple[Section, ...]:
        return tuple(self.use(section) for section in type(self).model_fields)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        handler.resolve_ref_schema(schema)["description"] = (cls.__doc__ or "").split("\n")[0]
        return schema

    @model_serializer(mode="wrap")
    def _serialized(self, plainly: Any) -> dict[str, Any]:
        self._used()
        return cast("dict[str, Any]", plainly(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sections) and type(other) is type(self) and self._used() == other._used()

    def __hash__(self) -> int:
        return hash(self._used())
