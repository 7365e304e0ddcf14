"""Is this program fit to serve? Checks by name, run together in time; probes for ASGI and WSGI; health+json.

`HealthRegistry` holds the checks; `http`, `tcp`, `command`, `breaker`, `miniapp`, `ping`, `cpu`, `memory` and `disk` make
them.
"""

from __future__ import annotations

from .._level import Level
from ._asgi import HealthApp
from ._check import Check
from ._command import command
from ._machine import cpu, disk, memory
from ._network import http, tcp
from ._objects import breaker, miniapp, ping
from ._registry import HealthRegistry
from ._result import CheckResult, HealthReport, Verdict
from ._wsgi import HealthWSGI

__all__ = [
    "Check",
    "CheckResult",
    "HealthApp",
    "HealthRegistry",
    "HealthReport",
    "HealthWSGI",
    "Level",
    "Verdict",
    "breaker",
    "command",
    "cpu",
    "disk",
    "http",
    "memory",
    "miniapp",
    "ping",
    "tcp",
]
