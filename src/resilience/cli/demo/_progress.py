"""How the play goes on, while it does: the growing chart on a terminal with rich, else a row now and then."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

from .._paper import as_text, has_colours, width
from ._chart import TITLES, chart
from ._glyphs import glyphs_for
from ._play import Play, Watch


@contextmanager
def drawn() -> Generator[Watch]:
    """Draw the chart anew at each look, and take it away at the end, when the final one follows."""
    from rich.console import Console
    from rich.live import Live

    glyphs = glyphs_for(sys.stdout)
    with Live(console=Console(highlight=False), auto_refresh=False, transient=True) as live:

        def watch(play: Play) -> None:
            now = min(play.stopwatch.now(), play.script.seconds)
            clock = [(f"{now:.1f} of {play.script.seconds:g} s: {play.script.phase(now)}", "strong")]
            live.update(as_text([clock, *chart(play, width(), glyphs)]), refresh=True)

        yield watch


def _cell(name: str, text: str) -> str:
    return text.rjust(max(9, len(TITLES[name]) + 1))


class Rows:
    """A row of text for each twelfth of the play: what happened in it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._due = 0.0
        self._seen: dict[str, tuple[int, int, int]] = dict.fromkeys(TITLES, (0, 0, 0))

    def watch(self, play: Play) -> None:
        """Print a row, when it is time."""
        now = play.stopwatch.now()
        if now < self._due:
            return
        if not self._due:
            titles = "".join(_cell(name, title) for name, title in TITLES.items())
            wide = len(titles)
            self._print(f"{'':16}{'answered of asked':>{wide}}   {'requests on the origin':>{wide}}")
            self._print(f"{'time':>6}  {'phase':8}{titles}   {titles}")
        else:
            self._print_row(play, now)
        self._due += play.script.unit

    def _print_row(self, play: Play, now: float) -> None:
        answered, asked = "", ""
        for part in play.parts:
            calls = part.diary.calls
            counts = sum(call.is_answered for call in calls), len(calls), len(part.origin.arrivals)
            good, ended, arrived = (now - then for now, then in zip(counts, self._seen[part.name], strict=True))
            self._seen[part.name] = counts
            answered += _cell(part.name, f"{good}/{ended}")
            asked += _cell(part.name, str(arrived))
        # The row tells of the time up to now, so of the phase that was.
        phase = play.script.phase(self._due - play.script.unit / 2)
        self._print(f"{now:5.1f}s  {phase:8}{answered}   {asked}")

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def _unseen(play: Play) -> None:
    """Nobody looks."""


@contextmanager
def shown(*, as_json: bool) -> Generator[Watch]:
    """The way to show progress that suits where we are; an object on standard output leaves none but standard error."""
    if as_json:
        yield Rows(sys.stderr).watch if sys.stderr.isatty() else _unseen
    elif has_colours():
        with drawn() as watch:
            yield watch
    else:
        yield Rows(sys.stdout).watch
