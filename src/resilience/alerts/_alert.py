"""What is told of a rule: that it fires, or that it does no more. Frozen, plain, comparable."""

from __future__ import annotations

from .._record import Record

SEVERITIES = ("info", "warning", "critical")
FIRING, RESOLVED = "firing", "resolved"
Value = float | str | bool


class Alert(Record):
    """A rule has begun to fire, or has recovered.

    Attributes:
        rule: name of the rule.
        label: of what: the policy, check or disk that a `*` in the figure stands for; empty for a single figure.
        severity: `info`, `warning`, `critical`.
        state: `firing`, or `resolved` for the recovery.
        value: the figure; at a recovery `None` if there is none any more.
        limit: what it is compared with.
        condition: the rule's condition in words.
        since: when the condition began to hold, in seconds since 1970.
        at: when this was found.

    >>> print(Alert(rule="disk", label="/", severity="warning", state="firing", value=97.0, limit=90.0,
    ...             condition="above 90", since=0.0, at=60.0))
    warning: disk of / is 97, above 90
    """

    rule: str
    severity: str
    state: str
    value: Value | None
    limit: Value
    condition: str
    since: float
    at: float
    label: str = ""

    def __str__(self) -> str:
        about = f"{self.rule} of {self.label}" if self.label else self.rule
        told = f"{self.value:.4g}" if isinstance(self.value, float) else str(self.value)
        if self.state == RESOLVED:
            return f"resolved: {about} is {told if self.value is not None else 'gone'}, no longer {self.condition}"
        rest = self.condition.removeprefix(f"equal to {self.value}")  # which would be the value a second time
        return f"{self.severity}: {about} is {told}{rest if rest != self.condition else f', {self.condition}'}"
