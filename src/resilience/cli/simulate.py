"""Rehearse an outage: play a scenario file on virtual time and tell what came of it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from math import inf

from ..simulate import Claim, Report, ScenarioError, as_text, plot, read_scenario, simulate
from ..simulate._text import BARS, PLAIN_BARS, seconds_table
from ._mistake import Mistake
from ._paper import width


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("scenario", metavar="SCENARIO.toml", help="who calls what, with which policies")
    parser.add_argument("--seed", type=int, metavar="N", help="another seed than the file's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--table", action="store_true", help="also print a line for each second")
    parser.add_argument(
        "--plot", metavar="FILE", help="also draw a picture there (PNG, SVG, PDF); needs the extra plots"
    )
    parser.add_argument(
        "--assert",
        dest="claims",
        action="append",
        default=[],
        metavar="CLAIM",
        help="end with 1 unless this holds, e.g. 'amplification<1.2'; may be given several times",
    )


def run_simulate(arguments: Namespace) -> int:
    """Print the report; 1 if a claim does not hold."""
    try:
        claims = [Claim(text) for text in arguments.claims]
        make, scenario = read_scenario(arguments.scenario, seed=arguments.seed)
        report = simulate(make, scenario)
    except (ScenarioError, ValueError) as error:
        raise Mistake(str(error)) from error
    broken = [claim for claim in claims if not claim.holds(report)]
    if arguments.json:
        held = [
            {"claim": str(claim), "value": _finite(claim.value(report)), "holds": claim not in broken}
            for claim in claims
        ]
        print(json.dumps({**report.as_json(), "claims": held}, indent=2))
    else:
        table = ["", *seconds_table(report.seconds)] if arguments.table else []
        print("\n".join([*as_text(report, width(), _bars()), *table]))
    if arguments.plot:
        _plot(report, arguments.plot)
    for claim in broken:
        print(f"resilience: not so: {claim}; it is {_told(claim.value(report))}", file=sys.stderr)
    return int(bool(broken))


def _finite(value: float | None) -> float | None:
    return None if value == inf else value


def _told(value: float | None) -> str:
    return "not known" if value is None else f"{value:g}"


def _plot(report: Report, path: str) -> None:
    try:
        plot({"simulation": report}, path)
    except (ImportError, OSError, ValueError) as error:
        raise Mistake(f"--plot {path}: {error}") from error


def _bars() -> str:
    try:
        BARS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return PLAIN_BARS
    return BARS
