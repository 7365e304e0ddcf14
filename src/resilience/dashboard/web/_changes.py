"""What a page must be told when a board follows another: only what has changed, and of lines only their newest point.

Rules: pure; the page keeps the board, and applies changes to it in order.
"""

from __future__ import annotations

from typing import Any

from ..._record import Record
from .._board import Board, Points, Service, Tile, to_json

_TILE_LINES = ("rates", "errors", "times")
_WHOLE = ("totals", "sources", "systems", "rankings", "firing", "recent", "sections")


def change(old: Board, new: Board) -> str:
    """The change from one board to the next, as JSON."""
    known = old.logs.lines[-1].number if old.logs.lines else 0
    told: dict[str, Any] = {"number": new.number, "after": old.number, "at": new.at}
    told |= {name: its for name in _WHOLE if (its := getattr(new, name)) != getattr(old, name)}
    told["services"] = _changed(old.services, new.services, ())
    told["policies"] = _changed(old.policies, new.policies, _TILE_LINES)
    told["gone"] = sorted({one.key for one in old.policies} - {one.key for one in new.policies})
    told["logs"] = {
        "lines": [line for line in new.logs.lines if line.number > known],
        "errors": new.logs.errors,
        "counts": new.logs.counts,
        "over_time": new.logs.over_time,
        "dropped": new.logs.dropped,
    }
    return to_json(told)


def _changed(old: tuple[Any, ...], new: tuple[Any, ...], lines: tuple[str, ...]) -> list[dict[str, Any]]:
    before = {one.key: one for one in old}
    return [_difference(before.get(one.key), one, lines) for one in new if before.get(one.key) is not one]


def _difference(old: Record | None, new: Tile | Service, lines: tuple[str, ...]) -> dict[str, Any]:
    if old is None:
        return new.as_dict()
    was, now = old.__dict__, new.__dict__
    told = {name: value for name, value in now.items() if name not in lines and value != was[name]}
    told["key"] = new.key
    moved = {name: now[name] for name in lines if now[name] and now[name] is not was[name]}
    told["last"] = {name: line[-1] for name, line in moved.items() if _is_next(was[name], line)}
    return told | {name: line for name, line in moved.items() if name not in told["last"]}


def _is_next(old: Points, new: Points) -> bool:
    """Is a line another with one more point?"""
    return new[:-1] == (old if len(new) > len(old) else old[1:])
