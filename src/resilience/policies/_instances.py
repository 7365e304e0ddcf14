"""Circuits of single instances: a breaker with `scope="instance"`.

Rules: `_circuits` is guarded by `_lock`, but for an entry whose instance has died, which leaves by its weak reference's
callback. The lock is reentrant, for a collection inside it may run a finalizer that calls a guarded method; a circuit's own
lock may be taken inside it, never the other way round. `_operating` lets one operator speak at a time, or some circuits
would be left with the word of one, and some with that of another; no call waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import ref

from .._gate import Gate
from ._operated import OperatedCircuit

if TYPE_CHECKING:
    from ._circuit import News
    from .breaker import CircuitBreaker


class Instances:
    """The circuit of each instance, for as long as that lives. `common` is what an operator has said of all of them."""

    __slots__ = ("_circuits", "_lock", "_operating", "common")

    def __init__(self, common: OperatedCircuit) -> None:
        self.common = common
        self._circuits: dict[int, tuple[ref[Any], OperatedCircuit]] = {}
        self.renew_lock()

    def renew_lock(self) -> None:
        self._lock, self._operating = RLock(), RLock()

    def of(self, instance: object) -> OperatedCircuit:
        key = id(instance)
        with self._lock:
            found = self._circuits.get(key)
            if found is not None and found[0]() is instance:
                return found[1]
            circuit = self.common.sibling()
            self._circuits[key] = self._weakly(instance, key), circuit
            return circuit

    def _weakly(self, instance: object, key: int) -> ref[Any]:
        try:
            return ref(instance, lambda dead: self._left(key, dead))
        except TypeError:
            raise TypeError(
                f"{self.common.breaker.name}: scope='instance' needs weak references to {type(instance).__name__!r}; "
                "add '__weakref__' to its __slots__, or use scope='function' (docs/policies/circuit-breaker.md)"
            ) from None

    def _left(self, key: int, dead: ref[Any]) -> None:
        found = self._circuits.get(key)
        if found is not None and found[0] is dead:  # another instance may live where that one lay
            self._circuits.pop(key, None)

    def each(self, change: Callable[[OperatedCircuit], News]) -> News:
        """An operator's word to all. The common circuit first: one that is made meanwhile takes its state from there."""
        with self._operating:
            news = change(self.common)
            for circuit in self.circuits():
                news += change(circuit)
        return news

    def circuits(self) -> list[OperatedCircuit]:
        with self._lock:
            return [circuit for _, circuit in list(self._circuits.values())]

    def __len__(self) -> int:
        return len(self._circuits)


class PerInstance(Gate):
    """The circuit of the instance that a method is called on."""

    __slots__ = ("_breaker",)

    def __init__(self, breaker: CircuitBreaker) -> None:
        self._breaker = breaker

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not args:
            raise TypeError(
                f"{self._breaker.name}: scope='instance' guards methods, and this call has no self; use scope='function' "
                "for a plain function (docs/policies/circuit-breaker.md)"
            )
        circuit = self._breaker.of(args[0])
        return circuit, circuit.admit(args, kwargs)

    def succeeded(self, permit: Any, value: Any) -> None:
        circuit, inner = permit
        circuit.judged(inner, value)

    def failed(self, permit: Any, error: BaseException, attempt: int) -> None:
        circuit, inner = permit
        circuit.failed(inner, error, attempt)
