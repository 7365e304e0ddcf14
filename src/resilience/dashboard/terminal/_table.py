"""A list on the screen: a line of titles, then rows, of which only those are drawn that are seen."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from ._columns import GAP, widths
from ._listing import Listing
from ._palette import LINE, QUIET, STRONG, UNDER_ALL, UNDER_CURSOR
from ._sheet import Sheet
from ._strips import Pieces, fitted, ink, strip, wrapped

_MARGIN = 1


class Table(Sheet):
    """Draws a listing.

    Args:
        title: over it. listing: what it draws.
        empty: what it says while there is nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home,g", "move(-1000000)", "First", show=False),
        Binding("end,G", "move(1000000)", "Last", show=False),
        Binding("enter", "open", "Details", show=False),
    ]

    class Moved(Message):
        """Another row was chosen."""

    class Opened(Message):
        """Somebody wants to know more about the chosen row."""

        def __init__(self, row: Any) -> None:
            super().__init__()
            self.row = row

    def __init__(self, title: str, listing: Listing[Any], empty: str, **options: Any) -> None:
        super().__init__(title, **options)
        self.listing = listing
        self._title = title
        self._empty = empty
        self._widths: dict[int, int] = {}

    def redraw(self) -> None:
        """Take what the listing has now."""
        width = self.scrollable_content_region.width
        listing = self.listing
        self._widths = widths(listing.columns, width - _MARGIN)
        shown, total = len(listing.rows), listing.total
        found = f"{shown} of {total} with “{listing.filter}”" if listing.filter else str(total or "")
        self.entitle(self._title, found)
        self.virtual_size = Size(width, len(listing.rows) + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The titles, or a row."""
        width = self.scrollable_content_region.width
        if y == 0:
            return strip(self._titles(), width)
        place = y - 1 + self.scroll_offset.y
        if not self.listing.rows:
            told = "Nothing has these words; Esc shows all." if self.listing.filter else self._empty
            lines = wrapped(told, width - 2 * _MARGIN, QUIET)
            return strip([Segment(" "), *lines[y - 1]], width) if y <= len(lines) else strip([], width)
        if place >= len(self.listing.rows):
            return strip([], width)
        return self._row(place, width)

    def _titles(self) -> Pieces:
        pieces: Pieces = [Segment(" " * _MARGIN)]
        for place, cells in self._widths.items():
            column = self.listing.columns[place]
            is_sorted = place == self.listing.sorted_by
            arrow = ("▾" if self.listing.descends else "▴") if is_sorted else ""
            told = [ink(column.title + arrow, STRONG if is_sorted else QUIET)]
            pieces += [*fitted(told, cells, right=column.right), Segment(" " * GAP)]
        return pieces[:-1]

    def _row(self, place: int, width: int) -> Strip:
        row = self.listing.rows[place]
        is_chosen = self.has_focus and place == self.listing.place
        pieces: Pieces = [Segment("▌" if is_chosen else " ", LINE)]
        for number, cells in self._widths.items():
            column = self.listing.columns[number]
            pieces += [*fitted(column.draw(row, cells), cells, right=column.right), Segment(" " * GAP)]
        return strip(pieces[:-1], width, UNDER_CURSOR if is_chosen else UNDER_ALL)

    def action_move(self, by: int) -> None:
        """Choose another row, and bring it into sight."""
        self.listing.move(by)
        self.reveal()

    def action_page(self, by: int) -> None:
        """As many rows as are seen."""
        self.action_move(by * max(1, self.scrollable_content_region.height - 1))

    def action_open(self) -> None:
        """Tell more about the chosen row."""
        if self.listing.chosen is not None:
            self.post_message(self.Opened(self.listing.chosen))

    def reveal(self) -> None:
        """Scroll so that the chosen row is seen."""
        place, seen = self.listing.place, max(1, self.scrollable_content_region.height - 1)
        top = self.scroll_offset.y
        if not top <= place < top + seen:
            self.scroll_to(y=place if place < top else place - seen + 1, animate=False)
        self.refresh()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """Sort by the title that was hit, or choose the row; a second hit opens it."""
        spot = event.get_content_offset(self)
        if spot is None:
            return
        if spot.y == 0:
            left = _MARGIN
            for place, cells in self._widths.items():
                if left <= spot.x < left + cells + GAP:
                    self.listing.sort(place)
                    self.redraw()
                left += cells + GAP
            return
        place = spot.y - 1 + self.scroll_offset.y
        if place < len(self.listing.rows):
            was = self.listing.place
            self.listing.choose(place)
            self.reveal()
            if was == place and event.chain > 1:
                self.action_open()

    def on_focus(self) -> None:
        """The chosen row is marked."""
        self.refresh()

    def on_blur(self) -> None:
        """It is not any more."""
        self.refresh()
