"""Lines onto a terminal: with colours by rich where it is installed, else plain."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from shutil import get_terminal_size
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

Segment = tuple[str, str]
"""A text, and what it means: a key of `STYLES`, or nothing."""
Line = list[Segment]

STYLES = {"good": "green", "middling": "yellow", "bad": "red", "quiet": "dim", "strong": "bold"}
_NARROWEST, _WIDEST = 60, 120


def has_colours() -> bool:
    """Is this a terminal, and rich installed?"""
    return sys.stdout.isatty() and find_spec("rich") is not None


def width() -> int:
    """How many columns to use; 80 where nobody knows."""
    # A terminal breaks the line when its last column is written.
    return min(_WIDEST, max(_NARROWEST, get_terminal_size().columns - 1))


def print_lines(lines: list[Line]) -> None:
    """Print them, each below the other."""
    if has_colours():
        from rich.console import Console

        Console(highlight=False).print(as_text(lines), soft_wrap=True)
        return
    for line in lines:
        print("".join(text for text, _ in line).rstrip())


def as_text(lines: list[Line]) -> Text:
    """The same as rich has it."""
    from rich.text import Text

    return Text("\n").join(
        Text.assemble(*((text, STYLES.get(meaning, "")) for text, meaning in line)) for line in lines
    )
