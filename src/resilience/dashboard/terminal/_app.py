"""The app: keys, panels, and what is drawn when.

Rules: nothing here fetches or waits. The collector's thread leaves each new board in `_newest`, which is replaced, never
changed; a timer of the screen takes it from there. So a source that hangs can hold up neither.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher, Footer, Input

from .._board import Alert, Board, LogLine, Service, Tile
from .._collector import Collector
from ._alerts import AlertsPanel, alert_detail
from ._help import Over, keys_and_signs
from ._logs import LogsPanel, log_detail
from ._overview import OverviewPanel
from ._panel import DetailPainter, Panel
from ._policies import PoliciesPanel
from ._policy_list import policy_detail
from ._rankings import RankingsPanel
from ._scene import Scene
from ._service_list import service_detail
from ._services import ServicesPanel
from ._sheet import Painter
from ._strips import Pieces
from ._system import SystemPanel
from ._table import Table
from ._top import Tabs, TopLine

_SOONEST = 0.25
_PANELS: tuple[type[Panel], ...] = (
    OverviewPanel, ServicesPanel, PoliciesPanel, SystemPanel, LogsPanel, RankingsPanel, AlertsPanel,
)  # fmt: skip
_DETAILS: dict[type[Any], DetailPainter] = {
    Service: service_detail,
    Tile: policy_detail,
    Alert: alert_detail,
    LogLine: log_detail,
}


class DashboardApp(App[int]):
    """The dashboard on a terminal.

    Args:
        collector: where boards come from; it is started and ended by who made it.
        refresh: the least seconds from one drawing to the next (default: the collector's own).
        clock: the time of day, for ages.
    """

    CSS_PATH = "styles.tcss"
    TITLE = "resilience"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-normal"), (170, "-broad")]  # noqa: RUF012 - as the base class declares it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-middle"), (54, "-tall")]  # noqa: RUF012 - the same
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(place + 1), f"panel({place})", panel.NAME, show=False) for place, panel in enumerate(_PANELS)),
        Binding("right_square_bracket", "next_panel(1)", "Next panel", show=False),
        Binding("left_square_bracket", "next_panel(-1)", "Panel before", show=False),
        Binding("slash", "filter", "Filter"),
        Binding("s", "sort(1)", "Sort"),
        Binding("S", "sort(-1)", "Sort back", show=False),
        Binding("r", "reverse", "Reverse", show=False),
        Binding("p,space", "pause", "Pause"),
        Binding("escape", "clear", "All", show=False),
        Binding("question_mark,h", "help", "Help"),
        Binding("q", "leave", "Quit"),
    ]

    def __init__(
        self, collector: Collector, refresh: float | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__()
        self._collector = collector
        self._every = max(_SOONEST, collector.refresh if refresh is None else refresh)
        self._clock = clock
        self._newest: Board | None = None
        self._is_paused = False
        self.scene: Scene | None = None

    def compose(self) -> ComposeResult:
        """Two lines, the panels, the filter, the keys."""
        yield TopLine()
        yield Tabs([panel.NAME for panel in _PANELS])
        with ContentSwitcher(initial="overview"):
            for panel in _PANELS:
                yield panel()
        yield Input(placeholder="words that a row must have; Enter keeps, Esc shows all", id="filter")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to listen, and to draw."""
        self.theme = "textual-dark"
        self._subscription = self._collector.listen(self._take)
        self.set_interval(self._every, self.draw)
        self.set_interval(min(_SOONEST, self._every), self._draw_first)
        self.panel.take_focus()

    def on_unmount(self) -> None:
        """Listen no more."""
        self._subscription.close()

    def _take(self, board: Board) -> None:
        self._newest = board

    # Drawing

    @property
    def panel(self) -> Panel:
        """The panel that is open."""
        return self.query_one(f"#{self.query_one(ContentSwitcher).current}", Panel)

    def _draw_first(self) -> None:
        if self.scene is None and self._newest is not None:
            self.draw()

    def draw(self) -> None:
        """Draw the newest board; while the screen is paused, or nothing is new, only the ages go on."""
        if not self._is_there:
            return  # a timer's last tick
        kept = self.scene if self._is_paused else None
        board = self._newest if kept is None else kept.board
        at = self._clock()
        if board is not None and kept is None:
            self.scene = Scene(board, at)
            self._redraw()
        shown = None if board is None else Scene(board, at)
        self.screen_stack[0].query_one(TopLine).show(shown, is_paused=self._is_paused)

    def _redraw(self) -> None:
        if self.scene is None:
            return
        with self.batch_update():
            self.screen_stack[0].query_one(f"#{self._current}", Panel).show(self.scene)
            for screen in self.screen_stack:
                if isinstance(screen, Over):
                    screen.show(self.scene)

    @property
    def _is_there(self) -> bool:
        """Is the screen whole: not half made, nor half taken down?"""
        parts = (TopLine, ContentSwitcher, Panel)
        return bool(self.screen_stack) and all(self.screen_stack[0].query(part) for part in parts)

    @property
    def _current(self) -> str:
        return str(self.screen_stack[0].query_one(ContentSwitcher).current)

    # Keys

    def action_panel(self, place: int) -> None:
        """Open a panel."""
        self.query_one(Tabs).place = place
        self.query_one(Tabs).refresh()
        self.query_one(ContentSwitcher).current = self.query(Panel)[place].id
        self._redraw()
        self.panel.take_focus()

    def action_next_panel(self, by: int) -> None:
        """Open the next one."""
        self.action_panel((self.query_one(Tabs).place + by) % len(_PANELS))

    def on_tabs_hit(self, hit: Tabs.Hit) -> None:
        """Open the one that was hit."""
        self.action_panel(hit.place)

    @property
    def _table(self) -> Table | None:
        """The list that has the keys, or the first that is seen."""
        if isinstance(self.focused, Table):
            return self.focused
        return next((table for table in self.panel.query(Table) if table.display), None)

    def action_sort(self, by: int) -> None:
        """Sort by the next column that is seen."""
        if (table := self._table) is not None:
            listing = table.listing
            listing.sort((listing.sorted_by + by) % len(listing.columns))
            table.redraw()

    def action_reverse(self) -> None:
        """Sort the other way."""
        if (table := self._table) is not None:
            table.listing.sort(table.listing.sorted_by)
            table.redraw()

    def action_pause(self) -> None:
        """Stand still, or go on."""
        self._is_paused = not self._is_paused and self.scene is not None
        self.draw()

    def action_filter(self) -> None:
        """Ask for words."""
        field = self.query_one("#filter", Input)
        field.display = True
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as they are typed, in every panel."""
        for panel in self.query(Panel):
            panel.look_for(event.value)

    def on_input_submitted(self) -> None:
        """Keep them."""
        field = self.query_one("#filter", Input)
        field.display = bool(field.value)
        self.panel.take_focus()

    def action_clear(self) -> None:
        """Show all rows again."""
        field = self.query_one("#filter", Input)
        field.value = ""
        field.display = False
        self.panel.take_focus()

    def action_help(self) -> None:
        """Keys and signs."""
        self._over("Help", keys_and_signs)

    def on_table_opened(self, opened: Table.Opened) -> None:
        """Show a row in full, as long as it is there."""
        painter = _DETAILS.get(type(opened.row))
        if painter is not None:
            self._over("Details", _followed(opened.row, painter))

    def _over(self, title: str, painter: Painter) -> None:
        over = Over(title, lambda: painter)
        _ = self.push_screen(over)
        if self.scene is not None:
            scene = self.scene
            self.call_after_refresh(lambda: over.show(scene))

    def action_leave(self) -> None:
        """End, well."""
        self.exit(0)


def _followed(row: Any, painter: DetailPainter) -> Painter:
    """A painter of this row in whatever the newest scene says of it; the last known when it says nothing any more."""
    known = [row]

    def paint(scene: Scene, width: int, height: int) -> list[Pieces]:
        board = scene.board
        for one in (*board.services, *board.policies, *board.summed, *board.firing, *board.recent):
            if type(one) is type(row) and getattr(one, "key", None) == getattr(row, "key", ""):
                known[0] = one
                break
        return painter(known[0], scene, width)

    return paint
