"""How a limit on calls at once learns: what all its ways share, and the time a call takes without a queue.

Rules: a part (`AIMD()`) is immutable configuration; its learner counts for one policy and is called under that policy's
lock. A drop counts once a round: only a call that began after the limit last fell tells something new.
"""

from __future__ import annotations

from typing import NamedTuple

from .. import _options
from .._record import Part

_BACKOFF = 0.9
_SLOW_BACKOFF = 0.5
_SLOW = 2.0
_MUCH = 0.5


class Call(NamedTuple):
    """One call that ended: when it began, what was in flight then (itself included), how long it took, was it a drop."""

    began: float
    in_flight: int
    seconds: float
    dropped: bool


class Bounds(NamedTuple):
    """Where a limit begins, and between what it stays; `obeyed`: nothing beyond it is let through."""

    initial: int
    minimum: int
    maximum: int
    obeyed: bool = True


def checked_bounds(initial: int, minimum: int, maximum: int, *, obeyed: bool) -> Bounds:
    """Bounds that make sense; the first limit is brought between them."""
    least, most = _options.count("minimum", minimum), _options.count("maximum", maximum)
    if most < least:
        _options.refuse("maximum", maximum, f"at least minimum={minimum}")
    first = _options.count("initial", initial)
    return Bounds(min(most, max(least, first)), least, most, obeyed)


class Learner:
    """A limit that moves."""

    __slots__ = ("_bounds", "_fell_at", "limit")

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._fell_at = float("-inf")
        self.limit = float(bounds.initial)

    def learn(self, now: float, call: Call) -> None:
        """A call ended."""
        raise NotImplementedError

    def allowed(self) -> int:
        """Calls at once, now."""
        return int(self.limit)

    def _move(self, limit: float) -> None:
        self.limit = min(float(self._bounds.maximum), max(float(self._bounds.minimum), limit))

    def _fall(self, now: float, call: Call, limit: float) -> None:
        """Fall, unless this call was under way when it last did."""
        if call.began >= self._fell_at:
            self._fell_at = now
            self._move(limit)

    def _drop(self, now: float, call: Call, base: float) -> None:
        """A failure that came quickly may have causes of its own; one that took long is most likely overload."""
        self._fall(now, call, self.limit * (_SLOW_BACKOFF if call.seconds > _SLOW * base else _BACKOFF))

    def _is_used(self, call: Call) -> bool:
        """Was enough of the limit in use to say whether more would be fine?"""
        return call.in_flight * 2 >= self.limit


class Algorithm(Part):
    """The base of what `AdaptiveLimit` takes first."""

    __slots__ = ()

    def begin(self, bounds: Bounds) -> Learner:
        """A learner for one policy."""
        raise NotImplementedError


class Baseline:
    """Seconds that a call takes when nothing of ours queues before it.

    Were it an average over all calls, it would follow a lasting overload, take its queue for the normal state of things,
    and let the limit creep up. So it falls with a slow average, and rises by a probe alone: when most calls have found the
    limit in use for `interval` seconds, it is its minimum for ten calls, as BBR does it. A probe that takes long makes
    the next one rarer, so that probing stays below a fiftieth of the time. Where nobody obeys the limit there is none: it
    would wait for ever for calls that meet no others.
    """

    __slots__ = ("_average", "_clean", "_interval", "_pause", "_seen", "_slack_at", "_use", "probing_since", "seconds")
    _CALLS = 10
    _FOLLOW = 0.01
    _SHARE = 50

    def __init__(self, interval: float, *, obeyed: bool = True) -> None:
        self._interval = self._pause = interval if obeyed else _options.INFINITY
        self._clean: list[float] = []
        self._seen = 0
        self._slack_at = self._average = self._use = self.seconds = 0.0
        self.probing_since: float | None = None

    def learn(self, now: float, call: Call, *, used: bool, minimum: int) -> None:
        """A call ended well; `used`: much of the limit was in flight."""
        self._seen += 1
        self._average += max(self._FOLLOW, 1 / self._seen) * (call.seconds - self._average)
        if self.probing_since is not None:
            self._learn_probe(now, call, self.probing_since, minimum)
            return
        # Those that end first are the shortest: the average means something once it has seen some.
        self.seconds = self._average if self._seen * self._FOLLOW <= 1 else min(self.seconds, self._average)
        self._use += self._FOLLOW * (used - self._use)
        if self._use < _MUCH:
            self._slack_at = now
        elif now - self._slack_at >= self._pause:
            self.probing_since = now

    def _learn_probe(self, now: float, call: Call, since: float, minimum: int) -> None:
        if call.began < since or call.in_flight > minimum:
            return
        self._clean.append(call.seconds)
        if len(self._clean) >= self._CALLS:
            self.seconds = self._average = sum(self._clean) / len(self._clean)
            self._clean = []
            self._pause = max(self._interval, self._SHARE * (now - since))
            self.probing_since, self._slack_at = None, now


def checked_probe(probe: object) -> float:
    """Seconds between probes."""
    return _options.seconds("probe", probe)
