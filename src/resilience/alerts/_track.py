"""The state of one rule for one label: good, bad but not for long enough, or firing.

Rules: guarded by the lock of the `Alerts` it belongs to. One that is good is forgotten.

    good --bad--> pending --bad for `lasting`--> firing --good--> good
                  pending --good--> good
"""

from __future__ import annotations

from ._alert import FIRING, RESOLVED, Alert, Value
from ._rule import Rule


class Track:
    """What is known of one rule and label."""

    __slots__ = ("_begun", "_label", "_limit", "_rule", "_since", "_told_at", "_value", "alert")

    def __init__(self, rule: Rule, label: str, now: float, wall: float) -> None:
        self._rule = rule
        self._label = label
        self._begun = now
        self._since = wall
        self._told_at = now
        self._value: Value | None = None
        self.alert: Alert | None = None

    @property
    def firing(self) -> bool:
        """Was it told?"""
        return self.alert is not None

    def step_locked(
        self, value: Value | None, now: float, wall: float, repeat: float | None
    ) -> tuple[bool, Alert | None]:
        """Look at the figure: does it go on, and is there something to tell?"""
        if value is None or not self._rule.is_bad(value, firing=self.firing):
            return False, self._made(RESOLVED, value, wall) if self.firing else None
        known = self.alert
        if known is None:
            if now - self._begun < self._rule.lasting:
                return True, None
        elif repeat is None or now - self._told_at < repeat:
            self.alert = known.replace(value=value)
            return True, None
        self._told_at = now
        self.alert = self._made(FIRING, value, wall)
        return True, self.alert

    def _made(self, state: str, value: Value | None, wall: float) -> Alert:
        return Alert(
            rule=self._rule.name,
            label=self._label,
            severity=self._rule.severity,
            state=state,
            value=value,
            limit=self._rule.limit,
            condition=self._rule.condition,
            since=self._since,
            at=wall,
        )
