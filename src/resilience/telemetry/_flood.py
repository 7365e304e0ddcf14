"""So many lines of one kind in so much time, and then only their number: an outage must not flood a log.

Rules: `_streams` is guarded by `_lock`; it is bounded, the stream that was begun first goes first.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable

_MOST_STREAMS = 2000
Kind = tuple[type, str]
"""A class of event and a policy's label."""


class _Stream:
    __slots__ = ("since", "suppressed", "told")

    def __init__(self, since: float) -> None:
        self.since = since
        self.told = self.suppressed = 0


class Flood:
    """At most `limit` of each kind in `per` seconds."""

    __slots__ = ("_limit", "_lock", "_now", "_per", "_streams")

    def __init__(self, limit: int, per: float, now: Callable[[], float]) -> None:
        self._limit = limit
        self._per = per
        self._now = now
        self.forget()

    def forget(self) -> None:
        """Begin anew; also what a forked child does."""
        self._lock = allocate_lock()
        self._streams: dict[Kind, _Stream] = {}

    def admit(self, kind: Kind) -> tuple[bool, int]:
        """May one of this kind be told now, and how many were suppressed before it that nobody has heard of yet?"""
        now, before = self._now(), 0
        with self._lock:
            stream = self._streams.get(kind)
            if stream is None or now - stream.since >= self._per:
                before = 0 if stream is None else stream.suppressed
                self._streams.pop(kind, None)
                if len(self._streams) >= _MOST_STREAMS:
                    self._streams.pop(next(iter(self._streams)))
                stream = self._streams[kind] = _Stream(now)
            if stream.told < self._limit:
                stream.told += 1
                return True, before
            stream.suppressed += 1
            return False, before

    def rest(self) -> dict[Kind, int]:
        """What was suppressed and not told of, by kind; asked at the end."""
        with self._lock:
            left = {kind: stream.suppressed for kind, stream in self._streams.items() if stream.suppressed}
            self._streams = {}
            return left
