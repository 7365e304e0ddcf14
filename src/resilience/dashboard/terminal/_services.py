"""The panel of services: a list, and the chosen one in full."""

from __future__ import annotations

from textual.app import ComposeResult

from ._panel import Detail, Panel
from ._scale import Scale
from ._scene import Scene
from ._service_list import service_detail, service_listing
from ._table import Table

NONE = "No service is watched. Name some: resilience dashboard shop=https://shop.example"


class ServicesPanel(Panel):
    """Watched miniapps."""

    NAME = "Services"

    def __init__(self) -> None:
        super().__init__(id="services", classes="split")
        self._scale = Scale()
        self.listing = service_listing(self._scale)

    def compose(self) -> ComposeResult:
        """List and detail."""
        yield Table("Services", self.listing, NONE, classes="main")
        yield Detail("Service", self.listing, service_detail, classes="detail")

    def show(self, scene: Scene) -> None:
        """The services of this scene."""
        self._scale.scene = scene
        self.listing.show(scene.board.services)
        super().show(scene)

    def on_table_moved(self) -> None:
        """The detail follows."""
        self.query_one(Detail).redraw()
