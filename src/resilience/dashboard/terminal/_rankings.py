"""The panel of rankings: slowest, most retried, most refused, tool usage by calls, largest files."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult

from .._board import Ranked
from .._still import duration
from ._columns import Column, worded
from ._figures import count, size
from ._glyphs import meter
from ._listing import Listing
from ._palette import LINE, STRONG
from ._panel import Panel
from ._scene import Scene
from ._strips import Pieces, ink
from ._table import Table

NAMES = {
    "slowest": "Slowest (p95)",
    "retried": "Most retried",
    "refused": "Most refused",
    "called": "Tool usage by calls",
    "files": "Largest files",
}
_NOTHING = {
    "slowest": "Nothing was timed yet.",
    "retried": "Nothing was retried.",
    "refused": "Nothing was refused.",
    "called": "Nothing was called yet.",
    "files": "Name a folder: --folder FOLDER",
}
_UNITS = {"seconds": duration, "bytes": size}


class RankingTable(Table):
    """One ranking."""

    def __init__(self, name: str, **options: Any) -> None:
        self._unit = ""
        self._top = 1.0
        columns = [
            Column(title="value", value=lambda one: one.value, draw=self._value, width=9, right=True, descends=True),
            worded("name", lambda one: one.name, 16, grow=3),
            Column(title="share", value=lambda one: one.value, draw=self._bar, width=8, grow=1, rank=1, descends=True),
        ]
        listing: Listing[Ranked] = Listing(columns, lambda one: one.of, lambda one: one.name)
        super().__init__(NAMES[name], listing, _NOTHING[name], **options)
        self._ranking = name

    def show(self, scene: Scene) -> None:
        """The ranking of that name, if there is one."""
        for ranking in scene.board.rankings:
            if ranking.name == self._ranking:
                self._unit, self._title = ranking.unit, ranking.title
                self._top = max((place.value for place in ranking.places), default=1.0) or 1.0
                self.listing.show(ranking.places)
        super().show(scene)

    def _value(self, place: Ranked, width: int) -> Pieces:
        return [ink(_UNITS.get(self._unit, count)(place.value), STRONG)]

    def _bar(self, place: Ranked, width: int) -> Pieces:
        return meter(place.value / self._top, width, LINE)


class RankingsPanel(Panel):
    """Who is first in what."""

    NAME = "Rankings"

    def __init__(self) -> None:
        super().__init__(id="rankings")

    def compose(self) -> ComposeResult:
        """A list for each."""
        for name in NAMES:
            yield RankingTable(name, id=f"ranking-{name}")
