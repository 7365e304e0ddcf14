"""The characters that charts are drawn with: blocks where the terminal can show them, else ASCII."""

from __future__ import annotations

from typing import NamedTuple, TextIO


class Glyphs(NamedTuple):
    """One character for each meaning; `bars` from low to high."""

    fresh: str
    stale: str
    some_failed: str
    most_failed: str
    closed: str
    half_open: str
    open: str
    bars: str


BLOCKS = Glyphs("█", "▒", "x", "X", "─", "▒", "█", "▁▂▃▄▅▆▇█")
ASCII = Glyphs("#", "o", "x", "X", "-", "?", "#", ".:-=+*%@")


def glyphs_for(stream: TextIO) -> Glyphs:
    """Blocks, if the encoding of this stream has them."""
    try:
        "".join(BLOCKS).encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return BLOCKS
