"""What a page must be told when a board follows another: only what has changed, and of lines only their newest point.

Rules: pure; the page keeps the board, and applies changes to it in order. Ages are not told: the page has the times.
"""

from __future__ import annotations

from typing import Any

from ..._record import Record
from .._board import Board, Points, Service, Source, Tile, to_json

_TILE_LINES = ("rates", "errors", "times")
_TILES = frozenset({"policies", "summed"})
_AGES = frozenset({"age"})
_WHOLE = ("totals", "systems", "rankings", "firing", "recent", "sections")
_KEYED = ("sources", "services", "policies", "summed")


def change(old: Board, new: Board) -> str:
    """The change from one board to the next, as JSON."""
    known = old.logs.lines[-1].number if old.logs.lines else 0
    told: dict[str, Any] = {"number": new.number, "after": old.number, "at": new.at}
    told |= {name: its for name in _WHOLE if (its := getattr(new, name)) != getattr(old, name)}
    for name in _KEYED:
        before, now = getattr(old, name), getattr(new, name)
        told[name] = _changed(before, now, _TILE_LINES if name in _TILES else ())
    told["gone"] = {name: _gone(getattr(old, name), getattr(new, name)) for name in _KEYED}
    told["logs"] = {
        "lines": [line for line in new.logs.lines if line.number > known],
        "errors": new.logs.errors,
        "counts": new.logs.counts,
        "over_time": new.logs.over_time,
        "dropped": new.logs.dropped,
    }
    return to_json(told)


def _gone(old: tuple[Any, ...], new: tuple[Any, ...]) -> list[str]:
    return sorted({one.key for one in old} - {one.key for one in new})


def _changed(old: tuple[Any, ...], new: tuple[Any, ...], lines: tuple[str, ...]) -> list[dict[str, Any]]:
    before = {one.key: one for one in old}
    found = [_difference(was, one, lines) for one in new if (was := before.get(one.key)) is not one]
    return [told for told in found if told]


def _difference(old: Record | None, new: Tile | Service | Source, lines: tuple[str, ...]) -> dict[str, Any]:
    """What differs, with the key; empty if nothing does."""
    if old is None:
        return new.as_dict()
    was, now = old.__dict__, new.__dict__
    told = {
        name: value
        for name, value in now.items()
        if value is not was[name] and name not in lines and name not in _AGES and value != was[name]
    }
    moved = {name: now[name] for name in lines if now[name] and now[name] is not was[name]}
    if not told and not moved:
        return {}
    told["key"] = new.key
    if not lines:
        return told
    told["last"] = {name: line[-1] for name, line in moved.items() if _is_next(was[name], line)}
    return told | {name: line for name, line in moved.items() if name not in told["last"]}


def _is_next(old: Points, new: Points) -> bool:
    """Is a line another with one more point?"""
    return new[:-1] == (old if len(new) > len(old) else old[1:])
