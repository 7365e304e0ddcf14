"""A panel: one of the things that the number keys open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.containers import Container

from ._listing import Listing
from ._scene import Scene
from ._sheet import Sheet
from ._strips import Pieces
from ._table import Table

DetailPainter = Callable[[Any, Scene, int], list[Pieces]]


class Panel(Container):
    """A part of the screen that draws scenes. `NAME` is what the keys' line says."""

    NAME = ""

    def show(self, scene: Scene) -> None:
        """Draw this from now on."""
        for sheet in self.query(Sheet):
            sheet.show(scene)

    def look_for(self, words: str) -> None:
        """Filter every list."""
        for table in self.query(Table):
            table.listing.look_for(words)
            table.redraw()

    def take_focus(self) -> None:
        """Give the keys to the first list."""
        for table in self.query(Table):
            if table.display:
                table.focus()
                return


class Detail(Sheet):
    """More about the chosen row of a listing."""

    def __init__(self, title: str, listing: Listing[Any], painter: DetailPainter, **options: Any) -> None:
        super().__init__(title, **options)
        self._listing = listing
        self._paint_row = painter

    def paint(self, scene: Scene, width: int, height: int) -> list[Pieces]:
        """What the painter tells of the chosen row."""
        row = self._listing.chosen
        return [] if row is None else self._paint_row(row, scene, width)
