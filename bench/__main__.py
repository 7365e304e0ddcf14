"""Prints the table: `python -m bench [--only TEXT] [--rounds N] [--json FILE] [--strict]`."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from . import footprint
from .result import Measure, as_json, line, machine, of_row
from .rows import ROWS
from .timing import measure

ROUNDS = 25


def measures(only: str, rounds: int) -> Iterator[list[Measure]]:
    """One row after the other."""
    for row in ROWS:
        if only in row.title:
            yield of_row(row, *measure(row, rounds))
    for title, take in (("import", footprint.imports), ("memory", footprint.memory), ("growth", footprint.growth)):
        if only in title:
            yield take()


def main() -> int:
    """Prints as it goes; with `--strict` a ratio over its limit is an error."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="only rows whose title contains this")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds for each row (default {ROUNDS})")
    parser.add_argument("--json", metavar="FILE", help="also write the figures there; - prints nothing but them")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a figure is over its limit")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # peers that log each retry would time the terminal
    warnings.simplefilter("ignore")
    quiet = chosen.json == "-"
    if not quiet:
        about = machine()
        print(f"{about['python']}, {about['system']}; cost over a bare call, best of {chosen.rounds} rounds")
        print("peers:", ", ".join(f"{name} {version or '(absent)'}" for name, version in about["peers"].items()))
    taken: list[Measure] = []
    for lines in measures(chosen.only, chosen.rounds):
        taken += lines
        if not quiet:
            print()
            for number, one in enumerate(lines):
                print(line(one, "" if number and lines[number - 1].row == one.row else one.row), flush=True)
    if chosen.json:
        text = json.dumps(as_json(taken), indent=1, allow_nan=True)
        sys.stdout.write(text + "\n") if quiet else Path(chosen.json).write_text(text + "\n", "utf-8")
    over = [one for one in taken if one.verdict == "over"]
    if over and not quiet:
        print(f"\n{len(over)} over the limit: " + "; ".join(f"{one.row} ({one.peer or one.unit})" for one in over))
    return 1 if over and chosen.strict else 0


if __name__ == "__main__":
    sys.exit(main())
