"""Watch services until Ctrl-C: a live table on a terminal where rich is installed, else a line for each look."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from .._masking import printable
from ..miniapp import Miniapp, Monitor
from ._mistake import Mistake
from ._paper import STYLES, has_colours
from ._service import Service, miniapp_for, services_of
from ._table import NARROW

if TYPE_CHECKING:
    from rich.table import Table

_DEFAULT, _LEAST, _MOST = 10.0, 0.1, 86400.0
_GLANCE = 0.1
_NARROW_URL, _WIDE = 30, 100
_FINE = 200


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("urls", nargs="+", metavar="URL", help="where a service is, e.g. https://shop.example")
    parser.add_argument(
        "--interval",
        default=str(_DEFAULT),
        metavar="SECONDS",
        help=f"from one look at a service to the next (default: {_DEFAULT:g})",
    )


def run_watch(arguments: Namespace) -> int:
    """Show what they answer, until Ctrl-C, which is the way to end it and so no failure."""
    interval = _interval(arguments.interval)
    miniapps = [miniapp_for(url) for url in arguments.urls]
    # They are not closed: a look may be under way at the end, and must not find its connections gone.
    with suppress(KeyboardInterrupt), Monitor(*miniapps, interval=interval) as monitor:
        (_live if has_colours() else _lines)(miniapps, monitor, interval)
    return 0


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _LEAST <= seconds <= _MOST:  # nor does NaN pass
        raise Mistake(f"--interval {text!r}: say seconds from {_LEAST:g} to {_MOST:g}, e.g. --interval 5")
    return seconds


def _lines(miniapps: list[Miniapp], monitor: Monitor, interval: float) -> None:
    seen = [0] * len(miniapps)
    wide = max(len(app.url) for app in miniapps)
    while True:
        for index, service in enumerate(services_of(miniapps, monitor)):
            if service.snapshot.checks > seen[index] and service.is_known:
                seen[index] = service.snapshot.checks
                print(_line(service, wide), flush=True)
        time.sleep(_GLANCE)


def _line(service: Service, wide: int) -> str:
    status = service.snapshot.status
    clock = "" if status is None else f"{status.checked_at.astimezone():%H:%M:%S}  "
    url, *told = service.row()
    return printable(f"{clock}{url.ljust(wide)}  {'; '.join(word for word in told if word)}")


def _live(miniapps: list[Miniapp], monitor: Monitor, interval: float) -> None:
    from rich.live import Live

    with Live(auto_refresh=False) as live:
        while True:
            live.update(_table(services_of(miniapps, monitor), interval), refresh=True)
            time.sleep(_GLANCE)


def _table(services: list[Service], interval: float) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, caption=f"a look each {interval:g} s; Ctrl-C ends", caption_justify="left")
    columns = get_terminal_size().columns
    is_narrow = columns < NARROW
    # Other cells may be broken over lines; a URL is copied, and numbers are compared.
    table.add_column("service", no_wrap=True, max_width=columns // 3 if is_narrow else max(_NARROW_URL, columns // 3))
    told_of = 1 if is_narrow else 3 if columns >= _WIDE else 2
    for heading in ("status", "health", "deployed")[:told_of]:
        table.add_column(heading)
    for heading in () if is_narrow else ("up", "p95"):
        table.add_column(heading, justify="right", no_wrap=True)
    for service in services:
        url, _, *told = map(printable, service.row())
        status = Text(printable(_short(service)), STYLES[service.look])
        history = () if is_narrow else _history(service)
        table.add_row(Text(url), status, *map(Text, told[: told_of - 1]), *history)
    return table


def _short(service: Service) -> str:
    status = service.snapshot.status
    if status is None or not status.online or status.http_status != _FINE or status.response_time is None:
        return service.row()[1]
    return f"online, {status.response_time * 1000:.0f} ms"


def _history(service: Service) -> tuple[str, str]:
    known = service.snapshot
    times = known.response_times
    return (
        "" if known.uptime is None else f"{known.uptime:.0%}",
        "" if times is None else f"{times.p95 * 1000:.0f} ms",
    )
