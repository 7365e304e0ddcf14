"""One policy of several processes of one service, summed: counts and rates added, states counted.

Rules: one thread refreshes, so nothing is locked here. `_memory` holds one entry for each sum on the board, and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ._board import Board, Points, Tile
from ._track import SHORT

_ADDED = ("rate", "retry_rate", "refusal_rate", "used", "capacity", "waiting", "balance")
_COUNTED = ("total", "retries", "refused", "fallbacks", "timed_out")
_SLOWEST = ("p50", "p95", "p99")
_GRAVEST = ("open", "isolated", "half-open", "metrics-only", "disabled", "closed")
_HEALTH = ("bad", "middling", "good", "off", "quiet")
_NEWEST = 20


class Sums:
    """Makes the sums, refresh after refresh; one of which no member has changed stays the same object.

    Args:
        step: seconds of a point of the lines.
    """

    def __init__(self, step: float = 1.0) -> None:
        self._step = step
        self._memory: dict[str, tuple[list[Tile], Tile]] = {}

    def of(self, tiles: Iterable[Tile]) -> tuple[Tile, ...]:
        """The sum of each policy that several processes of one service tell of, by service, kind and name."""
        found: dict[tuple[str, str, str], list[Tile]] = {}
        for tile in tiles:
            if tile.service:
                found.setdefault((tile.service, tile.kind, tile.name), []).append(tile)
        before, self._memory = self._memory, {}
        for words, members in found.items():
            if len(members) < 2:
                continue
            key = f"sum/{'/'.join(words)}"
            known = before.get(key)
            same = known is not None and len(known[0]) == len(members) and all(map(_is, known[0], members))
            self._memory[key] = known if known is not None and same else (members, summed(key, members, self._step))
        return tuple(tile for _, tile in self._memory.values())


def _is(one: Tile, other: Tile) -> bool:
    return one is other


def shown(tiles: tuple[Tile, ...], sums: tuple[Tile, ...]) -> tuple[Tile, ...]:
    """Sums, and what is in none of them: each policy of a service once."""
    within = {key for one in sums for key in one.members}
    return (*sums, *(tile for tile in tiles if tile.key not in within)) if sums else tiles


def overview(board: Board) -> tuple[Tile, ...]:
    """The policies of a board, each of a service once."""
    return shown(board.policies, board.summed)


def summed(key: str, members: list[Tile], step: float) -> Tile:
    """One tile for all. Of processes that are silent the counts stay, and nothing else, as long as another one speaks."""
    live = [tile for tile in members if not tile.is_stale] or members
    first, states, newest = live[0], _states(live), max(tile.at for tile in live)
    one: Tile = first.replace(
        key=key,
        members=tuple(tile.key for tile in members),
        watches=None,
        controls=(),
        health=_health(live),
        state=next((state for state in _GRAVEST if state in states), first.state),
        explain=_told(states, len(live), len(members) - len(live)),
        error_rate=_weighted(live, lambda tile: tile.error_rate),
        hit_rate=_weighted(live, lambda tile: tile.hit_rate),
        is_recorded=any(tile.is_recorded for tile in live),
        **{name: _added(getattr(tile, name) for tile in live) for name in _ADDED},
        **{name: sum(getattr(tile, name) for tile in members) for name in _COUNTED},
        **{name: max((its for tile in live if (its := getattr(tile, name))), default=None) for name in _SLOWEST},
        at=newest,
        rates=_together([_until(newest, tile, tile.rates, 0.0, step) for tile in live], _added),
        errors=_together([_until(newest, tile, tile.errors, None, step) for tile in live], _mean),
        times=_together([_until(newest, tile, tile.times, None, step) for tile in live], _longest),
        timeline=tuple(_gravest_over_time(live))[-_NEWEST:],
        recent=_newest(live),
        figures={"processes": len(members), "silent": len(members) - len(live), **states},
    )
    return one


def hours(lines: list[dict[str, list[float | None]]]) -> dict[str, list[float | None]]:
    """The last hours of several, summed: rates added, shares averaged, times the longest."""
    names = {name for one in lines for name in one}
    ways = {"errors": _mean, "p95": _longest}
    return {
        name: list(_together([tuple(one[name]) for one in lines if name in one], ways.get(name, _added)))
        for name in sorted(names)
    }


def _seen(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _added(values: Iterable[float | None]) -> float | None:
    seen = _seen(values)
    return sum(seen) if seen else None


def _longest(values: Iterable[float | None]) -> float | None:
    return max(_seen(values), default=None)


def _mean(values: Iterable[float | None]) -> float | None:
    seen = _seen(values)
    return sum(seen) / len(seen) if seen else None


def _together(lines: list[Points], way: Callable[[Iterable[float | None]], float | None]) -> Points:
    """Lines of which the newest points are of the same time, point by point."""
    longest = max(map(len, lines), default=0)
    padded = [(*[None] * (longest - len(line)), *line) for line in lines]
    return tuple(None if (value := way(points)) is None else round(value, 5) for points in zip(*padded, strict=True))


def _until(newest: float, tile: Tile, line: Points, missing: float | None, step: float) -> Points:
    """A line of a policy that was left alone for a while, up to the newest point of the others."""
    behind = min(int(newest / step) - int(tile.at / step), SHORT)
    return (line + (missing,) * behind)[-SHORT:] if line and behind > 0 else line


def _weighted(live: list[Tile], share: Callable[[Tile], float | None]) -> float | None:
    """The mean of a share, each process by its traffic."""
    told = [(its, tile.rate or 0.0) for tile in live if (its := share(tile)) is not None]
    weight = sum(rate for _, rate in told)
    return sum(its * rate for its, rate in told) / weight if weight else _mean(its for its, _ in told)


def _states(live: list[Tile]) -> dict[str, int]:
    found: dict[str, int] = {}
    for tile in live:
        if tile.state is not None:
            found[tile.state] = found.get(tile.state, 0) + 1
    return {state: found[state] for state in sorted(found, key=_place)}


def _place(state: str) -> int:
    return _GRAVEST.index(state) if state in _GRAVEST else len(_GRAVEST)


def _told(states: dict[str, int], live: int, silent: int) -> str:
    each = [f"{state} in {number} of {live}" for state, number in states.items()] or [f"of {live} processes"]
    return ", ".join([*each, *([f"{silent} silent"] if silent else [])])


def _health(live: list[Tile]) -> str:
    """That of the worst, but bad only where half of them are."""
    found = [tile.health for tile in live]
    if 0 < found.count("bad") * 2 < len(found):
        return "middling"
    return next((health for health in _HEALTH if health in found), "quiet")


def _gravest_over_time(live: list[Tile]) -> Iterator[dict[str, Any]]:
    """The changes of the gravest state among all, oldest first."""
    changes = sorted(
        ((at, place, change) for place, tile in enumerate(live) for change in tile.timeline if (at := _at(change))),
        key=lambda one: one[0],
    )
    states = [_first_state(tile) for tile in live]
    for at, place, change in changes:
        before = min(states, key=_place)
        states[place] = str(change.get("new"))
        after = min(states, key=_place)
        if after != before:
            yield {
                "at": at,
                "old": before,
                "new": after,
                "reason": f"{change.get('reason')} on {process_of(live[place])}",
            }


def _first_state(tile: Tile) -> str:
    return str(tile.timeline[0].get("old")) if tile.timeline else str(tile.state)


def _newest(live: list[Tile]) -> tuple[dict[str, Any], ...]:
    told = [{**event, "process": process_of(tile)} for tile in live for event in tile.recent if _at(event)]
    return tuple(sorted(told, key=_at)[-_NEWEST:])


def _at(event: dict[str, Any]) -> float:
    at = event.get("at")
    return float(at) if isinstance(at, (int, float)) else 0.0


def process_of(tile: Tile) -> str:
    """Host and pid of a tile's process."""
    return tile.source.rpartition(":")[0]
