"""The two lines above all panels: how everything is, and which panel is open."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ._figures import clock, count, percent, rate, span
from ._palette import BAR, HEALTH, LINE, NORMAL, QUIET, SIGNS, STRONG
from ._scene import Scene
from ._strips import Pieces, fitted, ink, strip, wide

_LATE = 3.0


class TopLine(Widget):
    """One line over everything, and whether it is live."""

    def __init__(self) -> None:
        super().__init__(id="top")
        self._scene: Scene | None = None
        self._is_paused = False

    def show(self, scene: Scene | None, *, is_paused: bool) -> None:
        """Draw this from now on."""
        self._scene, self._is_paused = scene, is_paused
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        right = self._right()
        left: Pieces = [ink(" resilience", STRONG)]
        for pieces in self._parts():
            if wide(left) + wide(pieces) + wide(right) + 3 <= width:
                left += [ink("  "), *pieces]
        return strip([*fitted(left, width - wide(right)), *right], width, BAR)

    def _right(self) -> Pieces:
        scene = self._scene
        if scene is None:
            return [ink("… waiting for the first look ", QUIET)]
        late = scene.at - scene.board.at
        if self._is_paused:
            return [ink(f"‖ paused {span(late)} ago ", HEALTH["middling"])]
        if late > _LATE + 2 * scene.board.step:
            return [ink(f"▲ no news for {span(late)} ", HEALTH["bad"])]
        return [ink(f"{clock(scene.board.at)} ", QUIET), ink("✓ live ", HEALTH["good"])]

    def _parts(self) -> list[Pieces]:
        """The gravest first: what does not fit is left out from the end."""
        if self._scene is None:
            return []
        board = self._scene.board
        totals, parts = board.totals, []
        if totals.services:
            parts.append(_part("bad" if totals.online < totals.services else "good",
                               f"{totals.online}/{totals.services} online"))  # fmt: skip
        if totals.breakers:
            parts.append(_part("bad" if totals.breakers_open else "good",
                               f"{totals.breakers_open}/{totals.breakers} open"))  # fmt: skip
        if board.firing:
            grave = any(alert.severity == "critical" for alert in board.firing)
            parts.append(
                _part(
                    "bad" if grave else "middling",
                    f"{len(board.firing)} {'alert' if len(board.firing) == 1 else 'alerts'}",
                )
            )
        parts.append([ink(f"{rate(totals.rate)}/s", NORMAL)])
        if totals.error_rate is not None:
            parts.append(_part(failing(totals.error_rate), f"{percent(totals.error_rate)} fail"))
        parts += [[ink(f"{count(totals.retries)} retried", QUIET)], [ink(f"{count(totals.refused)} refused", QUIET)]]
        return parts


def failing(share: float | None) -> str:
    """The health that an error rate tells of."""
    return "quiet" if share is None else "bad" if share >= 0.5 else "middling" if share >= 0.05 else "good"


def _part(hue: str, words: str) -> Pieces:
    return [ink(f"{SIGNS[hue]} {words}", HEALTH[hue])]


class Tabs(Widget):
    """The names of the panels, with the keys that open them."""

    class Hit(Message):
        """A name was hit."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(id="tabs")
        self._names = names
        self.place = 0

    def _labels(self) -> list[Pieces]:
        """Short ones where there is little room."""
        found: list[Pieces] = []
        for place, name in enumerate(self._names):
            style = LINE if place == self.place else QUIET
            mark = "▸" if place == self.place else " "
            found.append([ink(f"{mark}{place + 1} ", style), ink(name, STRONG if place == self.place else QUIET)])
        return found

    def render_line(self, y: int) -> Strip:
        """The line."""
        pieces: Pieces = []
        for label in self._labels():
            pieces += [*label, ink(" ")]
        return strip(pieces, self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Open the panel that was hit."""
        left = 0
        for place, label in enumerate(self._labels()):
            cells = wide(label) + 1
            if left <= event.x < left + cells:
                self.post_message(self.Hit(place))
            left += cells
