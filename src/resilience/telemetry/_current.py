"""The one recorder of this process, on or off.

Rules: `_recorder` is set under `_lock`; turning it on lets calls be watched and events be heard, turning it off ends both.
`_claims` says how many have asked for it, and whoever has closes it by leaving it; the last turns it off.
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
_claims = 0


def enable(*, window: Any = 60.0, max_policies: int = 2000, recent: int = 20, clock: Clock | None = None) -> Recorder:
    """Record calls and events of every policy of this process from now on, those decorated before included.

    Off by default, and then it costs nothing; on, it costs a guarded call less than a microsecond. While it is on, calling
    this again gives the recorder that runs; as a context manager it is turned off by the last who leaves it.

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
    global _claims
    made = Recorder(window=window, max_policies=max_policies, recent=recent, clock=clock)
    with _lock:
        running = _recorder or _begun_locked(made)
        if running.about() != made.about() or (clock is not None and running.now != made.now):
            raise ValueError(
                f"window={window!r}, max_policies={max_policies!r}, recent={recent!r}, clock={clock!r}: telemetry is on "
                f"with {running.about()}; call telemetry.disable() first, or enable() with the same options "
                "(docs/telemetry/index.md)"
            )
        _claims += 1
        return running


def claimed() -> Recorder:
    """The recorder that is on, whatever its options, or a new one: for who calls its `ended` when done with it."""
    global _claims
    with _lock:
        running = _recorder or _begun_locked(Recorder())
        _claims += 1
        return running


def _begun_locked(made: Recorder) -> Recorder:
    global _recorder, _hearing, _claims
    made.ended = _left
    _recorder, _claims = made, 0
    _hearing = listen(made.heard, *KEPT)
    _sections.record_from(made)
    _switches.record_with(made)
    return made


def _left(one: Recorder) -> None:
    """Somebody is done with it; one that was turned off by `disable` has nobody left."""
    global _claims
    with _lock:
        if one is _recorder:
            _claims -= 1
            if _claims <= 0:
                _end_locked()


def disable() -> None:
    """Stop recording, whoever asked for it, and forget; nothing happens if it is off already."""
    with _lock:
        _end_locked()


def _end_locked() -> None:
    global _recorder, _hearing
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
