"""Draws the pictures of the docs from the real objects: `python -m scripts.pictures [NAME ...]`.

What each shows is noted in `docs/pictures/content.json`, where a test finds it: a picture must not grow old.
"""

import asyncio
import hashlib
import io
import json
import re
import sys
from pathlib import Path

from matplotlib import rcParams
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

import resilience as r
from resilience.simulate import plot
from resilience.testing import FakeClock

DOCS = Path(__file__).resolve().parent.parent / "docs"
PICTURES = DOCS / "pictures"
STILL = {"Date": None}  # the same picture each time
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#999999"
_WIDTH = 104


def code_of(page):
    """The Python blocks of a page, as one program."""
    return "\n".join(re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL))


def storm():
    """The three courses of docs/simulate.md."""
    names = {}
    exec(code_of("simulate.md"), names)  # noqa: S102 # our own page, which the tests run as well
    reports = {
        "retries alone": names["storm"],
        "with a budget": names["bounded"],
        "with budget and breaker": names["guarded"],
    }
    plot(reports, PICTURES / "storm.svg")


def demo():
    """What `resilience demo` ends with, as its terminal shows it."""
    from rich.console import Console

    from resilience.cli._paper import as_text
    from resilience.cli.demo._chart import chart
    from resilience.cli.demo._figures import figures_of
    from resilience.cli.demo._glyphs import BLOCKS
    from resilience.cli.demo._play import play
    from resilience.cli.demo._script import Script
    from resilience.cli.demo._summary import conclusions, table

    played = asyncio.run(play(Script(seconds=12.0), lambda _: None))
    figures = figures_of(played)
    lines = [*chart(played, _WIDTH, BLOCKS), [], *table(figures), [], *conclusions(figures, _WIDTH)]
    console = Console(record=True, width=_WIDTH + 2, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print(as_text(lines), soft_wrap=True)
    console.save_svg(str(PICTURES / "demo.svg"), title="resilience demo")


def backoff():
    """Delays of the first attempts: the band that jitter draws from, and its middle."""
    kinds = {
        "Exponential(), full jitter": r.Exponential(),
        "Exponential(jitter='equal')": r.Exponential(jitter="equal"),
        "Exponential(jitter=0.2)": r.Exponential(jitter=0.2),
        "Decorrelated()": r.Decorrelated(),
    }
    attempts = range(1, 9)
    figure = Figure(figsize=(9, 5), layout="constrained")
    for panel, (name, kind) in zip(figure.subplots(2, 2, sharex=True, sharey=True).flat, kinds.items(), strict=True):
        low, middle, high = ([kind.delay(attempt, chance) for attempt in attempts] for chance in (0.05, 0.5, 0.95))
        panel.fill_between(attempts, low, high, color=BLUE, alpha=0.2, label="9 of 10 delays")
        panel.plot(attempts, middle, color=BLUE, label="the middle one")
        panel.set_title(name, fontsize="medium")
        panel.set_ylabel("seconds")
    figure.axes[0].legend(frameon=False, fontsize="small")
    for panel in figure.axes[2:]:
        panel.set_xlabel("after attempt")
    figure.savefig(PICTURES / "backoff.svg", metadata=STILL)


def limiter():
    """What passes a limiter of ten a second whose callers come all at once, by burst."""
    figure = Figure(figsize=(9, 3), layout="constrained")
    panel = figure.subplots()
    kinds = {
        "RateLimiter(10)": lambda clock: r.RateLimiter(10, clock=clock),
        "RateLimiter(10, burst=1)": lambda clock: r.RateLimiter(10, burst=1, clock=clock),
        "SlidingWindow(10)": lambda clock: r.SlidingWindow(10, clock=clock),
        "FixedWindow(10)": lambda clock: r.FixedWindow(10, clock=clock),
    }
    for row, make in enumerate(kinds.values()):
        clock = FakeClock(autojump=False)
        kind, passed = make(clock), []
        for _ in range(300):
            if kind.try_acquire():
                passed.append(clock.now())
            clock.advance(0.01)
        panel.plot(passed, [-row] * len(passed), "|", markersize=14, color=BLUE)
    panel.set_yticks([-row for row in range(len(kinds))], list(kinds))
    panel.set_ylim(0.6 - len(kinds), 0.4)
    panel.set_xlabel("seconds; a hundred callers a second, each mark one that passes")
    figure.savefig(PICTURES / "limiter.svg", metadata=STILL)


ALL = (backoff, demo, limiter, storm)


def content(figure):
    """What a figure shows, wherever a version of matplotlib puts it: words, data and their colours, as a digest."""
    shown = [note.get_text() for note in figure.texts]
    for panel in figure.axes:
        shown.append((panel.get_title(), panel.get_xlabel(), panel.get_ylabel(), _names(panel.yaxis)))
        shown += [(line.get_label(), to_hex(line.get_color()), _rounded(line.get_xydata())) for line in panel.lines]
        for area in panel.collections:
            paths = [_rounded(path.vertices) for path in area.get_paths()]
            shown.append((area.get_label(), _colours(area), paths))
        shown += [(note.get_text(), _rounded([note.xy])) for note in panel.texts]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def _names(axis):
    """Those that its ticks were given; numbers are matplotlib's choice."""
    is_named = isinstance(axis.get_major_locator(), FixedLocator)
    return [tick.get_text() for tick in axis.get_ticklabels()] if is_named else []


def _colours(area):
    """Of a filled one its filling, else of its lines."""
    filling = area.get_facecolor()
    return [to_hex(colour) for colour in (filling if len(filling) else area.get_edgecolor())]


def _rounded(points):
    return [[f"{number:.6g}" for number in point] for point in points]


def contents(picture):
    """Draw, and tell the content of each figure by the name of its file; none for what is no figure."""
    found, save = {}, Figure.savefig

    def noting(figure, path, **options):
        found[Path(path).stem] = content(figure)
        save(figure, path, **options)

    Figure.savefig = noting
    try:
        picture()
    finally:
        Figure.savefig = save
    return found


def draw(pictures):
    """Those that the command line names, else all."""
    PICTURES.mkdir(exist_ok=True)
    rcParams["svg.hashsalt"] = "resilience"  # the same names inside the same picture
    notes = PICTURES / "content.json"
    known = json.loads(notes.read_text("utf-8")) if notes.exists() else {}
    for picture in pictures:
        if not sys.argv[1:] or picture.__name__ in sys.argv[1:]:
            known |= contents(picture)
    notes.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    draw(ALL)
