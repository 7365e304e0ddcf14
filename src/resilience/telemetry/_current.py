"""The one recorder of this process, on or off.

Rules: `_recorder` is set under `_lock`; turning it on lets calls be watched and events be heard, turning it off ends both.
"""

from __future__ import annotations

from _thread import allocate_lock
from typing import Any

from .. import _sections, _switches
from .._clock import Clock
from .._listeners import Subscription, listen
from .._names import reset_in_child
from ._recorder import Recorder
from ._tally import KEPT

_lock = allocate_lock()
_recorder: Recorder | None = None
_hearing: Subscription | None = None


def enable(*, window: Any = 60.0, max_policies: int = 2000, recent: int = 20, clock: Clock | None = None) -> Recorder:
    """Record calls and events of every policy of this process from now on, those decorated before included.

    Off by default, and then it costs nothing; on, it costs a guarded call less than a microsecond. While it is on, calling
    this again gives the recorder that runs.

    Args:
        window: seconds that error rates and quantiles look back (default 60, enough to see what is going on now).
        max_policies: labels kept at most (default 2,000); others share `_other`.
        recent: newest events kept for each policy (default 20).
        clock: for response times and the window; the real one by default, a fake one in tests.

    Returns:
        The recorder, also a context manager that turns it off again.

    Raises:
        ValueError: it is on with other options, or an option is out of range.

    Thread-safe. A forked child goes on with a recorder that is empty.

    >>> from resilience import Retry
    >>> with enable(window=30) as recorder:
    ...     answer = Retry(name="doctest-enable").call(int, "7")
    ...     recorder.calls("doctest-enable")["window"]["total"]
    1
    """
    global _recorder, _hearing
    made = Recorder(window=window, max_policies=max_policies, recent=recent, clock=clock)
    with _lock:
        if _recorder is not None:
            if _recorder.about() != made.about():
                raise ValueError(
                    f"window={window!r}, max_policies={max_policies!r}, recent={recent!r}: telemetry is on with "
                    f"{_recorder.about()}; call telemetry.disable() first, or enable() with the same options"
                )
            return _recorder
        made.ended = disable
        _recorder = made
        _hearing = listen(made.heard, *KEPT)
        _sections.record_from(made)
        _switches.record_with(made)
        return made


def disable() -> None:
    """Stop recording, and forget; nothing happens if it is off already."""
    global _recorder, _hearing
    with _lock:
        if _hearing is not None:
            _hearing.close()
        _switches.record_with(None)
        _sections.record_from(None)
        if _recorder is not None:
            _recorder.stop()
        _recorder = _hearing = None


def recorder() -> Recorder | None:
    """The recorder that is on, or `None`."""
    return _recorder


@reset_in_child
def _reset() -> None:
    global _lock
    _lock = allocate_lock()
    if _recorder is not None:
        _recorder.forget()
