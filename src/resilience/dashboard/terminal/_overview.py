"""The panel that one hangs on a wall: a bit of everything, in trouble first."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.widgets import Digits

from .._board import Board, Points
from .._still import by_trouble
from .._sums import overview
from ._alerts import NOTHING, alert_listing
from ._figures import count, percent, rate
from ._glyphs import chart, stretched
from ._logs import NONE as NO_LINES
from ._logs import log_listing
from ._palette import HEALTH, LINE, QUIET, SIGNS
from ._panel import Panel
from ._policies import Policies
from ._policy_list import policy_listing
from ._rankings import RankingTable
from ._scale import Scale
from ._scene import Scene
from ._service_list import service_listing
from ._services import NONE as NO_SERVICES
from ._sheet import Sheet
from ._strips import Pieces, ink
from ._system import gauges
from ._table import Table
from ._top import failing

_HUES = ("good", "middling", "bad", "quiet")


class Figure(Container):
    """One large number, under a sign for its health and words."""

    def __init__(self, words: str, **options: Any) -> None:
        super().__init__(**options)
        self._words = words
        self._number = Digits("")

    def compose(self) -> ComposeResult:
        """The number."""
        yield self._number

    def say(self, told: str, hue: str) -> None:
        """Show this."""
        self._number.update(told)
        self.border_title = f"{SIGNS[hue]} {self._words}"
        for one in _HUES:
            self.set_class(one == hue, one)


FIGURES = {
    "well": "well",
    "online": "online",
    "open": "open",
    "rate": "calls/s",
    "fail": "fail",
    "retried": "retried",
    "refused": "refused",
    "alerts": "alerts",
}


def figures(board: Board) -> dict[str, tuple[str, str]]:
    """The large numbers, each with its health."""
    totals = board.totals
    grave = any(alert.severity == "critical" for alert in board.firing)
    away = totals.services - totals.online
    score = (
        "quiet"
        if totals.score is None
        else "good"
        if totals.score == 1
        else "middling"
        if totals.score > 0.5
        else "bad"
    )
    return {
        "well": ("-" if totals.score is None else f"{totals.score:.0%}", score),
        "online": (f"{totals.online}/{totals.services}", "quiet" if not totals.services else "bad" if away else "good"),
        "open": (
            f"{totals.breakers_open}/{totals.breakers}",
            "quiet" if not totals.breakers else "bad" if totals.breakers_open else "good",
        ),
        "rate": (rate(totals.rate), "good" if totals.rate else "quiet"),
        "fail": ("-" if totals.error_rate is None else percent(totals.error_rate), failing(totals.error_rate)),
        "retried": (count(totals.retries), "quiet"),
        "refused": (count(totals.refused), "quiet"),
        "alerts": (str(len(board.firing)), "bad" if grave else "middling" if board.firing else "good"),
    }


def calls(scene: Scene, width: int, height: int) -> list[Pieces]:
    """Calls a second of the last minute."""
    return _charted(scene.board.totals.rates, width, height, rate)


def fails(scene: Scene, width: int, height: int) -> list[Pieces]:
    """The share of them that fails."""
    return _charted(scene.board.totals.errors, width, height, percent, least=0.1, style=HEALTH["bad"])


def _charted(
    points: Points, width: int, height: int, told: Any, *, least: float = 0.0, style: Any = LINE
) -> list[Pieces]:
    room, rows = width - 8, max(1, height)
    top = max([least, *(value for value in points if value is not None)])
    drawn = chart(stretched(points, room), room, rows, style, top=top or 1.0)
    marks = {0: told(top), rows - 1: told(0.0)} if rows > 1 else {0: told(top)}
    return [[ink(f"{marks.get(number, ''):>7} ", QUIET), *row] for number, row in enumerate(drawn)]


class OverviewPanel(Panel):
    """A bit of everything."""

    NAME = "Overview"

    def __init__(self) -> None:
        super().__init__(id="overview")
        self._scale = Scale()
        self._services = service_listing(self._scale)
        self._policies = policy_listing(self._scale)
        self._alerts = alert_listing(self._scale)
        self._lines = log_listing(self._scale)
        self._table = Table("Services", self._services, NO_SERVICES, id="overview-services")
        self._figures = {name: Figure(words, id=f"figure-{name}", classes="figure") for name, words in FIGURES.items()}

    def compose(self) -> ComposeResult:
        """Large numbers, two lines over time, and the lists."""
        with Horizontal(id="figures"):
            for name in FIGURES:
                yield self._figures[name]
        with Horizontal(id="charts"):
            yield Sheet("Calls a second", calls, id="calls")
            yield Sheet("Share that fails", fails, id="fails")
        with Container(id="columns"):
            with Container(id="left"):
                yield self._table
                yield Policies(self._policies, id="overview-policies")
                yield Table("Newest lines", self._lines, NO_LINES, id="overview-lines")
            with Container(id="right"):
                yield Table("Alerts", self._alerts, NOTHING, id="overview-alerts")
                yield Sheet("Machine", gauges, id="overview-system")
                yield RankingTable("slowest", id="overview-slowest")
                yield RankingTable("called", id="overview-called")

    def show(self, scene: Scene) -> None:
        """The newest of everything."""
        self._scale.scene = scene
        board = scene.board
        self._services.show(board.services)
        self._policies.show(by_trouble(overview(board)))
        self._alerts.show(board.firing)
        self._lines.show(board.logs.lines[-100:])
        for name, (told, hue) in figures(board).items():
            self._figures[name].say(told, hue)
        # As many rows as there are services, up to a third of the screen.
        rows = min(max(3, len(board.services)) + 3, max(6, self.size.height // 3))
        self._table.styles.height = rows
        super().show(scene)
