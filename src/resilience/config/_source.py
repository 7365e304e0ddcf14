"""Where a value comes from, and the value as it was found there, before anybody judged it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .._masking import printable, shown


class Kind(StrEnum):
    """What kind of place a value comes from, the strongest first."""

    SERVICE = "service environment"
    CODE = "code"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Source:
    """Where one value comes from; `str()` tells a person.

    Attributes:
        kind: what kind of place.
        name: the name there: a variable, or a dotted key of a file; empty for a default.
        file: the file's path, if it is one.
        service: the folded name of the service that it is for alone, if it is.

    >>> str(Source(Kind.FILE, "retry.max_attempts", "app.toml")), str(Source(Kind.DEFAULT))
    ('app.toml: retry.max_attempts', 'default')
    """

    kind: Kind
    name: str = ""
    file: str | None = None
    service: str | None = None

    @property
    def beats_code(self) -> bool:
        """Whether this value goes before what the code says: the environment named this very service."""
        return self.kind is Kind.SERVICE

    def __str__(self) -> str:
        if self.file is not None:
            return f"{printable(self.file)}: {printable(self.name)}"
        if self.kind in {Kind.DEFAULT, Kind.CODE}:
            return str(self.kind)
        return printable(self.name)


DEFAULT = Source(Kind.DEFAULT)


@dataclass(frozen=True, slots=True, repr=False)
class Raw:
    """A value as it was found.

    Attributes:
        value: the text of an environment or dotenv file, or the object of a TOML file or of code.
        source: where.
        text: whether it is still to be parsed.
        bare: whether it stands under a name without our prefix, which may be meant for somebody else.
    """

    value: object
    source: Source
    text: bool = False
    bare: bool = False

    def __repr__(self) -> str:
        return f"<{self.source}={shown(self.value, self.source.name)}>"
