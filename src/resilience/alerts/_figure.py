"""Figures by path: what a rule looks at in a snapshot.

A path is made of the names that the snapshot's page lists, joined by dots. In an array an entry is found by its `name` (a
disk by its `path`), which may have dots of its own: the longest that fits is taken. `*` stands for all entries, and gives
each its label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .. import _options
from .._callable import name_of
from .._masking import printable, shortened
from ._alert import Value

Figure = str | tuple[str, ...] | Callable[[dict[str, Any]], Any]
_ALL = "*"
_NAMES = ("name", "path", "rule")
_ALLOWED = "a path such as 'policies.payments.calls.window.error_rate', several, or a function of the snapshot"


def checked_figure(figure: Any) -> Figure:
    """A path, several, or a function.

    Raises:
        TypeError, ValueError: it is none of these.
    """
    paths = (figure,) if isinstance(figure, str) else figure
    if isinstance(paths, (tuple, list)):
        if not paths or not all(
            isinstance(path, str) and all(path.split(".")) and path.isprintable() for path in paths
        ):
            _options.refuse("figure", figure, _ALLOWED)
        return tuple(paths)
    if not callable(figure):
        _options.refuse("figure", figure, _ALLOWED, kind=TypeError)
    checked: Callable[[dict[str, Any]], Any] = _options.logic("figure", figure, optional=False)
    return checked


def wording(figure: Figure) -> str:
    """The path, or the function's name."""
    return ", ".join(figure) if isinstance(figure, tuple) else figure if isinstance(figure, str) else name_of(figure)


def readings(figure: Figure, known: dict[str, Any]) -> dict[str, Value]:
    """The figure now, by label; what is not known, or not a plain value, is left out.

    >>> known = {"policies": [{"name": "a.b", "calls": {"total": 3}}, {"name": "c", "calls": None}]}
    >>> readings(("policies.a.b.calls.total",), known), readings(("policies.*.calls.total",), known)
    ({'': 3.0}, {'a.b': 3.0})
    """
    if isinstance(figure, str):
        figure = (figure,)
    if isinstance(figure, tuple):
        found = [reading for path in figure for reading in _walk(known, path, ())]
    else:
        given = figure(known)
        found = [((name,), value) for name, value in given.items()] if isinstance(given, dict) else [((), given)]
    told = {shortened(printable("/".join(map(str, labels)))): _plain(value) for labels, value in found}
    return {label: value for label, value in told.items() if value is not None}


def _walk(value: Any, rest: str, labels: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not rest:
        yield labels, value
        return
    members = _members(value)
    if rest == _ALL or rest.startswith(f"{_ALL}."):
        for name, member in members.items():
            yield from _walk(member, rest[2:], (*labels, name))
        return
    fitting = [name for name in members if rest == name or rest.startswith(f"{name}.")]
    if fitting:
        name = max(fitting, key=len)
        yield from _walk(members[name], rest[len(name) + 1 :], labels)


def _members(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return {}
    return {_name(one, index): one for index, one in enumerate(value)}


def _name(one: Any, index: int) -> str:
    names = [one[key] for key in _NAMES if isinstance(one.get(key), str)] if isinstance(one, dict) else []
    return names[0] if names else str(index)


def _plain(value: Any) -> Value | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return float(value) if value - value == 0 else None
    return shortened(printable(str(value))) if isinstance(value, str) else None
