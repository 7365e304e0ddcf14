"""Small pictures made of characters: lines, meters, circles, and how long a breaker was in which state."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import ceil, sqrt
from typing import Any

from rich.segment import Segment
from rich.style import Style

from .._board import Points
from ._palette import FAINT, HEALTH
from ._strips import Pieces

BLOCKS = " ▁▂▃▄▅▆▇█"
_EIGHTH = 8
_PARTS = " ▏▎▍▌▋▊▉█"
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
# The taller, the worse.
_HEIGHTS = {"closed": "▁", "half-open": "▄", "open": "█", "isolated": "▓"}
_HUES = {"closed": "good", "half-open": "middling", "open": "bad", "isolated": "bad"}
_WORST = ("open", "isolated", "half-open", "metrics-only", "disabled", "closed")
SPAN = 300.0
"""Seconds of a breaker's past that are drawn."""


def newest(points: Points, width: int) -> Points:
    """The last points, one a cell; filled up with nothing on the left."""
    kept = points[-width:]
    return (None,) * (width - len(kept)) + kept


def stretched(points: Points, width: int) -> Points:
    """Points spread over more cells than there are of them."""
    if not points or width <= len(points):
        return newest(points, width)
    return tuple(points[cell * len(points) // width] for cell in range(width))


def spark(points: Points, width: int, style: Style, top: float | None = None) -> Pieces:
    """A line of one row; the highest point reaches the top unless `top` says what does."""
    return chart(points, width, 1, style, top)[0] if width > 0 else []


def chart(points: Points, width: int, height: int, style: Style, top: float | None = None) -> list[Pieces]:
    """An area of several rows, the top one first. A point of zero is a thin line, one that is not known is blank."""
    shown = newest(points, width)
    most = top or max((value for value in shown if value is not None), default=0.0) or 1.0
    levels = [None if value is None else max(1, round(min(1.0, value / most) * height * _EIGHTH)) for value in shown]
    rows: list[Pieces] = []
    for row in range(height - 1, -1, -1):
        signs = "".join(" " if one is None else BLOCKS[max(0, min(_EIGHTH, one - row * _EIGHTH))] for one in levels)
        rows.append([Segment(signs, style)])
    return rows


def meter(share: float | None, width: int, style: Style) -> Pieces:
    """A bar that is full at 1."""
    if share is None or width <= 0:
        return []
    eighths = round(max(0.0, min(1.0, share)) * width * _EIGHTH)
    full, rest = divmod(eighths, _EIGHTH)
    bar = "█" * full + (_PARTS[rest] if rest else "")
    return [Segment(bar, style), Segment("░" * (width - len(bar)), FAINT)]


def ticks(points: Points, width: int) -> Pieces:
    """Online or not, at each look: tall is online, a low mark is not."""
    pieces: Pieces = []
    for value in newest(points, width):
        if value is None:
            pieces.append(Segment(" "))
        else:
            pieces.append(Segment("▆", HEALTH["good"]) if value else Segment("▁", HEALTH["bad"]))
    return pieces


@lru_cache(maxsize=64)
def bubble(share: float, width: int, height: int) -> tuple[str, ...]:
    """A filled circle whose area is a share of the room; a dot is left of the smallest.

    >>> bubble(1.0, 4, 2)
    ('⣴⣿⣿⣦', '⠻⣿⣿⠟')
    """
    across, down = width * 2, height * 4
    radius = max(1.0, sqrt(max(0.0, min(1.0, share))) * min(across, down) / 2)
    middle_x, middle_y = (across - 1) / 2, (down - 1) / 2
    rows: list[str] = []
    for row in range(height):
        signs = ""
        for column in range(width):
            dots = 0
            for y, pair in enumerate(_DOTS):
                for x, dot in enumerate(pair):
                    far = (column * 2 + x - middle_x) ** 2 + (row * 4 + y - middle_y) ** 2
                    dots |= dot if far <= radius * radius else 0
            signs += chr(_BRAILLE + dots) if dots else " "
        rows.append(signs)
    return tuple(rows)


def rounded(share: float) -> float:
    """A share in steps that are seen, so that circles are drawn once."""
    return ceil(max(0.0, min(1.0, share)) * 40) / 40


def timeline(changes: Iterable[dict[str, Any]], state: str, at: float, width: int) -> Pieces:
    """The states of a breaker over the last five minutes, newest on the right; a cell shows the worst that was in it."""
    if width <= 0:
        return []
    phases = _phases(changes, state, at)
    pieces: Pieces = []
    step = SPAN / width
    for cell in range(width):
        begin = at - SPAN + cell * step
        seen = {name for since, until, name in phases if since < begin + step and until > begin} or {state}
        worst = next((name for name in _WORST if name in seen), state)
        pieces.append(Segment(_HEIGHTS.get(worst, "·"), HEALTH[_HUES.get(worst, "off")]))
    return pieces


def _phases(changes: Iterable[dict[str, Any]], state: str, at: float) -> list[tuple[float, float, str]]:
    """From when to when, and which state."""
    known = [one for one in changes if isinstance(one.get("at"), (int, float))]
    phases: list[tuple[float, float, str]] = []
    before = at - SPAN
    for one in known:
        phases.append((before, one["at"], str(one.get("old"))))
        before = one["at"]
    return [*phases, (before, at + 1.0, state)]
