"""Tell somebody when a figure is bad: rules on the snapshot and on the thresholds of the settings; log, function, webhook.

`Alerts` looks at `Rule`s and tells sinks what begins and what recovers; `default_rules()` needs no thought.
"""

from __future__ import annotations

from ._alert import Alert
from ._defaults import default_rules
from ._engine import Alerts
from ._rule import Rule
from ._sinks import LogSink, Webhook

__all__ = ["Alert", "Alerts", "LogSink", "Rule", "Webhook", "default_rules"]
