"""Who is first in what: slowest, most retried, most refused, used by calls, largest files.

Rules: what is counted of a pipeline and of the policies inside it is ranked once. Calls and their times are those of the
pipeline, or of a policy that stands alone; retries and refusals those of the policy that made them, as in the totals.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from heapq import nlargest
from pathlib import Path
from time import monotonic

from .._masking import printable
from ._board import Ranked, Ranking, Service, Tile

PLACES = 10
_MOST_FILES, _LONGEST_LOOK = 50_000, 0.25
_OFTEN = 30.0


def rankings(services: Iterable[Service], tiles: tuple[Tile, ...], files: Folder | None) -> tuple[Ranking, ...]:
    """All rankings; those of which nothing is known have no places."""
    called = [tile for tile in tiles if not tile.is_shared and not tile.pipelines and tile.watches is None]
    acting = [tile for tile in tiles if not tile.policies and tile.watches is None]
    slowest = [Ranked(name=one.name, value=one.p95, of=one.key) for one in services if one.p95]
    slowest += _tiles(called, lambda tile: tile.p95)
    found = [
        Ranking(name="slowest", title="Slowest (p95)", unit="seconds", places=_first(slowest)),
        Ranking(name="retried", title="Most retried", unit="retries", places=_tiles(acting, lambda tile: tile.retries)),
        Ranking(
            name="refused", title="Most refused", unit="refusals", places=_tiles(acting, lambda tile: tile.refused)
        ),
        Ranking(
            name="called", title="Tool usage by calls", unit="calls", places=_tiles(called, lambda tile: tile.total)
        ),
    ]
    if files is not None:
        found.append(
            Ranking(name="files", title=f"Largest files in {files.name}", unit="bytes", places=files.largest())
        )
    return tuple(found)


def _first(places: list[Ranked]) -> tuple[Ranked, ...]:
    return tuple(nlargest(PLACES, places, key=lambda place: place.value))


def _tiles(tiles: list[Tile], value: Callable[[Tile], float | None]) -> tuple[Ranked, ...]:
    counted = [(its, -place, tile) for place, tile in enumerate(tiles) if (its := value(tile))]  # of equals the first
    return tuple(Ranked(name=tile.name, value=float(its), of=tile.key) for its, _, tile in nlargest(PLACES, counted))


class Folder:
    """The largest files under a folder; looked for now and then, links not followed, with bounded work."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self.name = printable(self._path.name or str(self._path))
        self._due = 0.0
        self._found: tuple[Ranked, ...] = ()

    def largest(self) -> tuple[Ranked, ...]:
        """The first ten, by size."""
        if monotonic() >= self._due:
            self._found = _first(self._sizes())
            self._due = monotonic() + _OFTEN
        return self._found

    def _sizes(self) -> list[Ranked]:
        found: list[Ranked] = []
        todo, end = [str(self._path)], monotonic() + _LONGEST_LOOK
        while todo and len(found) < _MOST_FILES and monotonic() < end:
            try:
                with os.scandir(todo.pop()) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            todo.append(entry.path)
                        elif entry.is_file(follow_symlinks=False):
                            found.append(self._ranked(entry))
            except OSError:  # a folder that may not be read, or has gone
                continue
        return found

    def _ranked(self, entry: os.DirEntry[str]) -> Ranked:
        name = os.path.relpath(entry.path, self._path)
        shown = printable(name.encode("utf-8", "replace").decode("utf-8"))
        return Ranked(name=shown, value=float(entry.stat(follow_symlinks=False).st_size), of=shown)
