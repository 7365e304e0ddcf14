"""What the rows of lists are measured with, between two scenes."""

from __future__ import annotations

from .._board import Tile
from ._scene import Scene


class Scale:
    """What the rows are measured with: the scene that is drawn."""

    scene: Scene | None = None

    def share(self, tile: Tile) -> float:
        """Its traffic, against that of the busiest."""
        return 0.0 if self.scene is None else (tile.rate or 0.0) / self.scene.largest

    @property
    def at(self) -> float:
        """Now."""
        return 0.0 if self.scene is None else self.scene.at

    def age(self, tile: Tile) -> float | None:
        """Seconds since its process was heard of."""
        return None if self.scene is None else self.scene.age(tile.source)

    def name(self, tile: Tile) -> str:
        """Of its process, or how many there are."""
        if tile.members:
            return f"{len(tile.members)} of {tile.service}"
        return "" if self.scene is None else self.scene.names.get(tile.source, "")
