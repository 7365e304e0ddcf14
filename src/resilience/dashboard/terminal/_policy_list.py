"""The policies as rows, and one of them in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .._board import Tile
from .._still import duration
from ._card import state_of, use_of
from ._columns import Column, worded
from ._figures import clock, count, percent, rate, span
from ._glyphs import chart, meter, spark, stretched, timeline
from ._listing import Listing
from ._palette import HEALTH, LINE, NORMAL, ORDER, QUIET, SIGNS, STRONG
from ._scale import Scale
from ._scene import Scene
from ._strips import Pieces, ink, wrapped

_BAR = 3


def policy_listing(scale: Scale) -> Listing[Tile]:
    """Those in trouble first."""

    def words(tile: Tile) -> str:
        return f"{tile.name} {tile.kind} {state_of(tile)} {' '.join(tile.pipelines)} {scale.name(tile)}"

    return Listing(_columns(scale), lambda tile: tile.key, words)


def active(tile: Tile) -> bool:
    """Is it worth a place while nobody asked for all: a breaker, or something in use that does not only serve to watch?"""
    return tile.kind == "circuit-breaker" or (tile.health != "quiet" and tile.watches is None)


def _state(tile: Tile, width: int) -> Pieces:
    return [ink(f"{SIGNS[tile.health]} {state_of(tile)}", HEALTH[tile.health])]


def _figure(name: str) -> Callable[[Tile], Any]:
    def value(tile: Tile) -> Any:
        return getattr(tile, name)

    return value


def _number(name: str) -> dict[str, Any]:
    def drawn(tile: Tile, width: int) -> Pieces:
        return [ink(count(getattr(tile, name)), NORMAL if getattr(tile, name) else QUIET)]

    return {"value": _figure(name), "draw": drawn, "width": 7, "right": True, "descends": True}


def _time(name: str) -> dict[str, Any]:
    def drawn(tile: Tile, width: int) -> Pieces:
        return [ink(duration(getattr(tile, name)))]

    return {"value": _figure(name), "draw": drawn, "width": 7, "right": True, "descends": True}


def _columns(scale: Scale) -> list[Column]:
    def traffic(tile: Tile, width: int) -> Pieces:
        return [*meter(scale.share(tile), _BAR, HEALTH[tile.health]), ink(f"{rate(tile.rate):>6}")]

    def past(tile: Tile, width: int) -> Pieces:
        if tile.state is None:
            return spark(tile.rates, width, LINE)
        return timeline(tile.timeline, tile.state, scale.at, width)

    def aged(tile: Tile, width: int) -> Pieces:
        return [ink(span(scale.age(tile)), HEALTH["bad"] if tile.is_stale else QUIET)]

    return [
        Column(title="state", value=lambda tile: (ORDER[tile.health], tile.name), draw=_state, width=13),
        Column(title="policy", value=lambda tile: tile.name, draw=_name, width=14, grow=4),
        Column(title="calls/s", value=lambda tile: tile.rate, draw=traffic, width=9, right=True, descends=True),
        Column(title="fail", value=lambda tile: tile.error_rate, draw=_fails, width=6, right=True, descends=True),
        Column(title="p50", rank=4, **_time("p50")),
        Column(title="p95", rank=1, **_time("p95")),
        Column(title="p99", rank=4, **_time("p99")),
        Column(title="retried", **_number("retries")),
        Column(title="refused", **_number("refused")),
        Column(title="past", value=_changed, draw=past, width=10, grow=3, descends=True),
        Column(title="use", value=lambda tile: use_of(tile)[1], draw=_use, width=13, rank=2, descends=True),
        worded("kind", lambda tile: tile.kind, 15, QUIET, rank=3),
        Column(title="hits", value=lambda tile: tile.hit_rate, draw=_hits, width=6, right=True, descends=True, rank=5),
        Column(title="age", value=scale.age, draw=aged, width=6, right=True, descends=True, rank=3),
        worded("process", scale.name, 14, QUIET, rank=6),
    ]


def _name(tile: Tile, width: int) -> Pieces:
    return [ink(tile.name, STRONG)]


def _fails(tile: Tile, width: int) -> Pieces:
    style = HEALTH["bad" if tile.health == "bad" else "middling"] if tile.error_rate else QUIET
    return [ink(percent(tile.error_rate), style)]


def _hits(tile: Tile, width: int) -> Pieces:
    return [ink(percent(tile.hit_rate), NORMAL if tile.hit_rate is not None else QUIET)]


def _use(tile: Tile, width: int) -> Pieces:
    told, share = use_of(tile)
    words = [ink(told)]
    return [*meter(share, 3, HEALTH["good"]), ink(" "), *words] if share is not None else words


def _changed(tile: Tile) -> float | None:
    known = [one["at"] for one in tile.timeline if isinstance(one.get("at"), (int, float))]
    return max(known, default=None)


def policy_detail(tile: Tile, scene: Scene, width: int) -> list[Pieces]:
    """All that is known of a policy."""
    return list(_detail(tile, scene, width))


def _detail(tile: Tile, scene: Scene, width: int) -> Iterator[Pieces]:
    yield [*_state(tile, width), ink(f"  {tile.name}  ", STRONG), ink(tile.kind, QUIET)]
    if tile.members:
        yield [ink(f"{len(tile.members)} processes of {tile.service}, summed; e shows each", QUIET)]
    if tile.is_stale:
        yield [
            ink(
                f"last known, {span(scene.age(tile.source))} ago: {scene.names.get(tile.source)} is silent",
                HEALTH["bad"],
            )
        ]
    if tile.explain:
        yield from wrapped(tile.explain, width)
    shared = "  (of its pipelines)" if tile.is_shared else ""
    yield [ink(f"{rate(tile.rate)} calls/s, {percent(tile.error_rate)} fail"), ink(shared, QUIET)]
    yield [ink("  ".join(f"{name} {duration(getattr(tile, name))}" for name in ("p50", "p95", "p99")))]
    yield [ink(f"{count(tile.total)} calls, {count(tile.retries)} retried, {count(tile.refused)} refused, "
               f"{count(tile.timed_out)} timed out, {count(tile.fallbacks)} fallbacks")]  # fmt: skip
    yield from _members(tile, scene)
    told, share = use_of(tile)
    if told:
        yield [ink("use      ", QUIET), *meter(share, min(20, width - 30), HEALTH["good"]), ink(f" {told}")]
    yield from _lines(tile, scene, width)
    for where, names in (("in       ", tile.pipelines), ("of       ", tile.policies)):
        if names:
            yield [ink(where, QUIET), ink(" > ".join(names))]
    for change in reversed(tile.timeline[-5:]):
        yield [*_at(change), ink(f"{change.get('old')} → {change.get('new')}  "), ink(str(change.get("reason")), QUIET)]
    for event in reversed(tile.recent[-8:]):
        reason = str(event.get("reason") or event.get("outcome") or "")
        yield [*_at(event), ink(f"{event.get('event')}  "), ink(reason, QUIET)]
    for name, value in tile.figures.items():
        yield [ink(f"{name}  ", QUIET), ink(f"{value:.4g}" if isinstance(value, float) else str(value))]


def _members(tile: Tile, scene: Scene) -> Iterator[Pieces]:
    """Each process of a sum in a line."""
    known = {one.key: one for one in scene.board.policies} if tile.members else {}
    for one in (known[key] for key in tile.members if key in known):
        silent = f", silent for {span(scene.age(one.source))}" if one.is_stale else ""
        told = f"  {rate(one.rate)} calls/s, {percent(one.error_rate)} fail{silent}"
        yield [*_state(one, 0), ink(f"  {scene.names.get(one.source, '?')}"), ink(told, QUIET)]


def _at(event: dict[str, Any]) -> Pieces:
    at = event.get("at")
    return [ink(f"{clock(at) if isinstance(at, (int, float)) else '?':8} ", QUIET)]


def _lines(tile: Tile, scene: Scene, width: int) -> Iterator[Pieces]:
    room = width - 9
    if tile.state is not None:
        yield [ink("5 min    ", QUIET), *timeline(tile.timeline, tile.state, scene.at, room)]
    for number, row in enumerate(chart(stretched(tile.rates, room), room, 2, LINE)):
        yield [ink("calls/s  " if number else " " * 9, QUIET), *row]
    if any(tile.errors):
        yield [ink("fail     ", QUIET), *spark(stretched(tile.errors, room), room, HEALTH["middling"], top=1.0)]
    if any(tile.times):
        yield [ink("p95      ", QUIET), *spark(stretched(tile.times, room), room, HEALTH["off"])]
