"""What sends calls another way: `testing.disabled()`, and who watches them.

Rules: only this module sets `astray` and `passing` of the drivers and `recorder` and `tracers` of `_watch`, under `_lock`.
"""

from __future__ import annotations

from _thread import allocate_lock

from . import _drive, _scope, _watch
from ._names import reset_in_child

_lock = allocate_lock()


@reset_in_child
def _reset() -> None:
    global _lock
    _lock = allocate_lock()


def let_pass(*, on: bool) -> None:
    """Let every call go straight to its function, or no longer."""
    with _lock:
        _drive.passing = _scope.passing = on
        _settle_locked()


def record_with(recorder: _watch.Recorder | None) -> None:
    """Let this recorder hear of every call; `None`: nobody."""
    with _lock:
        _watch.recorder = _watch.NOBODY if recorder is None else recorder
        _settle_locked()


def trace_with(*tracers: _watch.Tracer) -> None:
    """Let these tracers follow every call."""
    with _lock:
        _watch.tracers = tracers
        _settle_locked()


def _settle_locked() -> None:
    watched = _watch.recorder is not _watch.NOBODY or bool(_watch.tracers)
    _drive.astray = _scope.astray = _drive.passing or watched
