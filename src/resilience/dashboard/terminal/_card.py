"""The card of a policy, in the manner of the Hystrix dashboard: the circle's size is traffic, its colour is health."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from .._board import Tile
from .._processes import count as whole
from .._still import duration
from ._figures import count, percent, rate, span
from ._glyphs import bubble, meter, rounded, spark, timeline
from ._palette import EDGE, HEALTH, LINE, NORMAL, POLICY_WORDS, QUIET, SIGNS, STRONG
from ._scene import Scene
from ._strips import Pieces, fitted, ink, wide

WIDTH, HEIGHT = 38, 8
_BUBBLE = 8
_THIN, _THICK = "╭╮╰╯─│", "┏┓┗┛━┃"


def state_of(tile: Tile) -> str:
    """Its state in a word; of a sum, with the number of processes that are in it."""
    if tile.members and tile.state:
        live = tile.figures["processes"] - tile.figures["silent"]
        return f"{tile.figures.get(tile.state, live)}/{live} {tile.state}"
    return tile.state or POLICY_WORDS[tile.health]


def card(tile: Tile, scene: Scene, width: int, *, is_chosen: bool) -> list[Pieces]:
    """Eight lines."""
    hue = HEALTH[tile.health]
    signs = _THICK if is_chosen else _THIN
    edge = LINE if is_chosen else Style(color=EDGE) if tile.health in {"good", "quiet"} else hue
    room = width - 4
    circle = bubble(rounded((tile.rate or 0.0) / scene.largest), _BUBBLE, 4)
    beside = room - _BUBBLE - 2
    body = [_rates(tile), _times(tile), _counts(tile), spark(tile.rates, beside, LINE)]
    rows = [[Segment(circle[row], hue), Segment("  "), *fitted(body[row], beside)] for row in range(4)]
    rows += [_use(tile, room), _past(tile, scene, room)]
    lines = [_head(tile, scene, width, signs, edge)]
    lines += [[Segment(f"{signs[5]} ", edge), *fitted(row, room), Segment(f" {signs[5]}", edge)] for row in rows]
    return [*lines, [Segment(signs[2] + signs[4] * (width - 2) + signs[3], edge)]]


def _head(tile: Tile, scene: Scene, width: int, signs: str, edge: Style) -> Pieces:
    hue = HEALTH[tile.health]
    age = f" {span(scene.age(tile.source))} ago" if tile.is_stale else ""
    state = ink(f" {SIGNS[tile.health]} {state_of(tile)}{age} ", hue)
    room = width - 5 - wide([state])
    name = [ink(f" {tile.name} ", STRONG)]
    name = fitted(name, room) if wide(name) > room else name
    line = signs[4] * max(0, room - wide(name))
    return [
        Segment(signs[0] + signs[4], edge),
        *name,
        Segment(f"{line}{signs[4]}", edge),
        state,
        Segment(signs[4] + signs[1], edge),
    ]


def _rates(tile: Tile) -> Pieces:
    fails = QUIET if not tile.error_rate else HEALTH[tile.health if tile.health in {"bad", "middling"} else "middling"]
    told = "" if tile.error_rate is None else f"{percent(tile.error_rate)} fail"
    return [ink(rate(tile.rate), STRONG), ink("/s  ", QUIET), ink(told, fails)]


def _times(tile: Tile) -> Pieces:
    return [ink("p50 ", QUIET), ink(duration(tile.p50)), ink("  p99 ", QUIET), ink(duration(tile.p99))]


def _counts(tile: Tile) -> Pieces:
    return [
        ink(count(tile.retries), HEALTH["middling"] if tile.retry_rate else NORMAL),
        ink(" retried  ", QUIET),
        ink(count(tile.refused), HEALTH["middling"] if tile.refusal_rate else NORMAL),
        ink(" refused", QUIET),
    ]


def _use(tile: Tile, room: int) -> Pieces:
    """What the kind has besides: hits, slots, tokens."""
    told, share = use_of(tile)
    words = [ink(f"{tile.kind}  ", QUIET), ink(told)]
    left = room - wide(words) - 2
    return [*words, Segment("  "), *meter(share, min(left, 12), HEALTH["good"])] if left > 3 else words


def use_of(tile: Tile) -> tuple[str, float | None]:
    """How much of what it shares out is in use, in words and as a share."""
    if tile.kind == "cache" and tile.hit_rate is not None:
        return f"{percent(tile.hit_rate)} hits", tile.hit_rate
    if tile.capacity and tile.used is not None:
        waiting = f", {tile.waiting} wait" if tile.waiting else ""
        return f"{tile.used} of {count(tile.capacity)}{waiting}", tile.used / tile.capacity
    admitted, rejected = (whole(tile.figures.get(name)) for name in ("admitted", "rejected"))
    if admitted + rejected:  # a limiter tells no more of its tokens
        waiting = f", {tile.waiting} wait" if tile.waiting else ""
        return f"{percent(admitted / (admitted + rejected))} let in{waiting}", admitted / (admitted + rejected)
    if tile.balance is not None:
        return f"{count(tile.balance)} left", None
    return "", None


def _past(tile: Tile, scene: Scene, room: int) -> Pieces:
    """What a breaker went through, or how often calls failed."""
    if tile.state is not None:
        return [ink("5 min ", QUIET), *timeline(tile.timeline, tile.state, scene.at, room - 6)]
    if any(tile.errors):
        return [ink("fails ", QUIET), *spark(tile.errors, room - 6, HEALTH["middling"], top=1.0)]
    return []
