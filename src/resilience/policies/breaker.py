"""Circuit breaker: stop calling what fails, probe whether it is back.

Rules: a breaker is configuration; what changes lives in its circuits (`_circuit.py`), one for all calls, or one for each
instance of a class (`_instances.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never

from .. import _options
from .._chance import Chance
from .._clock import Clock
from .._gate import Gate, Verbs
from .._outcome import FAILURES, Judge
from .._permit import Acquirable
from .._policy import Policy
from .._span import span
from ._breaker_snapshot import BreakerSnapshot
from ._instances import Instances, PerInstance
from ._manual import ManualStates, reset_backoff
from ._operated import OperatedCircuit
from ._shadow_circuit import ShadowCircuit
from ._state import State
from ._trip import Consecutive, FailureRate, SlowCalls

_LEAST_LEASE = 1.0
_INITIAL = ("closed", "open", "isolated", "disabled", "metrics-only")


class CircuitBreaker(Policy[Never], Acquirable, ManualStates):
    """Refuse calls at once while the callee is failing, and let a few probes find out when it is back.

    Args:
        name: a label; `CircuitBreaker.named(name)` gives the one instance of that name.
        trip: when to open: `Consecutive(5)`, `FailureRate(0.5, window=30)`.
        reset_timeout: seconds until probes are let through (default 30, plus up to 10 % jitter), or a backoff: longer
            after each failed recovery.
        half_open_max_calls: n probes at once (default 1); n successes close it, the trip's rate of failures reopens it.
        lease: seconds after which a probe that never came back loses its slot (default: the reset timeout, at least 1).
        ramp: seconds after a recovery in which it lets a rising share of the calls through, from 5 % to all (default:
            all at once). A cold cache or pool behind it warms up.
        slow: `SlowCalls(2.0)` opens on slowness as well.
        on, ignore, on_result: what counts as a failure, as for `Retry`. A `Failure(open_for=seconds)` opens at once.
        initial_state: `closed`, `open`, `isolated`, `disabled` or `metrics-only`.
        shadow: count what it would refuse, and refuse nothing; `explain()` then names a threshold.
        scope: `function`: one circuit for all calls; `instance`: one for each instance of a method's class, see `of()`.
            `isolate()` and its like act on all of them, also on those of later instances.

    Raises:
        CircuitOpenError: the call was refused; it carries `retry_after`.

    Guard a function or what it calls with one breaker, not both: while half-open the inner call would need a probe of its
    own. Safe to share between threads, tasks and loops; no lock is held while the function runs. Results of calls that were
    begun before a change of state count in events only. Sources: Nygard, "Release It!"; Polly, resilience4j.

    >>> payments = CircuitBreaker("doctest-payments", trip=Consecutive(1), on=ConnectionError)
    >>> @payments
    ... def charge():
    ...     raise ConnectionError("reset")
    >>> try: charge()
    ... except ConnectionError: payments.state
    open
    """

    __slots__ = (
        "_instances",
        "circuit",
        "half_open_max_calls",
        "judge",
        "lease",
        "ramp",
        "reset",
        "scope",
        "shadow",
        "slow",
        "trip",
    )
    kind = "circuit-breaker"

    def __init__(
        self,
        name: str | None = None,
        *,
        trip: Consecutive | FailureRate = Consecutive(5),  # noqa: B008 - immutable
        reset_timeout: Any = 30.0,
        half_open_max_calls: int = 1,
        lease: Any = None,
        ramp: Any = None,
        slow: SlowCalls | None = None,
        on: Any = FAILURES,
        ignore: Any = (),
        on_result: Callable[[Any], Any] | None = None,
        initial_state: str = "closed",
        scope: str = "function",
        shadow: bool = False,
        clock: Clock | None = None,
        random: Chance | None = None,
    ) -> None:
        super().__init__(name, clock=clock, random=random)
        if not isinstance(trip, (Consecutive, FailureRate)) or isinstance(trip, SlowCalls):
            _options.refuse("trip", trip, "Consecutive(5) or FailureRate(0.5); slowness goes to slow=", kind=TypeError)
        if not (slow is None or isinstance(slow, SlowCalls)):
            _options.refuse("slow", slow, "SlowCalls(seconds) or None", kind=TypeError)
        self.trip = trip
        self.slow = slow
        self.reset = reset_backoff(reset_timeout)
        self.half_open_max_calls = _options.count("half_open_max_calls", half_open_max_calls)
        self.lease = _options.optional_seconds("lease", lease)
        self.ramp = _options.optional_seconds("ramp", ramp)
        self.judge = Judge(on, ignore, on_result)
        self.scope = _options.choice("scope", scope, ("function", "instance"))
        self.shadow = _options.flag("shadow", shadow)
        self.circuit = self._new_circuit(State(_options.choice("initial_state", initial_state, _INITIAL)))
        self._instances = Instances(self.circuit) if self.scope == "instance" else None

    def _new_circuit(self, state: State) -> OperatedCircuit:
        isolated = state is State.ISOLATED
        kind = ShadowCircuit if self.shadow else OperatedCircuit
        circuit = kind(self, State.CLOSED if isolated else state)
        if isolated:
            circuit._tell(circuit.isolate(self.kind))
        return circuit

    # The chain

    def bind(self, function: Callable[..., Any]) -> Gate:
        if self.scope == "instance":
            return PerInstance(self)
        return self.circuit if self.judge.on_result is None else _Judged(self.circuit)

    def check_generator(self, function: Callable[..., Any]) -> None:
        """Generators are guarded: the permit is held from the first `next` to the close."""

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self.circuit.admit(args, kwargs)

    def succeeded(self, permit: Any, value: Any) -> None:
        self.circuit.judged(permit, value)

    def failed(self, permit: Any, error: BaseException, attempt: int) -> None:
        self.circuit.failed(permit, error, attempt)

    def blamed(self, permit: Any, error: BaseException | None, open_for: float | None) -> None:
        self.circuit.settle(permit, True, open_for, error)

    def released(self, permit: Any) -> None:
        self.circuit.release(permit)

    def of(self, instance: object) -> OperatedCircuit:
        """The circuit of one instance, with `scope="instance"`; it lives as long as the instance."""
        return self.circuit if self._instances is None else self._instances.of(instance)

    # What the circuit asks

    def open_seconds(self, failed_recoveries: int) -> float:
        """How long it stays open, before jitter."""
        return self.reset.delay(failed_recoveries + 1, self._random())

    def lease_for(self, failed_recoveries: int) -> float:
        """How long a probe may hold its slot."""
        return self.lease or max(_LEAST_LEASE, self.reset.worst(failed_recoveries + 1))

    # What users ask

    @property
    def state(self) -> State:
        """The state now; half-open when that is due, with no timer behind it."""
        return self.state_of(self.circuit)

    def state_of(self, circuit: OperatedCircuit) -> State:
        """The state of one circuit now."""
        if circuit.isolations:
            return State.ISOLATED
        due = circuit.state is State.OPEN and self._now() >= circuit.due
        return State.HALF_OPEN if due else circuit.state

    def explain(self) -> str:
        """State and count in plain words, and what would change them.

        >>> CircuitBreaker("doctest").explain()
        'closed: 0 failures in a row; opens at 5'
        """
        circuit, now, state = self.circuit, self._now(), self.state
        if isinstance(circuit, ShadowCircuit):
            return circuit.explain()
        if state is State.OPEN:
            return f"open: refuses calls for {span(max(0.0, circuit.due - now))} more; then {self._probes()}"
        if state is State.HALF_OPEN:
            return (
                f"half-open: {circuit.successes} of {self.half_open_max_calls} successes, {circuit.failures} failures"
            )
        if state is State.ISOLATED:
            return f"isolated: refuses all calls until {len(circuit.isolations)} isolation(s) are released, or close()"
        if state is State.DISABLED:
            return "disabled: lets all calls through and counts nothing"
        with circuit.locked():
            words, ramp = circuit.tally.describe(now), circuit.ramp
        if ramp is not None and ramp.left(now) > 0:
            words += f"; recovering: {ramp.share(now):.0%} of the calls go through, all in {span(ramp.left(now))}"
        return f"{state}: {words}"

    def _probes(self) -> str:
        return "1 probe" if self.half_open_max_calls == 1 else f"{self.half_open_max_calls} probes"

    def snapshot(self) -> BreakerSnapshot:
        circuit, now, state = self.circuit, self._now(), self.state
        with circuit.locked():
            (calls, failures), ramp = circuit.tally.counted(now), circuit.ramp
        return BreakerSnapshot(
            name=self.name,
            state=state.value,
            calls=calls,
            failures=failures,
            open_for=max(0.0, circuit.due - now) if state is State.OPEN else None,
            share=1.0 if ramp is None else ramp.share(now),
            opened=circuit.opened,
            rejected=0 if self.shadow else circuit.rejected,
            failed_recoveries=circuit.failed_recoveries,
            would_reject=circuit.rejected if self.shadow else 0,
        )

    def _steady(self) -> tuple[int, ...] | None:
        circuit = self.circuit
        epoch = circuit.calm  # closed, nothing counted, and no time that would change anything
        return None if epoch is None else (epoch, circuit.opened, circuit.rejected, circuit.failed_recoveries)

    def circuits(self) -> list[OperatedCircuit]:
        """The circuit for all calls, and those of single instances."""
        return [self.circuit, *(() if self._instances is None else self._instances.circuits())]

    def reset_after_fork(self) -> None:
        if self._instances is not None:
            self._instances.renew_lock()
        for circuit in self.circuits():
            circuit.renew_lock()

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self.name!r} {self.state} trip={self.trip!r}>"


class _Judged(Gate):
    """A circuit whose calls may fail by their result."""

    __slots__ = ("_circuit", "admit", "failed")

    def __init__(self, circuit: OperatedCircuit) -> None:
        self._circuit = circuit
        self.admit = circuit.admit  # type: ignore[method-assign] # the circuit's own verb, with no step between
        self.failed = circuit.failed  # type: ignore[method-assign] # as above

    def verbs(self) -> Verbs:
        return Verbs(self.admit, self.succeeded, self.failed)

    def succeeded(self, permit: Any, value: Any) -> None:
        self._circuit.judged(permit, value)
