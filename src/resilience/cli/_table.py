"""Tables: drawn by rich on a terminal where it is installed, else columns of plain text, which pipe well."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec

from .._masking import printable


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings; control characters in cells are escaped."""
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty() and find_spec("rich") is not None:
        _print_rich(headings, cells)
    else:
        _print_plain(headings, cells)


def _print_plain(headings: Sequence[str], cells: list[list[str]]) -> None:
    lines = [list(headings), *cells]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _print_rich(headings: Sequence[str], cells: list[list[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headings, box=SIMPLE_HEAD)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
