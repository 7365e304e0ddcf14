"""What an operator may do to a circuit breaker, and how its state survives a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import _options
from .._backoff import Backoff, Fixed
from .._clock import wall_time
from .._pages import linked
from ._circuit import News
from ._operated import OperatedCircuit
from ._state import CLOSED, DISABLED, METRICS_ONLY, OPEN, State
from ._trip import Consecutive

if TYPE_CHECKING:
    from ._instances import Instances

_FORMAT = 1


class Isolation:
    """One reason to keep a circuit closed to all calls; a context manager, or `release()`, once."""

    __slots__ = ("_operated",)

    def __init__(self, operated: ManualStates) -> None:
        self._operated: ManualStates | None = operated

    def release(self) -> None:
        """Take this isolation back; the last one lets calls through again."""
        operated, self._operated = self._operated, None
        if operated is not None:
            operated._each(lambda circuit: circuit.release_isolation(self))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.release()


class ManualStates:
    """The operator's part of `CircuitBreaker`; with `scope="instance"` each acts on the circuits of all instances."""

    __slots__ = ()
    circuit: OperatedCircuit
    _instances: Instances | None

    def circuits(self) -> list[OperatedCircuit]:
        """The circuit for all calls, and those of single instances."""
        raise NotImplementedError

    def _each(self, change: Callable[[OperatedCircuit], News]) -> None:
        news = change(self.circuit) if self._instances is None else self._instances.each(change)
        self.circuit._tell(news)

    def _enter(self, state: State, reason: str, seconds: float | None = None) -> None:
        self._each(lambda circuit: circuit.enter(state, reason, seconds))

    def isolate(self) -> Isolation:
        """Force it open until released; isolations are counted, so that two operators do not undo each other.

        >>> from resilience import CircuitBreaker
        >>> breaker = CircuitBreaker("doctest-isolated")
        >>> with breaker.isolate():
        ...     breaker.state
        isolated
        >>> breaker.state
        closed
        """
        isolation = Isolation(self)
        self._each(lambda circuit: circuit.isolate(isolation))
        return isolation

    def close(self) -> None:
        """Close it and begin to count anew, from any state; every isolation ends."""
        self._enter(CLOSED, "close()")

    def disable(self) -> None:
        """Let all calls through and count nothing, until `close()`."""
        self._enter(DISABLED, "disable()")

    def metrics_only(self) -> None:
        """Let all calls through and count them, but never open, until `close()`."""
        self._enter(METRICS_ONLY, "metrics_only()")

    def open(self, seconds: Any = None) -> None:
        """Open it now, for so many seconds (default: the reset timeout)."""
        self._enter(OPEN, "open()", None if seconds is None else _options.seconds("seconds", seconds))

    def retune(
        self, *, failures: int | None = None, reset_timeout: Any = None, half_open_max_calls: int | None = None
    ) -> None:
        """Change numbers in place: state, counts and an opening under way stay as they are.

        Args:
            failures: the number of a `Consecutive` trip.
            reset_timeout: for the next opening; seconds or a backoff.
            half_open_max_calls: for the next probe.

        Raises:
            ValueError: `failures` for a breaker that trips on something else.

        >>> from resilience import CircuitBreaker
        >>> breaker = CircuitBreaker("doctest-retuned")
        >>> breaker.retune(failures=2)
        >>> breaker.explain()
        'closed: 0 failures in a row; opens at 2'
        """
        breaker: Any = self
        if failures is not None:
            if not isinstance(breaker.trip, Consecutive):
                _options.refuse("failures", failures, f"left out: this breaker trips on {breaker.trip!r}")
            breaker.trip = Consecutive(failures)
            for circuit in breaker.circuits():
                circuit.limit(failures)
        if reset_timeout is not None:
            breaker.reset = reset_backoff(reset_timeout)
        if half_open_max_calls is not None:
            breaker.half_open_max_calls = _options.count("half_open_max_calls", half_open_max_calls)

    def dump(self) -> dict[str, Any]:
        """The state as durations and a wall-clock stamp, plain enough for JSON; see `load`."""
        return self.circuit.dump(wall_time())

    def load(self, state: dict[str, Any]) -> None:
        """Take up a state that `dump` gave, perhaps in another process: time that has passed meanwhile counts.

        Raises:
            ValueError: it is not such a state.
        """
        if not isinstance(state, Mapping):
            _options.refuse("state", state, "what CircuitBreaker.dump() gave: a dict, e.g. json.loads() of its text")
        try:
            if state["format"] != _FORMAT:
                raise ValueError(f"format={state['format']!r} is not {_FORMAT}, the one that this version reads")
            stamp = _options.amount("stamp", state["stamp"])
            left = _options.seconds("open_for", state["open_for"], zero=True)
            recoveries = _options.count("failed_recoveries", state["failed_recoveries"], minimum=0)
            name = State(state["state"])
            isolated = _options.flag("isolated", state["isolated"])
            if name in (State.ISOLATED, State.HALF_OPEN):
                raise ValueError(f"state={name.value!r} is never dumped")
        except (KeyError, TypeError, ValueError) as error:
            why = f"it lacks {error}" if isinstance(error, KeyError) else error
            raise ValueError(linked(f"state={state!r}: must be what CircuitBreaker.dump() gave; {why}")) from error
        passed = max(0.0, wall_time() - stamp)
        left = max(0.0, left - passed)
        self._each(lambda circuit: circuit.restore(name, left, recoveries, isolated))


def reset_backoff(value: Any) -> Backoff:
    """What `reset_timeout=` means: a backoff, or always the same seconds."""
    return value if isinstance(value, Backoff) else Fixed(_options.seconds("reset_timeout", value))
