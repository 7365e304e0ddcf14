"""The policies as cards beside each other: the same listing as the table draws."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip

from .._board import Tile
from ._card import HEIGHT, WIDTH, card
from ._listing import Listing
from ._scene import Scene
from ._strips import Pieces, strip
from ._table import Table


class Tiles(Table):
    """Draws a listing of tiles as cards."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "move(1)", "Right", show=False),
        Binding("left", "move(-1)", "Left", show=False),
        Binding("down,j", "down(1)", "Down", show=False),
        Binding("up,k", "down(-1)", "Up", show=False),
    ]

    def __init__(self, title: str, listing: Listing[Tile], empty: str, **options: Any) -> None:
        super().__init__(title, listing, empty, **options)
        self._cards: dict[tuple[object, bool], list[Pieces]] = {}
        self._heading = ""

    @property
    def across(self) -> int:
        """Cards in a row."""
        return max(1, self.scrollable_content_region.width // WIDTH)

    def show(self, scene: Scene) -> None:
        """All cards change."""
        self._cards.clear()
        super().show(scene)

    def redraw(self) -> None:
        """As many rows of cards as there are."""
        self._cards.clear()
        super().redraw()
        column = self.listing.columns[self.listing.sorted_by].title
        self.border_subtitle = f"by {column} {'▾' if self.listing.descends else '▴'}"
        rows = -(-len(self.listing.rows) // self.across)
        self.virtual_size = Size(self.scrollable_content_region.width, max(1, rows * HEIGHT))

    def render_line(self, y: int) -> Strip:
        """One line through all cards that it crosses."""
        if not self.listing.rows or self.scene is None:
            return super().render_line(y) if y else strip([], self.scrollable_content_region.width)
        width, across = self.scrollable_content_region.width, self.across
        row, line = divmod(y + self.scroll_offset.y, HEIGHT)
        pieces: Pieces = []
        for column in range(across):
            place = row * across + column
            if place < len(self.listing.rows):
                pieces += self._card(place, width // across)[line]
        return strip(pieces, width)

    def _card(self, place: int, width: int) -> list[Pieces]:
        assert self.scene is not None
        tile: Tile = self.listing.rows[place]
        is_chosen = self.has_focus and place == self.listing.place
        key = (tile.key, is_chosen)
        if key not in self._cards:
            self._cards[key] = card(tile, self.scene, width, is_chosen=is_chosen)
        return self._cards[key]

    def action_down(self, by: int) -> None:
        """A row of cards further, if there is one."""
        place = self.listing.place + by * self.across
        if 0 <= place < len(self.listing.rows):
            self.listing.choose(place)
            self.reveal()

    def action_page(self, by: int) -> None:
        """As many cards as are seen."""
        self.action_move(by * self.across * max(1, self.scrollable_content_region.height // HEIGHT))

    def reveal(self) -> None:
        """Scroll so that the whole card is seen."""
        top, seen = self.scroll_offset.y, self.scrollable_content_region.height
        begin = self.listing.place // self.across * HEIGHT
        if begin < top or begin + HEIGHT > top + seen:
            self.scroll_to(y=begin if begin < top else begin + HEIGHT - seen, animate=False)
        self.refresh()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """Choose the card that was hit; a second hit opens it."""
        event.prevent_default()  # the table's own takes lines for rows
        spot = event.get_content_offset(self)
        if spot is None or not self.listing.rows:
            return
        column = spot.x // (self.scrollable_content_region.width // self.across)
        place = (spot.y + self.scroll_offset.y) // HEIGHT * self.across + column
        if column < self.across and place < len(self.listing.rows):
            was = self.listing.place
            self.listing.choose(place)
            self.reveal()
            if was == place and event.chain > 1:
                self.action_open()
