"""See what the policies of this process do: figures of calls and events, logging, Prometheus, OpenTelemetry.

Off by default. `enable()` turns the recorder on, for functions that were decorated before as well; `resilience.snapshot()`
gives everything as plain JSON values; `section()` adds something to it. `resilience.telemetry.prometheus` and
`resilience.telemetry.otel` need the extras `prometheus` and `otel`.
"""

from __future__ import annotations

from .._sections import section
from .._snapshot import snapshot
from ._current import disable, enable, recorder
from ._logging import EventLog, enable_logging
from ._recorder import Recorder

__all__ = ["EventLog", "Recorder", "disable", "enable", "enable_logging", "recorder", "section", "snapshot"]
