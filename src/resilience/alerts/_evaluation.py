"""What the rules say, look after look: what begins to fire, what recovers, what fires now.

Rules: `_lock` guards the tracks and the recent alerts. Figures are user code, and are read outside it.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Any

from .._clock import Clock, wall_time
from .._masking import line
from ._alert import Alert, Value
from ._figure import readings
from ._rule import Rule
from ._section import MOST_RECENT, told_of
from ._track import Track

_MOST = 1000
"""Labels of one rule that are bad at once; those beyond share `_other`."""
_OTHER = "_other"


class Evaluation:
    """The state of all rules of one `Alerts`."""

    __slots__ = ("_at", "_broken", "_clock", "_lock", "_recent", "_repeat", "_tracks", "rules")

    def __init__(self, rules: tuple[Rule, ...], repeat: float | None, clock: Clock) -> None:
        self.rules = rules
        self._repeat = repeat
        self._clock = clock
        self._tracks: dict[str, dict[str, Track]] = {rule.name: {} for rule in rules}
        self._recent: deque[Alert] = deque(maxlen=MOST_RECENT)
        self._broken: set[str] = set()
        self._at: float | None = None
        self.reset()

    def reset(self) -> None:
        """What a forked child does: a thread of the parent may have held the lock."""
        self._lock = Lock()

    def look(self, known: dict[str, Any]) -> list[Alert]:
        """Look at every rule once; what is new."""
        seen = [(rule, self._readings(rule, known)) for rule in self.rules]
        now, wall = self._clock.now(), wall_time()
        news: list[Alert] = []
        with self._lock:
            for rule, values in seen:
                if values is not None:
                    news += self._step_locked(rule, values, now, wall)
            self._at = wall
            self._recent.extend(news)
        return news

    def _readings(self, rule: Rule, known: dict[str, Any]) -> dict[str, Value] | None:
        try:
            found = readings(rule.figure, known)
            self._broken.discard(rule.name)
        except Exception as error:
            if rule.name not in self._broken:  # once, not at every look
                self._broken.add(rule.name)
                _log(rule, error)
            return None
        return found

    def _step_locked(self, rule: Rule, values: dict[str, Value], now: float, wall: float) -> list[Alert]:
        tracks = self._tracks[rule.name]
        for label in sorted(label for label, value in values.items() if rule.is_bad(value, firing=False)):
            if label not in tracks:
                kept = label if len(tracks) < _MOST else _OTHER
                values[kept] = values[label]
                tracks.setdefault(kept, Track(rule, kept, now, wall))
        news: list[Alert] = []
        for label, track in list(tracks.items()):
            goes_on, alert = track.step_locked(values.get(label), now, wall, self._repeat)
            news += [] if alert is None else [alert]
            if not goes_on:
                del tracks[label]
        return news

    def active(self) -> list[Alert]:
        """What fires now."""
        with self._lock:
            return [
                track.alert for tracks in self._tracks.values() for track in tracks.values() if track.alert is not None
            ]

    def told(self) -> dict[str, Any]:
        """What the section of the snapshot says."""
        active = self.active()
        with self._lock:
            recent, at = list(self._recent), self._at
        return {
            "evaluated_at": at,
            "rules": [_rule(rule, sum(alert.rule == rule.name for alert in active)) for rule in self.rules],
            "active": [told_of(alert) for alert in active],
            "recent": [told_of(alert) for alert in recent],
        }


def _rule(rule: Rule, firing: int) -> dict[str, Any]:
    return {
        "name": rule.name,
        "figure": rule.about,
        "severity": rule.severity,
        "condition": rule.condition,
        "firing": firing,
    }


def _log(rule: Rule, error: Exception) -> None:
    from logging import getLogger

    name = line(type(error).__name__)
    getLogger("resilience.alerts").error("the figure of the rule %s raised %s: it stays as it was", rule.name, name)
