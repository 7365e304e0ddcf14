"""The panel of policies: cards or a list of the same rows, and the chosen one in full."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from .._board import Tile
from .._sums import overview
from ._card import HEIGHT, WIDTH
from ._listing import Listing
from ._panel import Detail, Panel
from ._policy_list import active, policy_detail, policy_listing
from ._scale import Scale
from ._scene import Scene
from ._table import Table
from ._tiles import Tiles

NONE = "No policy is in use here. A process shows its own; name others: resilience dashboard https://…/resilience"


class Policies(Container):
    """Cards where there is room for them, else a list; `t` takes the other."""

    def __init__(self, listing: Listing[Tile], **options: Any) -> None:
        super().__init__(**options)
        self._listing = listing
        self._wanted: bool | None = None

    def compose(self) -> ComposeResult:
        """Both; one of them is seen."""
        yield Tiles("Policies", self._listing, NONE)
        yield Table("Policies", self._listing, NONE)

    def turn(self) -> None:
        """Cards instead of a list, or the other way."""
        had = self.screen.focused
        self._wanted = not self.query_one(Tiles).display
        self._choose()
        if had is not None and had.parent is self:
            self.seen.focus()

    @property
    def seen(self) -> Table:
        """The one that is seen."""
        return next(table for table in self.query(Table) if table.display)

    def _choose(self) -> None:
        has_room = self.size.width >= WIDTH * 2 + 2 and self.size.height >= HEIGHT * 2 + 2
        cards = has_room if self._wanted is None else self._wanted
        tiles = self.query_one(Tiles)
        for table in self.query(Table):
            table.display = (table is tiles) is cards

    def on_resize(self, event: events.Resize) -> None:
        """The room decides, unless somebody did."""
        had = self.screen.focused
        self._choose()
        if had is not None and had.parent is self and not had.display:
            self.seen.focus()


class PoliciesPanel(Panel):
    """Every policy, breakers with their past."""

    NAME = "Policies"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "turn", "Cards/list"),
        Binding("a", "all", "All/active"),
        Binding("e", "each", "Each"),
    ]

    def __init__(self) -> None:
        super().__init__(id="policies", classes="split")
        self._scale = Scale()
        self._all = False
        self._each = False
        self.listing = policy_listing(self._scale)

    def compose(self) -> ComposeResult:
        """List and detail."""
        yield Policies(self.listing, classes="main")
        yield Detail("Policy", self.listing, policy_detail, classes="detail")

    def show(self, scene: Scene) -> None:
        """The policies of this scene."""
        self._scale.scene = scene
        tiles = scene.board.policies if self._each else overview(scene.board)
        self.listing.show(tiles if self._all else filter(active, tiles))
        super().show(scene)

    def action_turn(self) -> None:
        """Cards instead of a list, or the other way."""
        self.query_one(Policies).turn()

    def action_all(self) -> None:
        """Also those that are quiet, or only serve to watch; or not."""
        self._all = not self._all
        if self._scale.scene is not None:
            self.show(self._scale.scene)

    def action_each(self) -> None:
        """Each process by itself; or the processes of a service together."""
        self._each = not self._each
        if self._scale.scene is not None:
            self.show(self._scale.scene)

    def on_table_moved(self) -> None:
        """The detail follows."""
        self.query_one(Detail).redraw()
