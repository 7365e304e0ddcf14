"""What is drawn line by line and scrolls: the base of all panels.

Rules: `_lines` is made by `redraw` only, in the thread of the screen, from the scene that was given last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ..._masking import printable
from ._scene import Scene
from ._strips import Pieces, strip

Painter = Callable[[Scene, int, int], list[Pieces]]


class Sheet(ScrollView, can_focus=True):
    """Lines made by `paint(scene, width, height)`, under a title."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
    ]

    def __init__(self, title: str, paint: Painter | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.entitle(title)
        self.scene: Scene | None = None
        self._painter = paint
        self._lines: list[Pieces] = []

    def entitle(self, *words: str) -> None:
        """Say what stands in it; the words may come from outside."""
        self.border_title = Content(" · ".join(printable(word) for word in words if word))

    def show(self, scene: Scene) -> None:
        """Draw this from now on."""
        self.scene = scene
        self.redraw()

    def paint(self, scene: Scene, width: int, height: int) -> list[Pieces]:
        """All lines."""
        return [] if self._painter is None else self._painter(scene, width, height)

    def redraw(self) -> None:
        """Make all lines again."""
        width, height = self.scrollable_content_region.size
        if self.scene is None or not width:
            return
        self._lines = self.paint(self.scene, width, height)
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """The lines depend on the width."""
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """One line, as the screen asks for it."""
        width = self.scrollable_content_region.width
        place = y + self.scroll_offset.y
        return strip(self._lines[place] if place < len(self._lines) else [], width)
