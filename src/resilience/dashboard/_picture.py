"""A board as a still picture: SVG without scripts, in colours that suit light and dark pages, for reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from math import sqrt
from xml.sax.saxutils import escape

from ._board import Board, Points, Service, Tile
from ._still import by_trouble, duration, share
from ._sums import overview

_WIDE, _GAP, _COLUMNS = 1200, 16, 4
_CARD, _TALL_SERVICE, _TALL_TILE = (_WIDE - _GAP * 5) / _COLUMNS, 118, 132
_MOST = 24
_COLOURS = {"good": "#34d399", "middling": "#fbbf24", "bad": "#fb7185", "quiet": "#8593a8", "off": "#a78bfa"}
_GROUND, _SURFACE, _EDGE, _TEXT, _SOFT = "#0a0e16", "#111827", "#223049", "#e8eef7", "#9aa9bf"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def picture(board: Board) -> str:
    """The board at one moment as an SVG document."""
    parts = [*_head(board)]
    top = 100.0
    for alert in board.firing[:6]:
        colour = _COLOURS["bad" if alert.severity == "critical" else "middling"]
        parts.append(_text(_GAP, top + 14, f"▲ {alert.title}: {alert.detail}", colour, 14, most=140))
        top += 22
    services, tiles = board.services[:_MOST], by_trouble(overview(board))[:_MOST]
    largest = max((tile.rate or 0.0 for tile in tiles), default=0.0) or 1.0
    top = _grid(parts, "Services", [_service(one) for one in services], top, _TALL_SERVICE)
    top = _grid(parts, "Policies", [_tile(one, largest) for one in tiles], top, _TALL_TILE)
    size = f'width="{_WIDE}" height="{top:.0f}" viewBox="0 0 {_WIDE} {top:.0f}"'
    ground = f'<rect width="100%" height="100%" fill="{_GROUND}"/>'
    font = 'font-family="ui-sans-serif, system-ui, sans-serif"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font} role="img">{ground}{"".join(parts)}</svg>\n'


def _head(board: Board) -> Iterator[str]:
    totals = board.totals
    at = datetime.fromtimestamp(board.at).astimezone()
    yield f"<title>resilience at {at:%Y-%m-%d %H:%M:%S}</title>"
    yield _text(_GAP, 36, "resilience", _TEXT, 24, bold=True)
    yield _text(_GAP + 140, 36, f"{at:%Y-%m-%d %H:%M:%S}", _SOFT, 14)
    told = (
        f"{totals.online} of {totals.services} services online  ·  "
        f"{totals.breakers_open} of {totals.breakers} breakers open  ·  "
        f"{totals.rate:.3g} calls/s{'' if totals.error_rate is None else f'  ·  {share(totals.error_rate)} fail'}"
    )
    yield _text(_GAP, 68, told, _TEXT, 16, most=140)


def _grid(parts: list[str], title: str, cards: list[str], top: float, tall: float) -> float:
    if not cards:
        return top
    parts.append(_text(_GAP, top + 30, title, _TEXT, 18, bold=True))
    top += 46
    for place, card in enumerate(cards):
        row, column = divmod(place, _COLUMNS)
        x, y = _GAP + column * (_CARD + _GAP), top + row * (tall + _GAP)
        box = f'<rect width="{_CARD}" height="{tall}" rx="12" fill="{_SURFACE}" stroke="{_EDGE}"/>'
        parts.append(f'<g transform="translate({x:.1f} {y:.1f})">{box}{card}</g>')
    return top + -(-len(cards) // _COLUMNS) * (tall + _GAP)


def _service(one: Service) -> str:
    colour = _COLOURS[one.health]
    return "".join(
        (
            _text(14, 26, one.name, _TEXT, 15, bold=True, most=26),
            _text(14, 45, one.state, colour, 12, most=38),
            _line(one.response_times, 14, 54, _CARD - 28, 30, colour),
            _text(14, 106, f"p95 {duration(one.p95)}   uptime {share(one.uptime)}", _SOFT, 12),
        )
    )


def _tile(tile: Tile, largest: float) -> str:
    colour = _COLOURS[tile.health]
    radius = 3.0 if not tile.rate else 5 + 21 * sqrt(min(1.0, tile.rate / largest))
    rate = "-" if tile.rate is None else f"{tile.rate:.3g}/s"
    return "".join(
        (
            _text(14, 26, tile.name, _TEXT, 15, bold=True, most=27),
            f'<circle cx="40" cy="66" r="{radius:.1f}" fill="{colour}"/>',
            _text(80, 58, rate, _TEXT, 18, bold=True),
            _text(80, 76, f"{share(tile.error_rate)} fail  {_state(tile)}", colour, 12, most=28),
            _line(tile.rates, 80, 82, _CARD - 94, 22, colour),
            _text(
                14,
                122,
                f"p95 {duration(tile.p95)}   retries {tile.retries}   refused {tile.refused}",
                _SOFT,
                12,
                most=42,
            ),
        )
    )


def _state(tile: Tile) -> str:
    return (tile.explain if tile.members else None) or tile.state or tile.kind


def _line(points: Points, x: float, y: float, wide: float, tall: float, colour: str) -> str:
    top = max((value for value in points if value is not None), default=0.0) or 1.0
    step, moves, pen = wide / 59, [], "M"
    for place, value in enumerate(points):
        if value is None:
            pen = "M"
            continue
        across, up = x + (60 - len(points) + place) * step, y + tall - value / top * tall
        moves.append(f"{pen}{across:.1f} {up:.1f}")
        pen = "L"
    return f'<path d="{"".join(moves)}" fill="none" stroke="{colour}" stroke-width="1.6"/>' if moves else ""


def _text(x: float, y: float, told: str, colour: str, size: int, *, bold: bool = False, most: int = 60) -> str:
    short = _NO_XML.sub("�", told if len(told) <= most else f"{told[: most - 1]}…")
    weight = ' font-weight="650"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}" font-size="{size}"{weight}>{escape(short)}</text>'
