"""The dashboard: what the policies and services of one or many processes do, on a terminal, a web page, or as JSON.

`Collector` makes a `Board` again and again; faces draw it. `dashboard()` is the web page as an ASGI app. Floor 6.
"""

from __future__ import annotations

from ._board import (
    Alert,
    Board,
    LogLine,
    Logs,
    Ranked,
    Ranking,
    Service,
    Source,
    System,
    Tile,
    Totals,
)
from ._collector import Collector
from .web import dashboard

__all__ = [
    "Alert",
    "Board",
    "Collector",
    "LogLine",
    "Logs",
    "Ranked",
    "Ranking",
    "Service",
    "Source",
    "System",
    "Tile",
    "Totals",
    "dashboard",
]
