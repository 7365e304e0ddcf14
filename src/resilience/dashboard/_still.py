"""A board as text, for reports and for terminals without a face of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ._board import Board, Points, Service, Tile
from ._sums import overview

_WIDE = 100
_BLOCKS = "▁▂▃▄▅▆▇█"
_MOST, _POINTS = 30, 20
_ORDER = {"bad": 0, "middling": 1, "off": 2, "good": 3, "quiet": 4}
_SIGNS = {"bad": "▲", "middling": "●", "off": "◌", "good": "✓", "quiet": "-"}


def still(board: Board) -> str:
    """The board at one moment, as lines of text."""
    return "\n".join(_lines(board))


def by_trouble(tiles: tuple[Tile, ...]) -> list[Tile]:
    """The tiles that matter: those in trouble first, then by traffic; quiet ones only if they are breakers."""
    shown = [
        tile for tile in tiles if tile.watches is None and (tile.health != "quiet" or tile.kind == "circuit-breaker")
    ]
    return sorted(shown, key=lambda tile: (_ORDER[tile.health], -(tile.rate or 0.0), tile.name))


def _lines(board: Board) -> Iterator[str]:
    totals = board.totals
    at = datetime.fromtimestamp(board.at).astimezone()
    yield f"resilience at {at:%Y-%m-%d %H:%M:%S}"
    yield (
        f"services {totals.online} of {totals.services} online, breakers {totals.breakers_open} of {totals.breakers} open, "
        f"{totals.rate:.3g} calls/s{'' if totals.error_rate is None else f', {share(totals.error_rate)} fail'}"
    )
    if board.firing:
        yield "\nALERTS"
        yield from (f"  {alert.severity:8}  {alert.title}: {alert.detail}"[:_WIDE] for alert in board.firing)
    if board.services:
        yield "\nSERVICES"
        yield from map(_service, board.services)
    tiles = by_trouble(overview(board))
    if tiles:
        yield f"\n{'POLICIES':38}{'state':14}{'calls/s':>8}{'fail':>8}{'p95':>10}{'retries':>9}{'refused':>9}"
        yield from map(_tile, tiles[:_MOST])
    if len(tiles) > _MOST:
        yield f"  and {len(tiles) - _MOST} more"
    if board.logs.errors:
        yield "\nERRORS"
        yield from (f"  {line.text}"[:_WIDE] for line in board.logs.errors[-5:])


def _service(one: Service) -> str:
    known = f", last answer {one.age:.0f} s ago" if one.is_stale and one.age is not None else ""
    return f"{_SIGNS[one.health]} {one.name:30.30} {curve(one.response_times):{_POINTS}}  {one.state}{known}"


def _tile(tile: Tile) -> str:
    age = " (last known)" if tile.is_stale else ""
    state = f"{tile.state or tile.health}{age}"
    if tile.members:
        state = f"{_in(tile)} {tile.state or tile.health}{age}"
    rate = "-" if tile.rate is None else f"{tile.rate:.3g}"
    return (
        f"{_SIGNS[tile.health]} {tile.name:35.35} {state:14.14}{rate:>8}{share(tile.error_rate):>8}"
        f"{duration(tile.p95):>10}{tile.retries:>9}{tile.refused:>9}"
    )


def _in(tile: Tile) -> str:
    """In how many processes a sum has its state, of how many."""
    live = tile.figures["processes"] - tile.figures["silent"]
    return f"{tile.figures.get(tile.state or '', live)}/{live}"


def share(value: float | None) -> str:
    """A share in per cent."""
    return "-" if value is None else f"{value:.1%}"


def duration(value: float | None) -> str:
    """Seconds, in the unit that suits them.

    >>> duration(0.0214), duration(2.5)
    ('21.4 ms', '2.5 s')
    """
    if value is None:
        return "-"
    if value < 0.001:
        return f"{value * 1e6:.3g} µs"
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"


def curve(points: Points) -> str:
    """The newest points of a line as blocks.

    >>> curve((0.0, None, 1.0))
    '▁ █'
    """
    newest = points[-_POINTS:]
    top = max((value for value in newest if value is not None), default=0.0) or 1.0
    return "".join(" " if value is None else _BLOCKS[round(value / top * (len(_BLOCKS) - 1))] for value in newest)
