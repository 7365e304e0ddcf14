"""What an operator may do to the policies of this process.

Rules: an isolation that was asked for here is kept in `_isolations` until `close` takes it back, so that the program's own
isolations stay; guarded by `_lock`.
"""

from __future__ import annotations

import logging
from threading import Lock
from typing import Any

from .. import _options
from .._masking import printable
from .._names import live_policies
from ..policies._manual import Isolation
from ._processes import text

ACTIONS = ("isolate", "close", "reset", "metrics-only", "clear", "pause")
_PAUSE = 10.0
_LONGEST_PAUSE = 3600.0
_KINDS = {"clear": "cache", "pause": "rate-limiter"}
_log = logging.getLogger("resilience.dashboard")


class Controls:
    """Does what is asked, to one policy, and logs it.

    >>> from resilience import CircuitBreaker
    >>> breaker = CircuitBreaker("doctest-controlled")
    >>> controls = Controls()
    >>> controls.act("isolate", "circuit-breaker", "doctest-controlled")
    'isolated'
    >>> controls.act("close", "circuit-breaker", "doctest-controlled")
    'closed'
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._isolations: dict[int, Isolation] = {}

    def act(self, action: str, kind: str, name: str, seconds: Any = None) -> str:
        """Do it, and say what came of it.

        Raises:
            LookupError: there is no such policy. ValueError: nothing of the kind can be done to it.
        """
        if action not in ACTIONS or kind != _KINDS.get(action, "circuit-breaker"):
            raise ValueError(f"action={action!r}: nothing that can be done to a {printable(kind)}")
        found = [one for one in live_policies() if one.kind == kind and text(str(one.name)) == name]
        if not found:
            raise LookupError(f"no {printable(kind)} is called {printable(name)}")
        told = self._do(action, found[0], seconds)
        _log.warning("%s of %s %s from the dashboard", action, kind, printable(name))
        return told

    def _do(self, action: str, policy: Any, seconds: Any) -> str:
        if action == "clear":
            policy.clear()
            return "cleared"
        if action == "pause":
            pause = min(_options.seconds("seconds", _PAUSE if seconds is None else seconds), _LONGEST_PAUSE)
            policy.pause(pause)
            return f"paused for {pause:g} s"
        with self._lock:
            if action == "isolate":
                if id(policy) not in self._isolations:
                    self._isolations[id(policy)] = policy.isolate()
            else:
                self._isolations.pop(id(policy), None)
                policy.metrics_only() if action == "metrics-only" else policy.close()
        return str(policy.state)
