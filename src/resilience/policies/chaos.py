"""Chaos: faults on purpose, to see that all else stands them.

Rules: the counters and the generator are guarded by `_lock`; all else is immutable.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from typing import Any, Never

from .. import _options
from .._chance import Chance
from .._clock import Clock
from .._deadline import remaining
from .._gate import Answer, Park, Verbs
from .._options import INFINITY
from .._outcome import duplicate
from .._policy import Policy
from .._record import Record
from .._ticket import Ticket
from .._worst import WorstCase
from ..errors import CallTimeoutError, ResilienceWarning
from ..events import ChaosInjected


class ChaosSnapshot(Record):
    """`calls` that came by while it was on, and `injected` faults; both stay 0 while it is off."""

    name: str
    enabled: bool
    rate: float
    calls: int
    injected: int


class Chaos(Policy[Never]):
    """Give some calls an error, a delay or another result, on purpose.

    **Off unless the code says `enabled=True`**; no setting and no environment turns it on. Off, it is not even a part of
    the chain. On, it warns when it is made, and says so in its `repr` and in every event. Put it innermost, where the
    callee's own faults would come from.

    Args:
        error: an exception, a class, or a function that gives one. What is injected is a copy of an instance.
        latency: seconds before the call (or before the error or result), or `f(chance) -> seconds`, where `chance()`
            gives numbers in 0..1. They pass on the policy's clock.
        result: a value instead of the call's, or a function that gives it; `lambda: None` for `None`.
        rate: the share of calls, 0..1.
        seed: makes a run repeatable: the same calls in the same order meet the same faults.
        enabled: `True`, or a function that is asked at each call and means yes by `True` alone (default `False`).
        name: a label.

    Raises:
        TypeError: nothing to inject, or both `error` and `result`.
        CallTimeoutError: an injected latency outlasted the deadline: a failure, as of a slow callee.

    Safe to share between threads, tasks and loops. Source: Polly's chaos strategies; "Chaos Engineering" (IEEE
    Software, 2016).

    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     chaos = Chaos(error=ConnectionError("injected"), rate=1.0, enabled=True)
    >>> try: chaos.call(sum, [1, 2])
    ... except ConnectionError as error: print(error)
    injected
    """

    __slots__ = ("_calls", "_draw", "_enabled", "_error", "_injected", "_latency", "_lock", "_result", "rate", "seed")
    kind = "chaos"

    def __init__(
        self,
        *,
        error: BaseException | type[BaseException] | Callable[[], BaseException] | None = None,
        latency: Any = None,
        result: Any = None,
        rate: float,
        seed: int | None = None,
        enabled: bool | Callable[[], bool] = False,
        name: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name, clock=clock)
        if error is not None and result is not None:
            raise TypeError(
                "error=, result=: a call ends one way; make two Chaos policies, each with its rate (docs/policies/chaos.md)"
            )
        if error is None and result is None and latency is None:
            raise TypeError(
                "nothing to inject; give error=, latency= or result=, e.g. error=ConnectionError (docs/policies/chaos.md)"
            )
        self._error: Any = None if error is None else _checked_error(error)
        self._latency = _checked_latency(latency)
        self._result = _options.logic("result", result) if callable(result) else result
        self.rate = _options.share("rate", rate, zero=True)
        self.seed = None if seed is None else _options.count("seed", seed, minimum=0)
        self._enabled = _checked_enabled(enabled)
        self._draw = None if seed is None else _seeded(seed)
        self._lock = allocate_lock()
        self._calls = self._injected = 0
        if self._enabled is not False:
            _warn(self)

    @property
    def enabled(self) -> bool:
        """Is it on now?"""
        return self._enabled is True or (self._enabled is not False and self._enabled() is True)

    def verbs(self) -> Verbs:
        return Verbs(None if self._enabled is False else self.admit, None, None)

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self.enabled or not self._hit():
            return None
        latency = self._latency
        seconds = _options.seconds("latency", latency(self._chance), zero=True) if callable(latency) else latency
        with self._lock:
            self._injected += 1
        if not seconds:
            return self._inject(0.0)
        return Park(Slowness(self, seconds))

    def _hit(self) -> bool:
        with self._lock:
            self._calls += 1
            draw = self._draw
            if draw is not None:
                return draw() < self.rate
        return self._random() < self.rate

    def _chance(self) -> float:
        """The next number of the seeded run, or of the process."""
        draw = self._draw
        if draw is None:
            return self._random()
        with self._lock:
            return draw()

    def _inject(self, latency: float) -> Answer | None:
        """After the latency: the error, the result, or the call itself."""
        if self._error is not None:
            error = _fresh(self._error)
            self.tell(ChaosInjected, fault="error", latency=latency, error=error)
            raise error
        self.tell(ChaosInjected, fault="latency" if self._result is None else "result", latency=latency)
        if self._result is None:
            return None
        return Answer(self._result() if callable(self._result) else self._result)

    def worst_case(self, inner: WorstCase) -> WorstCase:
        """The latency on top, unless it is off."""
        if self._enabled is False:
            return inner
        latency = INFINITY if callable(self._latency) else self._latency
        return WorstCase(calls=inner.calls, seconds=inner.seconds + latency)

    def snapshot(self) -> ChaosSnapshot:
        enabled = self.enabled
        with self._lock:
            return ChaosSnapshot(
                name=self.name, enabled=enabled, rate=self.rate, calls=self._calls, injected=self._injected
            )

    def reset_after_fork(self) -> None:
        self._lock = allocate_lock()

    def __repr__(self) -> str:
        given = {"error": self._error, "latency": self._latency or None, "result": self._result}
        faults = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is not None)
        state = "off" if self._enabled is False else "CHAOS ON" if self._enabled is True else "CHAOS ON when asked"
        return f"<Chaos {self.name!r} {state}: {faults} at {self.rate:.4g}>"


class Slowness(Ticket):
    """Injected latency: nobody grants it but time."""

    __slots__ = ("_chaos",)
    works = True

    def __init__(self, chaos: Chaos, seconds: float) -> None:
        super().__init__(seconds, time_only=True)
        self._chaos = chaos

    def redeem(self) -> Any:
        if remaining() <= 0:
            raise CallTimeoutError(
                f"{self._chaos.name}: CHAOS ON: {self.timeout:g} s of injected latency outlasted the deadline; turn "
                "it off, or allow more time (docs/policies/chaos.md)",
                policy=self._chaos.name,
            )
        return self._chaos._inject(self.timeout or 0.0)

    def forsake(self) -> None:
        """Nobody waits for its end."""


def _checked_error(error: Any) -> Any:
    if isinstance(error, Exception):
        return error
    if isinstance(error, type) and issubclass(error, Exception):
        try:
            error()
        except Exception:
            allowed = "a class that needs no arguments; give an instance, or a function"
            _options.refuse("error", error, allowed, kind=TypeError)
        return error
    if isinstance(error, (BaseException, type)) or not callable(error):
        _options.refuse("error", error, "an Exception, a subclass, or a function that gives one", kind=TypeError)
    return _options.logic("error", error)


def _checked_latency(latency: Any) -> Any:
    if callable(latency):
        return _options.logic("latency", latency)
    return 0.0 if latency is None else _options.seconds("latency", latency)


def _checked_enabled(enabled: Any) -> Any:
    if isinstance(enabled, bool):
        return enabled
    if not callable(enabled):
        _options.refuse("enabled", enabled, "True, False, or a function that is asked at each call", kind=TypeError)
    return _options.logic("enabled", enabled)


def _seeded(seed: int) -> Chance:
    from random import Random

    return Random(seed).random


def _warn(chaos: Chaos) -> None:
    from warnings import warn

    warn(
        f"{chaos!r}: faults are injected on purpose; never leave this on in production (docs/policies/chaos.md)",
        ResilienceWarning,
        stacklevel=3,
    )


def _fresh(told: Any) -> BaseException:
    """A new one each time: an instance that is raised again and again grows its traceback."""
    if isinstance(told, BaseException):
        return duplicate(told) or told
    made = told()
    if not isinstance(made, Exception):
        _options.refuse("error", told, f"a function that gives an Exception, not {made!r}", kind=TypeError)
    return made
