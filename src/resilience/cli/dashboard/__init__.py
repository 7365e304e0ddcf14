"""Keep an eye on policies and services: on this terminal, as a web page, as JSON, or as a still picture.

A URL is a service to watch (name=URL gives it a name); one that ends with /resilience is the dashboard of other processes.
The token that those ask for, and that this page asks for, is read from RESILIENCE_DASHBOARD_TOKEN.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack, suppress

import httpx

from ...dashboard import Collector
from ...http._address import shown
from ...miniapp._given import fault_of
from ...telemetry.system import enable_system
from .._mistake import Mistake
from ._faces import show

TOKEN, CONTROL_TOKEN = "RESILIENCE_DASHBOARD_TOKEN", "RESILIENCE_DASHBOARD_CONTROL_TOKEN"
_LEAST, _MOST = 0.1, 3600.0
_SYSTEM_TTL = 2.0


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options."""
    add = parser.add_argument
    add("urls", nargs="*", metavar="URL", help="a service, e.g. shop=https://shop.example, or http://…/resilience")
    add("--web", action="store_true", help="serve a web page instead of drawing on this terminal")
    add("--host", help="where the page listens (default: the loopback only)")
    add("--port", help="its port, 0 for any that is free (default: 8765)")
    add("--allow-host", action="append", default=[], metavar="NAME", help="a name that the page may be asked by")
    add(
        "--allow-controls",
        action="store_true",
        help=f"let who has {CONTROL_TOKEN} (or the one printed) act on policies",
    )
    add("--json", action="store_true", help="print one board as JSON, and end")
    add("--once", metavar="FILE", help="write one still picture, .svg or text, and end; - is standard output")
    add("--refresh", default="1", metavar="SECONDS", help="from one board to the next (default: 1)")
    add("--interval", metavar="SECONDS", help="from one look at a service to the next (default: 1, more beyond 10)")
    add("--history", metavar="FILE", help="keep the last hour there (SQLite), so that a restart does not lose it")
    add("--follow", metavar="FILE", help="a log file to show")
    add("--folder", metavar="FOLDER", help="rank the largest files under it")
    add("--demo", action="store_true", help="bring services that fail now and then, and clients that ask them")


def run_dashboard(arguments: Namespace) -> int:
    """Open the face that was asked for."""
    for option in ("host", "port", "allow_host"):
        if getattr(arguments, option) and not arguments.web:
            raise Mistake(f"--{option.replace('_', '-')}: is for the page; say --web as well")
    with ExitStack() as stack:
        urls = [_checked(url) for url in arguments.urls]
        if arguments.demo:
            from ._stage import Stage

            urls += stack.enter_context(Stage()).urls
        with suppress(ImportError):  # without psutil that panel stays empty
            stack.enter_context(enable_system(ttl=_SYSTEM_TTL))
        collector = _collector(arguments, urls)
        return show(arguments, collector, token=os.environ.get(TOKEN), control_token=os.environ.get(CONTROL_TOKEN))


def _collector(arguments: Namespace, urls: list[str]) -> Collector:
    try:
        return Collector(
            *urls,
            refresh=_seconds("--refresh", arguments.refresh),
            interval=None if arguments.interval is None else _seconds("--interval", arguments.interval),
            token=os.environ.get(TOKEN),
            history=arguments.history,
            follow=arguments.follow,
            folder=arguments.folder,
            controls=arguments.allow_controls,
        )
    except (ValueError, TypeError) as error:
        raise Mistake(str(error)) from None


def _seconds(option: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _LEAST <= seconds <= _MOST:  # nor does NaN pass
        raise Mistake(f"{option} {text!r}: say seconds from {_LEAST:g} to {_MOST:g}, e.g. {option} 2")
    return seconds


def _checked(text: str) -> str:
    name, equals, url = text.partition("=")
    url = url if equals and "/" not in name else text
    if fault_of(url, httpx) is not None:
        told = shown(url) if "//" in url else url
        raise Mistake(f"{told!r} is no URL of a service: say http:// or https:// and a host, e.g. https://shop.example")
    return text
