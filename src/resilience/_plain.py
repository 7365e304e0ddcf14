"""Values as JSON has them: for snapshots, which leave the process."""

from __future__ import annotations

from typing import Any

from ._masking import printable
from ._record import Record

_DEEPEST = 12
_AS_THEY_ARE = frozenset({int, bool, type(None)})
Plain = dict[str, Any] | list[Any] | str | int | float | bool | None


def plain(value: Any, depth: int = 0) -> Any:
    r"""A value made of dicts with text keys, lists, texts without control characters, numbers, booleans and `None`.

    Infinities and NaN become `None`, records become dicts; of anything else only the class's name stays, for its `repr`
    may hold anything.

    >>> plain({"left": float("inf"), 1: ("a\n", object())})
    {'left': None, '1': ['a\\n', '<object>']}
    """
    kind = value.__class__
    if kind is str:  # these first: a snapshot holds tens of thousands of them
        return value if value.isprintable() else printable(value)
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, str):
        return printable(str(value))
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if value - value == 0 else None
    if depth < _DEEPEST:
        if isinstance(value, Record):
            fields = value.as_dict().items()
            return {name: its if its.__class__ in _AS_THEY_ARE else plain(its, depth + 1) for name, its in fields}
        if isinstance(value, dict):
            return {printable(str(key)): plain(its, depth + 1) for key, its in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [plain(one, depth + 1) for one in value]
    return f"<{type(value).__name__}>"
