"""The figures in words and columns, made from the same object that `--json` prints."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import Any

from .._paper import Line
from ._chart import TITLES
from ._figures import Figures
from ._script import Phase

_LABEL = 32
_COLUMN = 14
_PHASES = {Phase.HEALTHY: "before", Phase.OUTAGE: "during", Phase.RECOVERY: "after"}


def table(figures: Figures) -> list[Line]:
    """A column for each client, a row for each figure."""
    heading = "".join(title.rjust(_COLUMN) for title in TITLES.values())
    lines: list[Line] = [[(" " * _LABEL + heading, "strong")]]
    for label, cell in _rows():
        cells = "".join(str(cell(figures[name])).rjust(_COLUMN) for name in TITLES)
        lines.append([(label.ljust(_LABEL), ""), (cells, "")])
    return lines


def _rows() -> list[tuple[str, Callable[[Figures], object]]]:
    return [
        ("calls", lambda of: of["calls"]),
        ("answered", lambda of: of["succeeded"]),
        ("  during the outage", lambda of: of["phases"][Phase.OUTAGE]["succeeded"]),
        ("failed", lambda of: of["failed"]),
        ("cache hits", lambda of: of["cache_hits"]),
        ("served stale", lambda of: of["served_stale"]),
        ("attempts", lambda of: of["attempts"]),
        ("  of these retries", lambda of: of["retries"]),
        ("refused by the breaker", lambda of: of["rejected"]),
        ("requests on the origin", lambda of: of["origin_requests"]),
        ("  during the outage", lambda of: of["phases"][Phase.OUTAGE]["origin_requests"]),
        ("  for clients that had left", lambda of: of["origin"]["abandoned"]),
        *((f"p50 / p95 {word}, ms", _latency(phase)) for phase, word in _PHASES.items()),
        ("fresh again after, s", lambda of: _number(of["recovered_after"])),
    ]


def _latency(phase: Phase) -> Callable[[Figures], str]:
    def cell(of: Figures) -> str:
        latency = of["phases"][phase]["latency_ms"]
        return f"{_number(latency['p50'])} / {_number(latency['p95'])}"

    return cell


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def conclusions(figures: Figures, width: int) -> list[Line]:
    """What there is to learn, whichever way it came out."""
    said = [_answers(figures), _load(figures), _return(figures)]
    if figures["script"]["disturbed"]:
        late = _number(figures["script"]["delayed_ms"]["p99"])
        said.append(
            f"This machine was busy: the demo itself was up to {late} ms late, and its figures tell of that too."
        )
    return [[(line, "")] for text in said for line in wrap(text, width, subsequent_indent="  ")]


def _each(figures: Figures, word: Callable[[Any], str]) -> str:
    *first, last = (f"{title} {word(figures[name])}" for name, title in TITLES.items())
    return f"{', '.join(first)} and {last}"


def _answers(figures: Figures) -> str:
    def share(of: Figures) -> str:
        down = of["phases"][Phase.OUTAGE]
        stale = f" ({down['served_stale']} stale)" if down["served_stale"] else ""
        return f"{down['succeeded']} of {down['calls']}{stale}"

    return f"Answered while the origin was down: {_each(figures, share)}."


def _load(figures: Figures) -> str:
    def asked(of: Figures) -> str:
        down = of["phases"][Phase.OUTAGE]
        return f"{down['origin_requests'] / max(1, down['calls']):.2g}"

    return f"Requests that the failing origin got for each call: {_each(figures, asked)}."


def _return(figures: Figures) -> str:
    def seconds(of: Figures) -> str:
        after = of["recovered_after"]
        return "never" if after is None else f"after {after:.2f} s"

    told = f"First fresh answer once it was back: {_each(figures, seconds)}"
    return f"{told}; a breaker lets its first probe through only when its reset timeout is over."
