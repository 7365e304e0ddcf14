"""Frozen, keyword-only records without `dataclasses`, whose import costs more than the whole engine."""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform

_MISSING = object()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """A frozen value with named fields, given by keyword, equal to one of its class with equal fields.

    Fields are the annotations of the class and its bases; a value in the class body is the default.

    >>> class Point(Record):
    ...     x: int
    ...     y: int = 0
    >>> Point(x=1)
    Point(x=1, y=0)
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        own = [name for name, kind in cls.__annotations__.items() if not str(kind).startswith("ClassVar")]
        cls._fields = (*cls._fields, *(name for name in own if name not in cls._fields))
        cls._names = frozenset(cls._fields)

    def __init__(self, **values: Any) -> None:
        if values.keys() != self._names:
            values = self._completed(values)
        fields = self.__dict__
        for name in self._fields:  # one by one, in order: then all instances share their table of names
            fields[name] = values[name]

    def _completed(self, values: dict[str, Any]) -> dict[str, Any]:
        for name in self._fields:
            if name not in values:
                default = getattr(type(self), name, _MISSING)
                if default is _MISSING:
                    raise TypeError(f"{type(self).__name__}() needs the field {name!r}")
                values[name] = default
        for name in values:
            if name not in self._names:
                raise TypeError(f"{type(self).__name__}() has no field {name!r}; it has {self._fields}")
        return values

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be set; use replace()")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be deleted")

    def replace(self, **changes: Any) -> Self:
        """A copy with these fields changed."""
        if not changes.keys() <= self._names:
            changes = self._completed({**self.as_dict(), **changes})  # which says what is wrong
        copy = object.__new__(type(self))  # nothing is missing, so nothing has to be looked for
        fields = copy.__dict__
        fields.update(self.__dict__)
        fields.update(changes)
        return copy

    def as_dict(self) -> dict[str, Any]:
        """The fields and their values, in order."""
        return {name: self.__dict__[name] for name in self._fields}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.as_dict().values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.as_dict().items())
        return f"{type(self).__name__}({shown})"


class Part:
    """The base of immutable parts of policies with slots: equal to one of its class with equal slots."""

    __slots__ = ()

    def _values(self) -> tuple[Any, ...]:
        return tuple(
            getattr(self, name)
            for kind in type(self).__mro__
            for name in getattr(kind, "__slots__", ())
            if name[0] != "_"
        )

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Part) and other._values() == self._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values()))
