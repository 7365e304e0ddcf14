"""Let a service go down and come back, and watch three clients live through it: guarded, with retries only, and bare."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace

from .._mistake import Mistake
from .._paper import Line, print_lines, width
from ._chart import chart
from ._figures import figures_of
from ._glyphs import glyphs_for
from ._play import play
from ._progress import shown
from ._script import Script
from ._summary import conclusions, table

_DEFAULT = 12.0
_LEAST, _MOST = 4.0, 600.0


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument(
        "--seconds",
        default=str(_DEFAULT),
        metavar="N",
        help=f"how long it takes, {_LEAST:g} to {_MOST:g} (default: {_DEFAULT:g}); every timeout scales with it",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")


def run_demo(arguments: Namespace) -> int:
    """Play, and tell what was measured."""
    script = Script(seconds=_seconds(arguments.seconds))
    if not arguments.json:
        print_lines(_introduction(script))
    with shown(as_json=arguments.json) as watch:
        played = asyncio.run(play(script, watch))
    figures = figures_of(played)
    if arguments.json:
        print(json.dumps(figures, indent=2))
        return 0
    drawing = chart(played, width(), glyphs_for(sys.stdout))
    print_lines([[], *drawing, [], *table(figures), [], *conclusions(figures, width())])
    return 0


def _introduction(script: Script) -> list[Line]:
    down, up = script.outage
    told = (
        f"A service is down from second {down:.3g} to {up:.3g} of {script.seconds:g}.",
        f"Three clients ask it {script.rate:g} times a second each, whatever comes back.",
    )
    return [[(line, "")] for line in told]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _LEAST <= seconds <= _MOST:  # nor does NaN pass
        raise Mistake(f"--seconds {text!r}: say a number from {_LEAST:g} to {_MOST:g}, e.g. --seconds {_DEFAULT:g}")
    return seconds
