"""The generic cell rate algorithm: one number for each stream.

Rules: guarded by the limiter's lock. `arrival` is the theoretical arrival time of the next call: it moves on by one
interval for each unit of cost, and never back but for a turn that is given back. A turn's mark is the stream's arrival
once it has passed. `paused` is when the last pause ends: a change of pace keeps that time, and rescales what was used; a
turn that is given back brings nobody forward into it.
Source: ITU-T I.371, the virtual scheduling form of GCRA.
"""

from __future__ import annotations

from typing import NamedTuple

from .. import _options
from ._turn import ROUNDING, Stream, Turn


class Pace(NamedTuple):
    """Seconds for one unit, and how far ahead of time units may pass."""

    interval: float
    tolerance: float


class Cells(Stream):
    """What one key has used of its rate."""

    __slots__ = ("arrival",)

    def __init__(self) -> None:
        super().__init__()
        self.arrival = float("-inf")

    def idle(self, now: float) -> bool:
        self.sweep_locked(now)
        return self.arrival <= now and not self.turns

    def delay_locked(self, now: float, cost: float, numbers: Pace) -> float:
        earliest = max(self.arrival, now) + cost * numbers.interval - numbers.tolerance
        return max(0.0, earliest - now - ROUNDING)

    def take_locked(self, now: float, cost: float, numbers: Pace) -> float:
        self.arrival = max(self.arrival, now) + cost * numbers.interval
        return self.arrival

    def left_locked(self, now: float, numbers: Pace) -> int:
        free = numbers.tolerance - self.used_until_locked(now, numbers)
        return max(0, int(free / numbers.interval + 1e-6))

    def used_until_locked(self, now: float, numbers: Pace) -> float:
        return max(0.0, self.arrival - now)

    def return_locked(self, turn: Turn, now: float, numbers: Pace) -> list[Turn]:
        later = self.behind_locked(turn)
        if later is None or turn.due <= now:
            return []
        shift = turn.cost * numbers.interval
        for other in later:
            shift = min(shift, self._room_locked(other, now, numbers))
            other.mark -= shift
        resumed = _full(self.paused, numbers) if self.paused > now else now
        self.arrival -= min(shift, max(0.0, self.arrival - resumed))
        return [other for other in later if other.sooner_locked(_due(other, numbers))]

    def _room_locked(self, turn: Turn, now: float, numbers: Pace) -> float:
        """How far a turn may come forward: not into a pause, and what was reserved behind one keeps its even pace."""
        room = _options.INFINITY
        if turn.paused > now:
            room = turn.mark - turn.cost * numbers.interval - _full(turn.paused, numbers)
        if self.paused > now and turn.due >= self.paused - ROUNDING:
            room = min(room, turn.due - self.paused)
        return max(0.0, room)

    def pause_locked(self, until: float, numbers: Pace) -> None:
        self.paused = max(self.paused, until)
        self.arrival = max(self.arrival, _full(until, numbers))

    def retune_locked(self, now: float, old: Pace, new: Pace) -> list[Turn]:
        """The units that were used stay used, at the new pace; the turns that come forward by it, to be woken.

        While it is paused, only what was reserved behind the pause moves.
        """
        begin, moved = (now, now) if self.paused <= now else (_full(self.paused, old), _full(self.paused, new))
        scale = new.interval / old.interval
        if self.arrival >= begin:
            self.arrival = moved + (self.arrival - begin) * scale
        behind = [turn for turn in self.turns if turn.mark >= begin]
        for turn in behind:
            turn.mark = moved + (turn.mark - begin) * scale
        return [turn for turn in behind if turn.sooner_locked(_due(turn, new))]


def _due(turn: Turn, pace: Pace) -> float:
    due: float = turn.mark - pace.tolerance - ROUNDING
    return due


def _full(until: float, pace: Pace) -> float:
    """The arrival that lets nothing pass before `until`."""
    return until + pace.tolerance - pace.interval
