"""What all live `Alerts` know, as the section `alerts` of the snapshot has it."""

from __future__ import annotations

from typing import Any

from .._plain import plain
from .._sections import Gathering
from ._alert import Alert

MOST_RECENT = 50


def told_of(alert: Alert) -> dict[str, Any]:
    """The fields of an alert but for its words, which the rule has."""
    fields: dict[str, Any] = plain(alert)
    del fields["condition"]
    return fields


def _told(engines: list[Any]) -> dict[str, Any]:
    told = [engine.told() for engine in engines]
    active = [alert for one in told for alert in one["active"]]
    looks = [one["evaluated_at"] for one in told if one["evaluated_at"] is not None]
    recent = sorted((alert for one in told for alert in one["recent"]), key=lambda alert: float(alert["at"]))
    return {
        "firing": len(active),
        "evaluated_at": max(looks, default=None),
        "rules": [rule for one in told for rule in one["rules"]],
        "active": active,
        "recent": recent[-MOST_RECENT:],
        "sinks": [sink for one in told for sink in one["sinks"]],
    }


GATHERED = Gathering("alerts", _told)
