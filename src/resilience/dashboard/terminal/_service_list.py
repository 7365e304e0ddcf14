"""The watched services as rows, and one of them in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .._board import Service
from .._still import duration
from ._columns import Column
from ._figures import moment, percent, span
from ._glyphs import chart, spark, stretched, ticks
from ._listing import Listing
from ._palette import HEALTH, LINE, NORMAL, ORDER, QUIET, SERVICE_WORDS, SIGNS, STRONG
from ._scale import Scale
from ._scene import Scene
from ._strips import Pieces, ink, wrapped

_LEVELS = {"healthy": "good", "degraded": "middling", "unhealthy": "bad"}
_CHART = 3


def service_listing(scale: Scale) -> Listing[Service]:
    """Those in trouble first."""
    return Listing(_columns(scale), lambda one: one.key, _words)


def _words(one: Service) -> str:
    parts = " ".join(str(part.get("name")) for part in one.parts)
    return f"{one.name} {one.url} {one.state} {word(one)} {parts} {' '.join(one.deployment.values())}"


def word(one: Service) -> str:
    """Its state in a word."""
    return "unhealthy" if one.health == "bad" and one.online else SERVICE_WORDS[one.health]


def _state(one: Service, width: int) -> Pieces:
    return [ink(f"{SIGNS[one.health]} {word(one)}", HEALTH[one.health])]


def _time(name: str) -> tuple[Callable[[Service], Any], Callable[[Service, int], Pieces]]:
    def value(one: Service) -> Any:
        return getattr(one, name)

    def drawn(one: Service, width: int) -> Pieces:
        return [ink(duration(getattr(one, name)), QUIET if one.is_stale else NORMAL)]

    return value, drawn


def _parts(one: Service, width: int) -> Pieces:
    """What is not well first: that is what must not be cut."""
    pieces: Pieces = []
    for part in sorted(one.parts, key=lambda part: -ORDER[_hue(part)], reverse=True):
        pieces += [ink(f"{SIGNS[_hue(part)]} {part['name']}  ", HEALTH["quiet" if one.is_stale else _hue(part)])]
    return pieces


def _hue(part: dict[str, Any]) -> str:
    return _LEVELS.get(str(part.get("level")), "quiet")


def _deployed(one: Service) -> str:
    known = (one.deployment.get(name) for name in ("version", "commit", "environment"))
    return " ".join(value for value in known if value)


def _columns(scale: Scale) -> list[Column]:
    def age(one: Service) -> float | None:
        return None if one.at is None else max(0.0, scale.at - one.at)

    def aged(one: Service, width: int) -> Pieces:
        return [ink(span(age(one)), HEALTH["bad"] if one.is_stale else QUIET)]

    response, p50, p95, p99 = (_time(name) for name in ("response_time", "p50", "p95", "p99"))
    return [
        Column(title="state", value=lambda one: (ORDER[one.health], one.name), draw=_state, width=11),
        Column(title="service", value=lambda one: one.name, draw=_name, width=11, grow=3),
        Column(title="response", value=response[0], draw=_line, width=10, grow=4, descends=True),
        Column(title="now", value=response[0], draw=response[1], width=7, right=True, descends=True, rank=3),
        Column(title="p50", value=p50[0], draw=p50[1], width=7, right=True, descends=True),
        Column(title="p95", value=p95[0], draw=p95[1], width=7, right=True, descends=True),
        Column(title="p99", value=p99[0], draw=p99[1], width=7, right=True, descends=True),
        Column(title="uptime", value=lambda one: one.uptime, draw=_uptime, width=7, right=True),
        Column(title="age", value=age, draw=aged, width=6, right=True, descends=True),
        Column(title="online", value=lambda one: one.uptime, draw=lambda one, w: ticks(one.ticks, w), width=16, rank=2),
        Column(title="parts", value=_badness, draw=_parts, width=20, grow=4, rank=1, descends=True),
        Column(title="deployed", value=lambda one: _deployed(one) or None, draw=_version, width=12, grow=1, rank=4),
    ]


def _name(one: Service, width: int) -> Pieces:
    return [ink(one.name, STRONG)]


def _line(one: Service, width: int) -> Pieces:
    return spark(one.response_times, width, LINE)


def _uptime(one: Service, width: int) -> Pieces:
    style = NORMAL if one.uptime in {None, 1.0} else HEALTH["middling"]
    return [ink(percent(one.uptime), style)]


def _version(one: Service, width: int) -> Pieces:
    return [ink(_deployed(one), QUIET)]


def _badness(one: Service) -> int | None:
    return sum(part.get("level") != "healthy" for part in one.parts) if one.parts else None


def service_detail(one: Service, scene: Scene, width: int) -> list[Pieces]:
    """All that is known of a service."""
    return list(_detail(one, scene, width))


def _detail(one: Service, scene: Scene, width: int) -> Iterator[Pieces]:
    known = "" if not one.is_stale or one.at is None else f"  last answer {span(scene.at - one.at)} ago"
    yield [*_state(one, width), ink(f"  {one.name}  ", STRONG), ink(one.url, QUIET)]
    yield [ink(one.state, HEALTH[one.health]), ink(known, HEALTH["bad"])]
    if one.error is not None and one.error not in one.state:
        yield from wrapped(one.error, width, HEALTH["bad"])
    told = "  ".join(f"{name} {duration(getattr(one, name))}" for name in ("p50", "p95", "p99"))
    yield [ink(f"{told}  uptime {percent(one.uptime)} of {one.checks} looks")]
    if one.parts:
        yield [ink("last known  " if one.is_stale else "parts  ", QUIET), *_parts(one, width)]
    if one.deployment:
        facts = (
            piece for name, value in one.deployment.items() for piece in (ink(f"{name} ", QUIET), ink(f"{value}  "))
        )
        yield list(facts)
    yield from _times(one, width)
    for part in one.parts:
        if part.get("detail"):
            yield [ink(f"{SIGNS[_hue(part)]} {part['name']}  ", HEALTH[_hue(part)]), ink(str(part["detail"]))]
    for change in reversed(one.deployments):
        was, became = (change[when].get("version", "?") for when in ("before", "after"))
        yield [ink(f"{moment(change['at'])}  ", QUIET), ink(f"deployed {was} → {became}")]


def _times(one: Service, width: int) -> Iterator[Pieces]:
    """The last looks: response times, and whether there was any answer."""
    room = width - 9
    times = stretched(one.response_times, room)
    top = duration(max(filter(None, times), default=None))
    for number, row in enumerate(chart(times, room, _CHART, LINE)):
        yield [ink(f"{'' if number else top:>7}  ", QUIET), *row]
    yield [ink(" online  ", QUIET), *ticks(stretched(one.ticks, room), room)]
