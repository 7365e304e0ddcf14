"""What is kept of the calls of one policy or pipeline.

Rules: everything here is read and written under the recorder's lock, but for `times` and `problems`: calls append to them
without it, and only who holds it takes from them. So a note is neither lost nor counted twice.
"""

from __future__ import annotations

from collections import deque
from itertools import repeat
from typing import Any

from ._sketch import Bins, at_most, merged, put, quantiles

OUTCOMES = ("success", "failure", "ignored", "cancelled", "refused")
SUCCESS, FAILURE, IGNORED, CANCELLED, REFUSED = range(5)
OTHER = "_other"
SLICES = 6
_MOST_ERRORS = 10
Problem = tuple[int, str]
"""How a call that raised is counted, and the class of its error."""
_FOR_GOOD = 1 << 60


class Slice:
    """A sixth of the window. A call that is no problem shows in `bins` only, which spares most calls a count."""

    __slots__ = ("bins", "problems", "seconds")

    def __init__(self) -> None:
        self.bins: Bins = Bins()
        self.problems = [0] * len(OUTCOMES)
        self.seconds = 0.0

    def add(self, times: list[float]) -> None:
        """Calls that took these times."""
        self.seconds += sum(times)
        put(self.bins, times)

    def outcomes(self) -> list[int]:
        """Calls by outcome."""
        return [sum(self.bins.values()) - sum(self.problems), *self.problems[1:]]

    def take(self, other: Slice) -> None:
        """Add what another counted."""
        self.bins.update(other.bins)
        self.problems = [mine + its for mine, its in zip(self.problems, other.problems, strict=True)]
        self.seconds += other.seconds


class Series:
    """The calls under one label: the buffer in which they are noted, and what came of those before.

    `newest` is the slice that ends at `until`; `past` holds what has left the window.
    """

    __slots__ = ("_known", "errors", "kind", "label", "newest", "past", "problems", "slices", "times", "until")

    def __init__(self, label: str, kind: str) -> None:
        self.label = label
        self.kind = kind
        self.times: deque[float] = deque()
        self.problems: deque[tuple[float, Problem]] = deque()
        self.errors: dict[str, int] = {}
        self.past = Slice()
        self.slices: dict[int, Slice] = {}
        self.newest = self.past
        self.until = float("-inf")
        self._known: tuple[int, int, dict[str, Any]] | None = None

    def turn_locked(self, number: int, until: float) -> None:
        """The slice of that number is the newest, up to that time; what leaves the window by it goes into the past."""
        self.fold_locked()
        found = self.slices.get(number)
        if found is None:
            for old in [one for one in self.slices if one <= number - SLICES]:
                self.past.take(self.slices.pop(old))
            found = self.slices[number] = Slice()
        self.newest = found
        self.until = until

    def fold_locked(self) -> None:
        """Count the notes that are there."""
        if self.times:
            self._known = None
            self.newest.add(_taken(self.times))
        if self.problems:
            self._known = None
            problems = _taken(self.problems)
            self.newest.add([elapsed for elapsed, _ in problems])
            for _, (outcome, error) in problems:
                self.newest.problems[outcome] += 1
                self.failed_locked(error)

    def failed_locked(self, error: str, count: int = 1) -> None:
        """Count the class of an error; the eleventh and later ones count as `_other`."""
        if error not in self.errors and len(self.errors) >= _MOST_ERRORS:
            error = OTHER
        self.errors[error] = self.errors.get(error, 0) + count

    def take_locked(self, other: Series) -> None:
        """Add what another counted, which will not count on."""
        self._known = None
        other.fold_locked()
        for one in other._all_locked():
            self.past.take(one)
        for error, count in other.errors.items():
            self.failed_locked(error, count)

    def _all_locked(self) -> list[Slice]:
        return [self.past, *self.slices.values()]

    def outcomes_locked(self) -> list[int]:
        """All calls by outcome."""
        return summed(self._all_locked())

    def seconds_locked(self) -> float:
        """How long all calls took together."""
        return sum(one.seconds for one in self._all_locked())

    def histogram_locked(self, bounds: tuple[float, ...]) -> tuple[list[int], float, int]:
        """How many of all calls took no longer than each bound, their time together, their number."""
        self.fold_locked()
        bins = merged([one.bins for one in self._all_locked()])
        return at_most(bins, bounds), self.seconds_locked(), sum(bins.values())

    def figures_locked(self, number: int, *, copied: bool = True) -> dict[str, Any]:
        """All that is known, with the number of the slice that is now; worked out anew only if it can have changed.

        Not copied, it is the same object as long as nothing has changed, and nobody may change it.
        """
        self.fold_locked()
        known = self._known
        if known is None or not known[0] <= number < known[1]:
            figures = self._figures_locked(number)
            # Until then no slice enters or leaves the window by time alone.
            moves = [at if at > number else at + SLICES for at in self.slices if at > number - SLICES]
            known = self._known = number, min(moves, default=number + _FOR_GOOD), figures
        return _copied(known[2]) if copied else known[2]

    def _figures_locked(self, number: int) -> dict[str, Any]:
        counted = {at: one.outcomes() for at, one in self.slices.items()}
        recent = [at for at in counted if number - SLICES < at <= number]
        outcomes = _added([self.past.outcomes(), *counted.values()])
        window = _added([counted[at] for at in recent])
        p50, p95, p99 = quantiles(merged([self.slices[at].bins for at in recent]), (0.5, 0.95, 0.99))
        return {
            "total": sum(outcomes),
            "outcomes": dict(zip(OUTCOMES, outcomes, strict=True)),
            "seconds": self.seconds_locked(),
            "errors": dict(self.errors),
            "window": {
                "total": sum(window),
                "outcomes": dict(zip(OUTCOMES, window, strict=True)),
                "error_rate": error_rate(window),
                "p50": p50,
                "p95": p95,
                "p99": p99,
            },
        }


def _taken(notes: deque[Any]) -> list[Any]:
    take = notes.popleft  # atomic, and others only append: what comes meanwhile stays for the next time
    return [take() for _ in repeat(None, len(notes))]


def _copied(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures that whoever gets them may change."""
    window = figures["window"]
    return {
        **figures,
        "outcomes": {**figures["outcomes"]},
        "errors": {**figures["errors"]},
        "window": {**window, "outcomes": {**window["outcomes"]}},
    }


def summed(slices: list[Slice]) -> list[int]:
    """The outcomes of several slices together."""
    return _added([one.outcomes() for one in slices])


def _added(counted: list[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*counted, strict=True)] or [0] * len(OUTCOMES)


def error_rate(outcomes: list[int]) -> float | None:
    """Failures of what succeeded or failed; what is neither has no say. `None` without either."""
    judged = outcomes[SUCCESS] + outcomes[FAILURE]
    return outcomes[FAILURE] / judged if judged else None
