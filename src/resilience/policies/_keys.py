"""Cache keys: the function, its arguments as its own signature binds them, and their types.

A key function is compiled for each signature, so that Python itself binds and fills in the defaults. Arguments of a few
plain types go in as they are, beside their class; all others are made unambiguous by `typed`: deep in tuples and frozen
sets, with -0.0 apart from 0.0, and never equal for a NaN. `self` and `cls` are keyed by identity and held weakly.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from itertools import count
from typing import Any
from weakref import ref

PLAIN = frozenset({int, str, bool, bytes, type(None)})
_TOKENS = count(1)
_WEAK_NAMES = ("self", "cls")
_STARS: dict[Any, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}
KeyFunction = Callable[..., Any]


class NeverEqualError(Exception):
    """An argument is a NaN, which equals nothing, not even itself: there is no key."""


def typed(value: Any) -> Any:
    """A hashable stand-in for `value` that equals another's only if type and content do, all the way down."""
    kind = value.__class__
    if kind in PLAIN:
        return value
    if isinstance(value, tuple):
        return tuple([(each.__class__, typed(each)) for each in value])
    if isinstance(value, frozenset):
        return frozenset([(each.__class__, typed(each)) for each in value])
    if isinstance(value, (float, complex)):
        if value != value:  # noqa: PLR0124 - a NaN
            raise NeverEqualError
        return (value, repr(value)) if value == 0 or kind is complex else value
    if kind.__name__ == "Decimal" and kind.__module__ == "decimal":
        if value.is_nan():
            raise NeverEqualError
        return str(value)  # 1.0 and 1.00 are equal, and not the same
    return value


def unhashable(key: Any, error: TypeError) -> str:
    """What is wrong with a key: Python says it plainly of the key alone, and in each version otherwise of a look-up."""
    try:
        hash(key)
    except TypeError as plain:
        return str(plain)
    return str(error)


class Identities:
    """A number for each live object, never given twice; the objects are held weakly.

    Rules: written by single dictionary operations, of which the first for an object counts; an entry leaves by its weak
    reference's callback, which takes no lock.
    """

    __slots__ = ("_live", "_name")

    def __init__(self, name: str) -> None:
        self._live: dict[int, tuple[ref[Any], int]] = {}
        self._name = name

    def __call__(self, instance: Any) -> int:
        key = id(instance)
        found = self._live.get(key)
        if found is not None and found[0]() is instance:
            return found[1]
        try:
            weak = ref(instance, lambda _: self._live.pop(key, None))
        except TypeError:
            raise TypeError(
                f"{self._name}: cannot hold {type(instance).__name__!r} weakly, and a cache must not keep self alive; add "
                "'__weakref__' to its __slots__, or give key= (docs/policies/cache.md)"
            ) from None
        made = weak, next(_TOKENS)
        first = self._live.setdefault(key, made)  # another thread may have come meanwhile
        if first[0]() is not instance:
            first = self._live[key] = made
        return first[1]


def key_function(function: Callable[..., Any], name: str) -> KeyFunction:
    """Compile the function that turns a call's arguments into its key."""
    token = next(_TOKENS)
    try:
        bound = signature(function)
    except (TypeError, ValueError):  # some builtins have none
        return lambda *args, **kwargs: (token, typed(args), typed(tuple(sorted(kwargs.items()))))
    made = _compiled(bound, token, Identities(name))
    made.__name__ = made.__qualname__ = getattr(function, "__name__", "call")  # for the TypeError of a wrong call
    return made


def _compiled(bound: Signature, token: int, identity: Identities) -> KeyFunction:
    parameters = list(bound.parameters.values())
    taken = set(bound.parameters)
    own = {name: _free(name, taken) for name in ("token", "plain", "typed", "identity", "defaults", "sorted", "tuple")}
    declared, pieces = [], [own["token"]]
    for number, parameter in enumerate(parameters):
        declared.append(_declared(parameters, number, own["defaults"]))
        pieces.append(_piece(parameter, number, own))
    if parameters and parameters[-1].kind is Parameter.POSITIONAL_ONLY:
        declared.append("/")
    source = f"def key({', '.join(declared)}):\n    return ({', '.join(pieces)},)"
    values = {
        own["token"]: token,
        own["plain"]: PLAIN,
        own["typed"]: typed,
        own["identity"]: identity,
        own["defaults"]: [parameter.default for parameter in parameters],
        own["sorted"]: sorted,
        own["tuple"]: tuple,
    }
    exec(source, values)  # noqa: S102 - the source is made of parameter names, which are identifiers
    made: KeyFunction = values["key"]  # type: ignore[assignment] # what exec has just defined
    return made


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _declared(parameters: list[Parameter], number: int, defaults: str) -> str:
    """The parameter as source, with the markers `/` and `*` where the kind changes."""
    parameter = parameters[number]
    before = parameters[number - 1].kind if number else None
    text = _STARS.get(parameter.kind, "") + parameter.name
    if parameter.default is not Parameter.empty:
        text += f"={defaults}[{number}]"
    if before is Parameter.POSITIONAL_ONLY and parameter.kind is not Parameter.POSITIONAL_ONLY:
        text = "/, " + text
    named_only = parameter.kind is Parameter.KEYWORD_ONLY
    if named_only and before not in (Parameter.KEYWORD_ONLY, Parameter.VAR_POSITIONAL):
        text = text.removeprefix("/, ")
        text = ("/, *, " if before is Parameter.POSITIONAL_ONLY else "*, ") + text
    return text


def _piece(parameter: Parameter, number: int, own: dict[str, str]) -> str:
    name = parameter.name
    if number == 0 and name in _WEAK_NAMES and parameter.kind is not Parameter.VAR_POSITIONAL:
        return f"{own['identity']}({name})"
    if parameter.kind is Parameter.VAR_POSITIONAL:
        return f"{own['typed']}({name}) if {name} else ()"
    if parameter.kind is Parameter.VAR_KEYWORD:
        return f"{own['typed']}({own['tuple']}({own['sorted']}({name}.items()))) if {name} else ()"
    return f"{name}.__class__, {name} if {name}.__class__ in {own['plain']} else {own['typed']}({name})"
