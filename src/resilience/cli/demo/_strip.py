"""Strips: one line of characters, in which each cell is a stretch of the script's time."""

from __future__ import annotations

from collections.abc import Iterable

from .._paper import Line, Segment
from ._diary import Call, Change, Outcome
from ._glyphs import Glyphs
from ._script import Script


class Scale:
    """How a script's time falls into cells; those after `now` stay empty."""

    def __init__(self, script: Script, cells: int, now: float) -> None:
        self.cells = cells
        self._cell = script.seconds / cells
        self.reached = self.cell_of(now) + 1

    def cell_of(self, at: float) -> int:
        """The cell of a time; what comes after the end is in the last."""
        return min(self.cells - 1, int(at / self._cell))

    def begin_of(self, cell: int) -> float:
        """The time at which a cell begins."""
        return cell * self._cell

    def counts(self, times: Iterable[float]) -> list[int]:
        """How many of these times fall into each cell."""
        counts = [0] * self.cells
        for at in times:
            counts[self.cell_of(at)] += 1
        return counts


def answers_strip(calls: list[Call], scale: Scale, glyphs: Glyphs) -> Line:
    """How the calls that began in each cell ended; the worst shows."""
    cells: list[list[Outcome]] = [[] for _ in range(scale.cells)]
    for call in calls:
        cells[scale.cell_of(call.begun)].append(call.outcome)
    return joined(_answers(outcomes, glyphs) for outcomes in cells)


def _answers(outcomes: list[Outcome], glyphs: Glyphs) -> Segment:
    failed = outcomes.count(Outcome.FAILED)
    if not outcomes:
        return " ", ""
    if failed:
        return (glyphs.most_failed if 2 * failed >= len(outcomes) else glyphs.some_failed), "bad"
    return (glyphs.stale, "middling") if Outcome.STALE in outcomes else (glyphs.fresh, "good")


def load_strip(counts: list[int], highest: int, glyphs: Glyphs) -> Line:
    """A bar for each count; the highest of all clients is the full height."""
    top = len(glyphs.bars)
    return joined((glyphs.bars[-(-count * top // highest) - 1] if count else " ", "") for count in counts)


CLOSED = "closed"
_TELLS = (CLOSED, "open", "half-open")


def breaker_strip(changes: list[Change], scale: Scale, glyphs: Glyphs) -> Line:
    """The state in each cell; of several the one that tells most: half-open, then open."""
    looks: dict[str, Segment] = {
        CLOSED: (glyphs.closed, "good"),
        "open": (glyphs.open, "bad"),
        "half-open": (glyphs.half_open, "middling"),
    }
    touched = [{CLOSED} for _ in range(scale.cells)]
    for change in changes:
        cell = scale.cell_of(change.at)
        touched[cell].add(change.new)
        touched[cell + 1 :] = [{change.new} for _ in touched[cell + 1 :]]
    return joined(looks[max(states, key=_TELLS.index)] for states in touched[: scale.reached])


def joined(cells: Iterable[Segment]) -> Line:
    """The same, with neighbours of one meaning as one segment."""
    line: Line = []
    for text, meaning in cells:
        if line and line[-1][1] == meaning:
            line[-1] = line[-1][0] + text, meaning
        else:
            line.append((text, meaning))
    return line
