"""Tables: drawn by rich on a terminal where it is installed, else columns of plain text, which pipe well."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec

from .._masking import printable

NARROW = 60


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, least: int | None = None) -> None:
    """Print rows under headings; control characters in cells are escaped.

    On a narrow terminal only the first `least` columns are shown, and the first of them is cut short.
    """
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty() and find_spec("rich") is not None:
        _print_rich(headings, cells, least)
    else:
        _print_plain(headings, cells)


def _print_plain(headings: Sequence[str], cells: list[list[str]]) -> None:
    lines = [list(headings), *cells]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _print_rich(headings: Sequence[str], cells: list[list[str]], least: int | None) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    is_cut = least is not None and console.width < NARROW
    shown = least if is_cut else None
    table = Table(*headings[:shown], box=SIMPLE_HEAD)
    if is_cut:
        table.columns[0].no_wrap, table.columns[0].max_width = True, console.width // 3
    for row in cells:
        table.add_row(*(Text(cell) for cell in row[:shown]))
    console.print(table)
