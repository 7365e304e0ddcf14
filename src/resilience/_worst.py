"""The worst that one guarded call can come to: how many calls of the function, and how long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ._options import INFINITY
from ._record import Record
from ._span import span


class WorstCase(Record):
    """At most so many `calls` of the function, over at most so many `seconds`; infinity where nothing bounds them.

    >>> str(WorstCase(calls=4, seconds=10.0)), str(WorstCase())
    ('4 calls of the function, 10 s', '1 call of the function, unbounded time')
    """

    calls: float = 1
    seconds: float = INFINITY

    def __str__(self) -> str:
        if self.calls == INFINITY:
            calls = "any number of calls"
        else:
            calls = "1 call" if self.calls == 1 else f"{self.calls:.0f} calls"
        return f"{calls} of the function, {span(self.seconds)}"


class Layer(Protocol):
    """What makes something of the worst that it guards: a policy."""

    def worst_case(self, inner: WorstCase) -> WorstCase: ...


def worst_of(layers: Iterable[Layer], inner: WorstCase | None = None) -> WorstCase:
    """What layers, the outermost first, make of the worst inside them: one call, of any length, if not told otherwise."""
    worst = WorstCase() if inner is None else inner
    for layer in reversed(tuple(layers)):
        worst = layer.worst_case(worst)
    return worst
