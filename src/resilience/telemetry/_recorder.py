"""The recorder: hears every call that ends and every event that matters, and keeps bounded figures of them.

Rules: `_lock` guards all series and tallies. A call only appends one note to its series, without the lock; whoever makes
that full, or reads, folds it. No user code runs under the lock. In a forked child it begins anew.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from .. import _options
from .._clock import Clock, wall_time
from .._names import live_policies
from .._policy import Policy
from .._watch import NOWHERE, Buffer, Tag
from .._world import SYSTEM_CLOCK
from ..events import Event
from ._outcomes import outcome_of
from ._series import OTHER, SLICES, Problem, Series
from ._tally import Tally, kind_of, told

_OFTEN = 1024
_FULL = 1024


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
        self.ended: Callable[[Recorder], None] = _nothing
        self._width = self.window / SLICES
        self._series: dict[str, Series] = {}
        self.forget()

    def forget(self) -> None:
        """Forget everything; also what a forked child does."""
        self._lock = allocate_lock()
        self._close_locked()
        self._series = {}
        self._tallies: dict[str, Tally] = {}
        self._labels: set[str] = set()
        self._refused_room = 0
        self._is_over = False

    def stop(self) -> None:
        """Take no more notes; what is known can be read on."""
        with self._lock:
            self._is_over = True
            self._close_locked()

    def _close_locked(self) -> None:
        for series in self._series.values():
            series.until = float("-inf")  # tags that point here come and ask again

    # While calls are made

    def buffer(self, tag: Tag, ended: float) -> Buffer:
        """Where to note a call that ended then: its label's series, whose newest slice is that of this time."""
        with self._lock:
            if self._is_over:
                return NOWHERE
            series = tag.buffer = self._series_locked(tag.name, tag.kind)
            if ended >= series.until:
                number = int(ended // self._width)
                series.turn_locked(number, (number + 1) * self._width)
            return series

    def failed(self, policy: Policy[Any], error: BaseException) -> Problem:
        """What a note says of an error: how the call is counted, and the error's class."""
        return outcome_of(policy, error), kind_of(error)

    def fold(self, buffer: Series) -> None:
        """Count the notes that are there, unless somebody is just doing it; never let them pile up all the same."""
        if self._lock.acquire(blocking=len(buffer.times) + len(buffer.problems) >= _FULL):
            try:
                buffer.fold_locked()
            finally:
                self._lock.release()

    def heard(self, event: Event) -> None:
        """An event has happened."""
        entry = told(event, wall_time())
        with self._lock:
            self._tally_locked(event.policy).add_locked(event, entry)

    # Labels

    def _series_locked(self, label: str, kind: str) -> Series:
        found = self._series.get(label)
        if found is None:
            label, kind = (label, kind) if self._has_room_locked(label) else (OTHER, OTHER)
            found = self._series.setdefault(label, Series(label, kind))
        return found

    def _tally_locked(self, label: str) -> Tally:
        found = self._tallies.get(label)
        if found is None:
            label = label if self._has_room_locked(label) else OTHER
            found = self._tallies.setdefault(label, Tally(self.recent))
        return found

    def _has_room_locked(self, label: str) -> bool:
        """May this label be added? Looking for labels of policies that are gone is worth it only now and then."""
        labels = self._labels
        if label not in labels and len(labels) >= self.max_policies and self._refused_room % _OFTEN == 0:
            self._drop_gone_locked()
        has_room = label in labels or len(labels) < self.max_policies
        self._refused_room = 0 if has_room else self._refused_room + 1
        if has_room:
            labels.add(label)
        return has_room

    def _drop_gone_locked(self) -> None:
        gone = self._labels - {policy.name for policy in live_policies()}
        self._labels -= gone
        for label in gone & self._series.keys():
            series = self._series.pop(label)
            series.until = float("-inf")  # who still has it looks its label up again
            self._series.setdefault(OTHER, Series(OTHER, OTHER)).take_locked(series)
        for label in gone & self._tallies.keys():
            self._tallies.setdefault(OTHER, Tally(self.recent)).take_locked(self._tallies.pop(label))

    # Reading

    def labels(self) -> list[str]:
        """Every label that something is known of."""
        with self._lock:
            return sorted({*self._series, *self._tallies})

    def calls(self, label: str) -> dict[str, Any] | None:
        """Outcomes, error rate and response times of the calls under one label; `None` if there was none."""
        with self._lock:
            series = self._series.get(label)
            return None if series is None else series.figures_locked(int(self.now() // self._width))

    def all_calls(self, *, copied: bool = True) -> dict[str, dict[str, Any]]:
        """The same for every label; not copied, what has not changed is the same object, and must not be changed."""
        with self._lock:
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
        self.ended(self)

    def __repr__(self) -> str:
        return f"<Recorder of {len(self._series)} labels, window={self.window:g} s>"


def _nothing(recorder: Recorder) -> None:
    """It was never turned on."""
