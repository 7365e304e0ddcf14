"""The panel of alerts: what fires, and what did."""

from __future__ import annotations

from textual.app import ComposeResult

from .._board import Alert
from ._columns import Column, worded
from ._figures import clock, span
from ._listing import Listing
from ._palette import HEALTH, NORMAL, QUIET, STRONG
from ._panel import Detail, Panel
from ._scale import Scale
from ._scene import Scene
from ._strips import Pieces, ink, wrapped
from ._table import Table

_GRAVE = {"critical": 0, "warning": 1}
NOTHING = "✓ Nothing fires."


def alert_listing(scale: Scale, *, ended: bool = False) -> Listing[Alert]:
    """The gravest first, then the newest."""

    def lasted(alert: Alert) -> float:
        return max(0.0, (scale.at if alert.until is None else alert.until) - alert.since)

    def told(alert: Alert, width: int) -> Pieces:
        return [ink(span(lasted(alert)), QUIET)]

    def past(alert: Alert, width: int) -> Pieces:
        return [ink("" if alert.until is None else f"{span(scale.at - alert.until)} ago", QUIET)]

    columns = [
        Column(title="severity", value=_gravity, draw=_severity, width=10),
        worded("alert", lambda one: one.title, 18, STRONG, grow=3),
        Column(title="lasts", value=lasted, draw=told, width=6, right=True, descends=True),
        Column(title="ended", value=lambda one: one.until, draw=past, width=10, right=True, descends=True, rank=1),
        worded("detail", lambda one: one.detail, 16, grow=2, rank=2),
    ]
    shown = [column for column in columns if ended or column.title != "ended"]
    return Listing(shown, lambda one: (one.key, one.since), lambda one: f"{one.severity} {one.title} {one.detail}")


def _gravity(alert: Alert) -> tuple[int, float]:
    return (_GRAVE.get(alert.severity, 2), -(alert.until or alert.since))


def _severity(alert: Alert, width: int) -> Pieces:
    hue = "quiet" if alert.until is not None else "bad" if alert.severity == "critical" else "middling"
    sign = "✓" if alert.until is not None else "▲" if alert.severity == "critical" else "●"
    return [ink(f"{sign} {alert.severity}", HEALTH[hue])]


def alert_detail(alert: Alert, scene: Scene, width: int) -> list[Pieces]:
    """An alert in full."""
    until = f", ended {clock(alert.until)}" if alert.until is not None else ", fires"
    return [
        [*_severity(alert, width), ink(f"  {alert.title}", STRONG)],
        [ink(f"since {clock(alert.since)}{until}", QUIET)],
        *wrapped(alert.detail, width, NORMAL, most=12),
    ]


class AlertsPanel(Panel):
    """What asks for attention."""

    NAME = "Alerts"

    def __init__(self) -> None:
        super().__init__(id="alerts", classes="split")
        self._scale = Scale()
        self.firing = alert_listing(self._scale)
        self.recent = alert_listing(self._scale, ended=True)

    def compose(self) -> ComposeResult:
        """Both lists, and the chosen one that fires in full."""
        yield Table("Firing", self.firing, NOTHING, classes="main")
        yield Table("Recent", self.recent, "None has ended since the dashboard runs.", classes="main")
        yield Detail("Alert", self.firing, alert_detail, classes="detail")

    def show(self, scene: Scene) -> None:
        """The alerts of this scene."""
        self._scale.scene = scene
        self.firing.show(scene.board.firing)
        self.recent.show(scene.board.recent)
        super().show(scene)

    def on_table_moved(self) -> None:
        """The detail follows."""
        self.query_one(Detail).redraw()
