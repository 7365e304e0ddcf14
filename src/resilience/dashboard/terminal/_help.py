"""Screens over the panels: the keys and signs, and one row in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from ._glyphs import bubble
from ._palette import HEALTH, LEVEL_SIGNS, LINE, NORMAL, ORDER, QUIET, SIGNS, STRONG
from ._palette import LEVELS as LEVEL_HUES
from ._scene import Scene
from ._sheet import Painter, Sheet
from ._strips import Pieces, ink

_KEYS = (
    ("1 … 7", "open a panel; [ and ] the one before, the next"),
    ("↑ ↓ ← →", "choose a row or a card; also j k, PgUp PgDn, Home End"),
    ("Tab", "the next list of a panel; Shift-Tab the one before"),
    ("Enter", "the chosen row in full; Esc closes"),
    ("s  S", "sort by the next column, by the one before"),
    ("r", "the other way round; so does a click on a title"),
    ("/", "filter: rows that have all of these words; Esc shows all"),
    ("p, Space", "pause: the screen stands still, the looking goes on"),
    ("t  a", "policies: cards or list; all, or those in use"),
    ("e", "policies: each process, or those of a service summed"),
    ("l", "logs: leave the least level out"),
    ("?  q", "this help; quit"),
)
_WORDS = {
    "bad": "down, failing, open",
    "middling": "degraded, strained, half-open",
    "good": "well, online, closed",
    "off": "disabled, counts only",
    "quiet": "nothing seen in the last minute",
}


def keys_and_signs(scene: Scene | None, width: int, height: int) -> list[Pieces]:
    """What every key does, and what every sign means."""
    lines: list[Pieces] = [[ink(f"{key:>9}  ", LINE), ink(told)] for key, told in _KEYS]
    lines += [[]]
    for hue in sorted(SIGNS, key=ORDER.__getitem__):
        lines.append([ink(f"{SIGNS[hue]:>9}  ", HEALTH[hue]), ink(_WORDS[hue], HEALTH[hue])])
    lines += [[]]
    small, large = bubble(0.02, 6, 3), bubble(1.0, 6, 3)
    told = ("A circle's size is its traffic against the", "busiest policy, its colour is health.", "")
    for row in range(3):
        style = HEALTH["good"]
        lines.append([ink("  "), ink(f"{small[row]}{large[row]}", style), ink(f"  {told[row]}", NORMAL)])
    past = (("▁ closed  ", "good"), ("▄ half-open  ", "middling"), ("█ open  ", "bad"), ("▓ isolated", "bad"))
    lines.append([ink("     past  ", QUIET), *(ink(words, HEALTH[hue]) for words, hue in past)])
    lines.append([ink("   online  ", QUIET), ink("▆ yes  ", HEALTH["good"]), ink("▁ no", HEALTH["bad"])])
    levels = [ink(f"{LEVEL_SIGNS[level]} {level}  ", hue) for level, hue in LEVEL_HUES.items()]
    return [*lines, [ink("   levels  ", QUIET), *levels]]


class Over(ModalScreen[None]):
    """A sheet over everything, until Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "dismiss", "Close")]

    def __init__(self, title: str, painter: Callable[[], Painter]) -> None:
        super().__init__()
        self._title = title
        self._painter = painter

    def compose(self) -> ComposeResult:
        """The sheet."""
        sheet = Sheet(self._title, self._painter(), id="over")
        sheet.border_subtitle = "Esc closes"
        yield sheet

    def show(self, scene: Scene) -> None:
        """It goes on living."""
        self.query_one(Sheet).show(scene)

    def heading(self) -> Pieces:
        """Its title, as pieces."""
        return [ink(self._title, STRONG)]
