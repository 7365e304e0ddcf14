"""A report as a picture; needs the extra `plots`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resilience._extras import brought
from resilience.simulate._report import Report

_HEIGHT, _WIDTH = 2.2, 9.0
# Told apart by the colour-blind too (Okabe and Ito), and by their dashes.
_SERIES = (("offered", "#999999", "--"), ("requests", "#d55e00", "-"), ("served", "#009e73", "-"))


def plot(reports: Mapping[str, Report], path: str | Path) -> None:
    """Draw one panel for each report, under its name, into a file (PNG, SVG or PDF by its ending).

    Raises:
        ImportError: matplotlib is not installed.
    """
    figure: Any = brought("matplotlib.figure", "plots", "a picture").Figure(
        figsize=(_WIDTH, _HEIGHT * len(reports) + 0.6), layout="constrained"
    )
    panels = figure.subplots(len(reports), 1, sharex=True, squeeze=False)[:, 0]
    for panel, (name, report) in zip(panels, reports.items(), strict=True):
        _draw(panel, name, report)
    panels[-1].set_xlabel("seconds")
    panels[0].legend(loc="upper left", ncols=4, fontsize="small", frameon=False)
    figure.savefig(path, metadata={"Date": None} if str(path).endswith(".svg") else None)


def _draw(panel: Any, name: str, report: Report) -> None:
    times = [second.at + 0.5 for second in report.seconds]
    for outage in report.outages:
        panel.axvspan(outage.start, outage.end, color="#eeeeee", zorder=0)
    for series, colour, dashes in _SERIES:
        panel.plot(times, [getattr(second, series) for second in report.seconds], dashes, color=colour, label=series)
    if report.breaker:
        open_share = [second.open for second in report.seconds]
        panel.fill_between(times, open_share, step="mid", color="#0072b2", alpha=0.15, label="breakers open")
    panel.set_title(
        f"{name}: {report.success_rate:.0%} served, {report.amplification:.2f} requests a call", fontsize="medium"
    )
    panel.set_ylabel("a second")
    panel.set_ylim(bottom=0)
    panel.set_xlim(0, report.duration)
