"""The recorder: hears every call that ends and every event that matters, and keeps bounded figures of them.

Rules: `_lock` guards all series and tallies. A call only appends one note to `notes`, without the lock; whoever makes it
full, or reads, folds it. No user code runs under the lock. In a forked child it begins anew.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from collections.abc import Callable
from math import log
from types import TracebackType
from typing import Any, Self

from .. import _options
from .._clock import Clock, wall_time
from .._masking import printable
from .._names import live_policies
from .._policy import Policy
from .._watch import Note
from .._world import SYSTEM_CLOCK
from ..events import Event
from ._outcomes import outcome_of
from ._series import OTHER, SLICES, Series, Slice
from ._sketch import LEAST, MOST, SCALE, bin_of
from ._tally import Tally, told

_OFTEN = 1024
_FULL = 8192
Problem = tuple[int, str]
"""How a call that raised is counted, and the class of its error."""


class Recorder:
    """Keeps what is known of calls and events, per label, in bounded memory.

    Args:
        window: seconds that error rates and quantiles look back (default 60), in six slices: the newest is being filled,
            so they look back at least five sixths of it.
        max_policies: labels at most (default 2,000). Those of policies that are gone make room; then new ones share
            `_other`.
        recent: newest events kept per policy (default 20).
        clock: for response times and the window; the real one by default.

    Made by `resilience.telemetry.enable`. Thread-safe. Quantiles are within 1 % of a time that was seen.

    >>> from resilience import Retry, telemetry
    >>> with telemetry.enable() as recorder:
    ...     answer = Retry(name="doctest-recorder").call(int, "7")
    ...     recorder.calls("doctest-recorder")["outcomes"]["success"]
    1
    """

    def __init__(
        self, *, window: Any = 60.0, max_policies: int = 2000, recent: int = 20, clock: Clock | None = None
    ) -> None:
        self.window = _options.seconds("window", window)
        self.max_policies = _options.count("max_policies", max_policies)
        self.recent = _options.count("recent", recent)
        self.now = (SYSTEM_CLOCK if clock is None else clock).now
        self.ended: Callable[[], None] = _nothing
        self._width = self.window / SLICES
        self.forget()

    def forget(self) -> None:
        """Forget everything; also what a forked child does."""
        self._lock = allocate_lock()
        self.notes: deque[Note] = deque()
        self._series: dict[str, Series] = {}
        self._tallies: dict[str, Tally] = {}
        self._refused_room = 0

    # While calls are made

    def failed(self, policy: Policy[Any], error: BaseException) -> Problem:
        """What a note says of an error: how the call is counted, and the error's class."""
        return outcome_of(policy, error), printable(type(error).__name__)

    def heard(self, event: Event) -> None:
        """An event has happened."""
        entry = told(event, wall_time())
        with self._lock:
            self._tally_locked(event.policy).add_locked(event, entry)

    # Folding

    def fold(self) -> None:
        """Count the notes that are there, unless somebody is just doing it; never let them pile up all the same."""
        if self._lock.acquire(blocking=len(self.notes) >= _FULL):
            try:
                self._fold_locked()
            finally:
                self._lock.release()

    def _fold_locked(self) -> None:
        # `popleft` is atomic: no note is lost to who appends meanwhile.
        take, life = self.notes.popleft, self._series
        for _ in range(len(self.notes)):
            tag, begun, ended, problem = take()
            series = tag.series
            if series is None or series.home is not life:
                series = tag.series = self._series_locked(tag.name, tag.kind)
            part = series.newest if ended < series.until else self._slice_locked(series, ended)
            elapsed = ended - begun
            part.seconds += elapsed
            if LEAST < elapsed < MOST:
                part.bins[log(elapsed) * SCALE // 1] += 1
            else:
                part.bins[bin_of(elapsed)] += 1
            if problem is not None:
                outcome, error = problem
                part.problems[outcome] += 1
                series.failed_locked(error)

    def _slice_locked(self, series: Series, ended: float) -> Slice:
        number = int(ended // self._width)
        series.until = (number + 1) * self._width
        return series.slice_locked(number)

    # Labels

    def _series_locked(self, label: str, kind: str) -> Series:
        found = self._series.get(label)
        if found is None:
            label, kind = (label, kind) if self._has_room_locked(self._series) else (OTHER, OTHER)
            found = self._series.setdefault(label, Series(label, kind, self._series))
        return found

    def _tally_locked(self, label: str) -> Tally:
        found = self._tallies.get(label)
        if found is None:
            label = label if self._has_room_locked(self._tallies) else OTHER
            found = self._tallies.setdefault(label, Tally(self.recent))
        return found

    def _has_room_locked(self, labels: dict[str, Any]) -> bool:
        """May a label be added? Looking for labels of policies that are gone is worth it only now and then."""
        if len(labels) < self.max_policies:
            return True
        if self._refused_room % _OFTEN == 0:
            self._drop_gone_locked()
        full = len(labels) >= self.max_policies
        self._refused_room = self._refused_room + 1 if full else 0
        return not full

    def _drop_gone_locked(self) -> None:
        live = {policy.name for policy in live_policies()} | {OTHER}
        for label in [label for label in self._series if label not in live]:
            gone = self._series.pop(label)
            gone.home = None  # who still has it looks its label up again
            self._series.setdefault(OTHER, Series(OTHER, OTHER, self._series)).take_locked(gone)
        for label in [label for label in self._tallies if label not in live]:
            self._tallies.setdefault(OTHER, Tally(self.recent)).take_locked(self._tallies.pop(label))

    # Reading

    def labels(self) -> list[str]:
        """Every label that something is known of."""
        with self._lock:
            self._fold_locked()
            return sorted({*self._series, *self._tallies})

    def calls(self, label: str) -> dict[str, Any] | None:
        """Outcomes, error rate and response times of the calls under one label; `None` if there was none."""
        with self._lock:
            self._fold_locked()
            series = self._series.get(label)
            return None if series is None else series.figures_locked(int(self.now() // self._width))

    def all_calls(self, *, copied: bool = True) -> dict[str, dict[str, Any]]:
        """The same for every label; not copied, what has not changed is the same object, and must not be changed."""
        with self._lock:
            self._fold_locked()
            number = int(self.now() // self._width)
            return {label: series.figures_locked(number, copied=copied) for label, series in self._series.items()}

    def all_events(self, *, copied: bool = True) -> dict[str, dict[str, Any]]:
        """Counts of events, the newest ones, and changes of state, for every label; `copied` as in `all_calls`."""
        with self._lock:
            return {label: tally.figures_locked(copied=copied) for label, tally in self._tallies.items()}

    def response_times(self, bounds: tuple[float, ...]) -> dict[str, tuple[list[int], float, int]]:
        """For each label: how many calls took no longer than each bound (seconds, ascending), their sum, their number.

        A time within 1 % of a bound may count on either side of it.
        """
        with self._lock:
            self._fold_locked()
            return {label: series.histogram_locked(bounds) for label, series in self._series.items()}

    def about(self) -> dict[str, Any]:
        """What it was told to keep."""
        return {"window": self.window, "max_policies": self.max_policies, "recent": self.recent}

    # As a context manager

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.ended()

    def __repr__(self) -> str:
        return f"<Recorder of {len(self._series)} labels, window={self.window:g} s>"


def _nothing() -> None:
    """It was never turned on."""
