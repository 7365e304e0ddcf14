"""The chart of a play: answers, load on the origins and the breaker, over time."""

from __future__ import annotations

from .._paper import Line
from ._diary import Call, Change
from ._glyphs import Glyphs
from ._play import Part, Play
from ._strip import CLOSED, Scale, answers_strip, breaker_strip, load_strip

TITLES = {"guarded": "guarded", "retry_only": "retry only", "bare": "bare"}
_LABEL = 14
_RIGHT = 16
_CALLS_IN_CELL = 4


def chart(play: Play, width: int, glyphs: Glyphs) -> list[Line]:
    """Lines of at most so many columns; what has not happened yet is blank."""
    script = play.script
    cells = max(1, min(width - _LABEL - _RIGHT, script.calls // _CALLS_IN_CELL))
    scale = Scale(script, cells, play.stopwatch.now())
    loads = {part.name: scale.counts(part.origin.arrivals) for part in play.parts}
    highest = max(1, *(max(load) for load in loads.values()))
    return [
        _phases(play, scale),
        [("answers", "strong")],
        *(
            _row(part, answers_strip(part.diary.calls, scale, glyphs), cells, _answered(part.diary.calls))
            for part in play.parts
        ),
        [("load on the origin", "strong")],
        *(
            _row(part, load_strip(loads[part.name], highest, glyphs), cells, f"{len(part.origin.arrivals)} requests")
            for part in play.parts
        ),
        [("breaker", "strong")],
        *(
            _row(part, breaker_strip(part.diary.changes, scale, glyphs), cells, _state(part.diary.changes))
            for part in play.parts
            if part.client.has_breaker
        ),
        *_legend(glyphs),
    ]


def _phases(play: Play, scale: Scale) -> Line:
    heading = " " * _LABEL
    for phase, (begin, _) in play.script.spans.items():
        heading = heading.ljust(_LABEL + scale.cell_of(begin)) + f"{phase} "
    return [(heading.rstrip(), "quiet")]


def _row(part: Part, strip: Line, cells: int, told: str) -> Line:
    drawn = sum(len(text) for text, _ in strip)
    label = f"  {TITLES[part.name]}".ljust(_LABEL)
    return [(label, ""), *strip, (" " * (cells - drawn), ""), (f"  {told}", "quiet")]


def _state(changes: list[Change]) -> str:
    return changes[-1].new if changes else CLOSED


def _answered(calls: list[Call]) -> str:
    return f"{sum(call.is_answered for call in calls)} of {len(calls)}"


def _legend(glyphs: Glyphs) -> list[Line]:
    return [
        [
            (" " * _LABEL, ""),
            (glyphs.fresh, "good"),
            (" fresh  ", "quiet"),
            (glyphs.stale, "middling"),
            (" some stale  ", "quiet"),
            (glyphs.some_failed, "bad"),
            (" some failed  ", "quiet"),
            (glyphs.most_failed, "bad"),
            (" most failed", "quiet"),
        ],
        [
            ("  breaker: ".ljust(_LABEL), "quiet"),
            (glyphs.closed, "good"),
            (" closed  ", "quiet"),
            (glyphs.open, "bad"),
            (" open  ", "quiet"),
            (glyphs.half_open, "middling"),
            (" half-open", "quiet"),
        ],
    ]
