"""Lines of the screen, made of pieces with a style. Words from outside come in here only, and only as words.

No markup is read anywhere: control characters, line ends and direction marks are escaped, whoever sent them.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ..._masking import printable
from ._palette import NORMAL, PLAIN, UNDER_ALL

Pieces = list[Segment]


def ink(words: str, style: Style = NORMAL) -> Segment:
    r"""Words in a style, with what could move a cursor or turn a line escaped.

    >>> ink("a\x1b[2J[bold]b").text
    'a\\x1b[2J[bold]b'
    """
    return Segment(printable(words), style)


def wide(pieces: Iterable[Segment]) -> int:
    """The cells that pieces take."""
    return sum(cell_len(piece.text) for piece in pieces)


def fitted(pieces: Pieces, width: int, *, right: bool = False) -> Pieces:
    """The pieces in exactly so many cells: filled up with blanks, or cut, which shows as `…`.

    >>> "".join(piece.text for piece in fitted([ink("payments")], 5))
    'paym…'
    """
    if width <= 0:
        return []
    over = wide(pieces) - width
    if over > 0:
        kept = list(Strip(pieces).crop(0, width - 1))
        return [*kept, Segment(" " * (width - 1 - wide(kept))), Segment("…", pieces[-1].style or PLAIN)]
    blank = [Segment(" " * -over)] if over else []
    return [*blank, *pieces] if right else [*pieces, *blank]


def strip(pieces: Pieces, width: int, ground: Style = UNDER_ALL) -> Strip:
    """A whole line."""
    return Strip(fitted(pieces, width), max(0, width)).apply_style(ground)


def wrapped(words: str, width: int, style: Style = NORMAL, most: int = 4) -> list[Pieces]:
    """Words on as many lines as they need, at most `most`; broken at blanks, or anywhere in a word without any.

    >>> ["".join(piece.text for piece in line) for line in wrapped("refuses calls", 8)]
    ['refuses', 'calls']
    """
    text = printable(words)
    lines: list[Pieces] = []
    while text and len(lines) < most:
        taken = _fitting(text, max(2, width))
        blank = text.rfind(" ", 0, taken + 1)
        taken = blank if taken < len(text) and blank > 0 else taken
        lines.append([Segment(text[:taken], style)])
        text = text[taken:].lstrip()
    if text and lines:
        lines[-1] = [*fitted(lines[-1], width - 1), Segment("…", style)]
    return lines


def _fitting(text: str, width: int) -> int:
    """How many signs of a text there is room for."""
    cells = 0
    for taken, sign in enumerate(text):
        cells += cell_len(sign)
        if cells > width:
            return taken
    return len(text)
