"""The columns of a list: what each shows, what it is sorted by, and which of them there is room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.style import Style

from ..._record import Record
from ._palette import NORMAL
from ._strips import Pieces, ink

GAP = 1


class Column(Record):
    """One column.

    Attributes:
        title: over it.
        value: what a row is sorted by, or `None` where it is not known; those rows come last, whichever way.
        draw: the pieces for a row, in so many cells.
        width: cells that it needs. grow: its part of what is left.
        rank: the higher, the earlier it is left out where room is short; 0 always stays.
        right: does it stand at the right edge, as numbers do?
        descends: is the largest first?
    """

    title: str
    value: Callable[[Any], Any]
    draw: Callable[[Any, int], Pieces]
    width: int
    grow: int = 0
    rank: int = 0
    right: bool = False
    descends: bool = False


def worded(
    title: str,
    told: Callable[[Any], str],
    width: int,
    style: Style = NORMAL,
    *,
    value: Callable[[Any], Any] | None = None,
    grow: int = 0,
    rank: int = 0,
    right: bool = False,
    descends: bool = False,
) -> Column:
    """A column of words, sorted by them unless another value is given."""

    def draw(row: Any, cells: int) -> Pieces:
        return [ink(told(row), style)]

    by = told if value is None else value
    return Column(title=title, value=by, draw=draw, width=width, grow=grow, rank=rank, right=right, descends=descends)


def widths(columns: Sequence[Column], room: int) -> dict[int, int]:
    """The place of each column that there is room for, and its cells.

    >>> name = Column(title="name", value=str, draw=lambda row, width: [], width=10, grow=1)
    >>> widths([name, name.replace(rank=1, grow=0)], 30), widths([name, name.replace(rank=1)], 20)
    ({0: 19, 1: 10}, {0: 20})
    """
    kept: list[int] = []
    left = room + GAP
    for place in sorted(range(len(columns)), key=lambda place: (columns[place].rank, place)):
        if columns[place].width + GAP <= left or not kept:
            kept.append(place)
            left -= columns[place].width + GAP
    kept.sort()
    shares = sum(columns[place].grow for place in kept)
    found = {place: columns[place].width for place in kept}
    for place in kept:
        if columns[place].grow and left > 0:
            more = left * columns[place].grow // shares
            found[place] += more
            left -= more
            shares -= columns[place].grow
    return found
