"""The panel of logs: how many of each level over time, the lines, the newest errors."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from .._board import LogLine
from .._logs import LEVELS
from ._columns import Column, worded
from ._figures import clock, count, moment
from ._glyphs import spark, stretched
from ._listing import Listing
from ._palette import LEVEL_SIGNS, NORMAL, QUIET
from ._palette import LEVELS as HUES
from ._panel import Detail, Panel
from ._scale import Scale
from ._scene import Scene
from ._sheet import Sheet
from ._strips import Pieces, ink, wrapped
from ._table import Table

_LEVELS = "Lines a second, by level"
NONE = "Nothing was logged yet. --follow FILE shows the lines of a file."


def log_listing(scale: Scale) -> Listing[LogLine]:
    """The newest first."""

    def source(line: LogLine) -> str:
        return "" if scale.scene is None else scale.scene.names.get(line.source, line.source)

    columns = [
        worded("time", lambda one: clock(one.at), 8, QUIET, value=lambda one: one.number, descends=True),
        Column(title="level", value=lambda one: LEVELS.index(one.level), draw=_level, width=10, descends=True),
        worded("line", lambda one: one.text, 30, grow=6),
        worded("logger", lambda one: one.logger, 16, QUIET, grow=1, rank=1),
        worded("source", source, 14, QUIET, rank=2),
    ]
    return Listing(columns, lambda one: one.number, lambda one: f"{one.level} {one.logger} {one.text} {source(one)}")


def _level(line: LogLine, width: int) -> Pieces:
    return [ink(f"{LEVEL_SIGNS[line.level]} {line.level}", HUES[line.level])]


def log_detail(line: LogLine, scene: Scene, width: int) -> list[Pieces]:
    """A line in full."""
    source = scene.names.get(line.source, line.source)
    return [
        [*_level(line, width), ink(f"  {moment(line.at)}  {line.logger}  {source}", QUIET)],
        *wrapped(line.text, width, NORMAL, most=40),
    ]


def levels(scene: Scene, width: int, height: int) -> list[Pieces]:
    """A line for each level: how many in all, and over time."""
    logs = scene.board.logs
    rows: list[Pieces] = []
    for level in reversed(LEVELS):
        is_seen = bool(logs.counts.get(level))
        points = logs.over_time.get(level, ())
        told = f"{LEVEL_SIGNS[level]} {level:9}{count(logs.counts.get(level, 0)):>7}  "
        room = width - len(told)
        hue = HUES[level] + Style(reverse=False) if is_seen else QUIET
        rows.append([ink(told, hue), *spark(stretched(points, room), room, hue)])
    return rows


class LogsPanel(Panel):
    """Records of processes, and the lines of a followed file."""

    NAME = "Logs"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("l", "level", "Least level")]

    def __init__(self) -> None:
        super().__init__(id="logs", classes="split")
        self._scale = Scale()
        self._least = 0
        self.listing = log_listing(self._scale)
        self.errors = log_listing(self._scale)
        self._levels = Sheet(_LEVELS, levels, id="levels", classes="main")
        self._lines = Table("Lines", self.listing, NONE, id="lines", classes="main")

    def compose(self) -> ComposeResult:
        """Levels, lines, errors, and the chosen line in full."""
        yield self._levels
        yield self._lines
        yield Table("Newest errors", self.errors, "No error was logged.", id="errors", classes="main")
        yield Detail("Line", self.listing, log_detail, classes="detail")

    def show(self, scene: Scene) -> None:
        """The lines of this scene."""
        self._scale.scene = scene
        logs = scene.board.logs
        self.listing.show(line for line in logs.lines if LEVELS.index(line.level) >= self._least)
        self.errors.show(logs.errors)
        super().show(scene)
        gone = f"{count(logs.dropped)} older ones let go" if logs.dropped else ""
        self._levels.entitle(_LEVELS, gone)
        least = f"{LEVELS[self._least]} and graver" if self._least else ""
        self._lines.border_subtitle = least

    def action_level(self) -> None:
        """Leave the least level out, or show all again."""
        self._least = (self._least + 1) % (len(LEVELS) - 1)
        if self._scale.scene is not None:
            self.show(self._scale.scene)

    def on_table_moved(self) -> None:
        """The detail follows."""
        self.query_one(Detail).redraw()
