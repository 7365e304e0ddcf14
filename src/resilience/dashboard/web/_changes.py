"""What a page must be told when a board follows another: only what has changed, and of lines only their newest points.

Rules: pure; the page keeps the board, and applies changes to it in order. Ages are not told: the page has the times.
"""

from __future__ import annotations

from typing import Any

from ..._record import Record
from .._board import Board, Points, Service, Source, Tile, to_json
from .._track import SHORT

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
        told[name] = _changed(before, now, _TILE_LINES if name in _TILES else (), new.step)
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


def _changed(old: tuple[Any, ...], new: tuple[Any, ...], lines: tuple[str, ...], step: float) -> list[dict[str, Any]]:
    if len(old) == len(new) and all(was.key == one.key for was, one in zip(old, new, strict=True)):
        pairs = [(was, one) for was, one in zip(old, new, strict=True) if was is not one]
    else:
        before = {one.key: one for one in old}
        pairs = [(was, one) for one in new if (was := before.get(one.key)) is not one]
    return [told for was, one in pairs if (told := _difference(was, one, lines, step))]


def _difference(
    old: Record | None, new: Tile | Service | Source, lines: tuple[str, ...], step: float
) -> dict[str, Any]:
    """What differs, with the key; empty if nothing does."""
    if old is None:
        return new.as_dict()
    was, now = old.__dict__, new.__dict__
    told = {
        name: value
        for name, value in now.items()
        if value is not was[name] and name not in lines and name not in _AGES and value != was[name]
    }
    if not lines:
        return told | {"key": new.key} if told else {}
    by = int(now["at"] / step) - int(was["at"] / step)
    moved = {name: now[name] for name in lines if now[name] is not was[name] and now[name] != was[name]}
    last = {name: line[-by:] for name, line in moved.items() if _is_moved(was[name], line, by)}
    told |= {name: line for name, line in moved.items() if name not in last}
    told.pop("at", None)
    if last:
        told["last"] = last
    return told | {"key": new.key} if told else {}


def _is_moved(old: Points, new: Points, by: int) -> bool:
    """Is a line another with so many more points?"""
    return 0 < by < len(new) and (old + new[-by:])[-SHORT:] == new
