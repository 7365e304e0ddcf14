"""Prints the table: `python -m bench.brown_out [--only TEXT] [--json FILE] [--strict]`. About three minutes."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from . import http
from .contenders import CONTENDERS, OURS, UNPROTECTED
from .script import Figures, Service, play

MOST_LOAD, LEAST_SERVED, LATEST_BACK = 1.1, 0.12, 0.5
OVER_HTTP = {"over HTTP: retries alone": http.unprotected, "over HTTP: resilience, AdaptiveLimit": http.ours}


def in_process(name: str) -> Figures:
    """One contender against a dependency in this process."""

    async def main() -> Figures:
        service = Service(seed=7)
        return await play(CONTENDERS[name](service.ask), lambda: service.requests, service.begin)

    return asyncio.run(main())


def over_http(name: str) -> Figures:
    """One client against a server of its own process."""

    async def main() -> Figures:
        async with http.origin() as url:
            ask, client = OVER_HTTP[name](url)
            async with client:
                await http.told(url, "begin")
                figures = await play(ask, lambda: 0, lambda: None)
            figures.requests = int(await http.told(url, "requests"))
            return figures

    return asyncio.run(main())


def runs(only: str) -> Iterator[tuple[str, Figures]]:
    """One contender after the other."""
    for names, run in ((CONTENDERS, in_process), (OVER_HTTP, over_http)):
        for name in names:
            if only in name:
                yield name, run(name)


def verdict(name: str, figures: Figures) -> str:
    """What is demanded of this one, and whether it is so; empty for the peers."""
    if name in UNPROTECTED or name == "over HTTP: retries alone":
        return (
            "collapses" if figures.back is None and figures.load > 2 else "DOES NOT COLLAPSE: the script proves nothing"
        )
    if not name.endswith(OURS):
        return ""
    kept = figures.load <= MOST_LOAD, figures.in_outage >= LEAST_SERVED, (figures.back or 0.0) <= LATEST_BACK
    return "ok" if all(kept) and figures.back is not None else "over"


def main() -> int:
    """Prints as it goes; with `--strict` a broken demand is an error."""
    parser = argparse.ArgumentParser(prog="python -m bench.brown_out", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="only contenders whose name contains this")
    parser.add_argument("--json", metavar="FILE", help="also write the figures there")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a demand is not met")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(http.serve())
        return 0
    logging.disable(logging.CRITICAL)
    with contextlib.suppress(ImportError):
        from stamina.instrumentation import set_on_retry_hooks

        set_on_retry_hooks([])  # it would print every retry
    warnings.simplefilter("ignore")
    print(f"{'':38} {'load':>6} {'served in outage':>17} {'back after':>11}")
    taken = {}
    for name, figures in runs(chosen.only):
        said = verdict(name, figures)
        back = "never" if figures.back is None else f"{figures.back:.1f} s"
        print(f"{name:38} {figures.load:6.2f} {figures.in_outage:17.1%} {back:>11}  {said}", flush=True)
        taken[name] = {"load": figures.load, "in_outage": figures.in_outage, "back": figures.back, "verdict": said}
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(taken, indent=1) + "\n", "utf-8")
    return int(chosen.strict and any(one["verdict"] not in {"", "ok", "collapses"} for one in taken.values()))


if __name__ == "__main__":
    sys.exit(main())
