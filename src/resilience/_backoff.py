"""How long to wait between attempts: pure functions of the attempt and of chance.

`delay(attempt, chance)` for the attempt that just failed, counted from 1, and a number in 0..1. Exponents are clamped,
so attempt 10,000 costs what attempt 1 does. A backoff with a memory of its own call starts one by `begin()`.
Sources: "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015); Polly's DecorrelatedJitterBackoffV2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp2, log2, tanh
from typing import Any

from . import _options
from ._record import Part

Delay = Callable[[int, float], float]
JITTERS = ("none", "full", "equal")
_MOST = 1e12


def jittered(kind: str | float, delay: float, chance: float) -> float:
    """Spread a delay: `full` 0..d, `equal` d/2..d, a factor f: d-fd..d+fd, `none` d."""
    if kind == "full":
        return delay * chance
    if kind == "equal":
        return delay * (0.5 + chance / 2)
    if isinstance(kind, float):
        return delay * (1 + kind * (2 * chance - 1))
    return delay


def checked_jitter(value: Any) -> str | float:
    if isinstance(value, str):
        return _options.choice("jitter", value, JITTERS)
    return _options.share("jitter", value, zero=True)


class Backoff(Part):
    """The base of the delays below; also what an iterable, or a function of the attempt, is turned into."""

    __slots__ = ()

    def delay(self, attempt: int, chance: float) -> float:
        """Seconds to wait after this attempt."""
        raise NotImplementedError

    def begin(self) -> Delay:
        """The delays of one call."""
        return self.delay

    def after(self, delays: Delay, cause: Any) -> Delay:
        """The delays to ask after this failure (an error, or a bad result): those of the call, unless it matters."""
        return delays

    def obey(self, named: float, delays: Delay, attempt: int, chance: float) -> float | None:
        """What is waited when the callee names a delay; `None`: what it named, or a little more, never less."""

    def obeyed(self, delays: Delay, attempt: int) -> Delay:
        """The delays of the call once a named one was obeyed after this attempt."""
        return delays

    def worst(self, attempt: int) -> float:
        """The longest that `delay(attempt, ...)` can be."""
        return max(self.delay(attempt, 0.0), self.delay(attempt, 1.0))

    def worst_obeyed(self, attempt: int, named: float) -> float:
        """The longest wait after this attempt where the callee may name a delay of up to `named` seconds."""
        return max(named, self.worst(attempt))


class Exponential(Backoff):
    """`initial * multiplier ** (attempt - 1)` seconds, at most `maximum`, jittered.

    Defaults: 0.1 s doubling to 10 s with full jitter, which spreads clients best (AWS, 2015). `jitter` is `none`,
    `full`, `equal`, or a share: 0.2 means +-20 %. Immutable, so safe anywhere.

    >>> [Exponential(jitter="none").delay(n, 0.5) for n in (1, 2, 3, 10_000)]
    [0.1, 0.2, 0.4, 10.0]
    """

    __slots__ = ("_exponents", "initial", "jitter", "maximum", "multiplier")

    def __init__(
        self, initial: Any = 0.1, *, multiplier: float = 2.0, maximum: Any = 10.0, jitter: str | float = "full"
    ) -> None:
        self.initial = _options.seconds("initial", initial, zero=True)
        self.multiplier = _options.amount("multiplier", multiplier, minimum=1.0)
        self.maximum = _options.seconds("maximum", maximum)
        self.jitter = checked_jitter(jitter)
        grows = self.initial > 0 and self.multiplier > 1
        self._exponents = max(0.0, log2(_MOST / self.initial) / log2(self.multiplier)) if grows else 0.0

    def delay(self, attempt: int, chance: float) -> float:
        exponent = min(attempt - 1, self._exponents)
        return jittered(self.jitter, min(self.maximum, self.initial * self.multiplier**exponent), chance)

    def __repr__(self) -> str:
        return (
            f"Exponential({self.initial:g}, multiplier={self.multiplier:g}, maximum={self.maximum:g}, "
            f"jitter={self.jitter!r})"
        )


class Fixed(Backoff):
    """The same delay each time.

    >>> Fixed(2, jitter=0.5).delay(1, 1.0)
    3.0
    """

    __slots__ = ("jitter", "seconds")

    def __init__(self, seconds: Any, *, jitter: str | float = "none") -> None:
        self.seconds = _options.seconds("seconds", seconds, zero=True)
        self.jitter = checked_jitter(jitter)

    def delay(self, attempt: int, chance: float) -> float:
        return jittered(self.jitter, self.seconds, chance)

    def __repr__(self) -> str:
        return f"Fixed({self.seconds:g}, jitter={self.jitter!r})"


class Linear(Backoff):
    """`initial + step * (attempt - 1)` seconds, at most `maximum`, jittered.

    >>> Linear(1, step=2, jitter="none").delay(3, 0.5)
    5.0
    """

    __slots__ = ("initial", "jitter", "maximum", "step")

    def __init__(
        self, initial: Any = 0.1, *, step: Any = 0.1, maximum: Any = 10.0, jitter: str | float = "full"
    ) -> None:
        self.initial = _options.seconds("initial", initial, zero=True)
        self.step = _options.seconds("step", step, zero=True)
        self.maximum = _options.seconds("maximum", maximum)
        self.jitter = checked_jitter(jitter)

    def delay(self, attempt: int, chance: float) -> float:
        steps = min(attempt - 1, _MOST)
        return jittered(self.jitter, min(self.maximum, self.initial + self.step * steps), chance)

    def __repr__(self) -> str:
        return f"Linear({self.initial:g}, step={self.step:g}, maximum={self.maximum:g}, jitter={self.jitter!r})"


class Decorrelated(Backoff):
    """Decorrelated jitter, version 2: exponential in the median, smooth, without the peaks of full jitter.

    Source: Polly.Contrib.WaitAndRetry, `DecorrelatedJitterBackoffV2`. Half of the first delays are below `initial`.

    >>> 0 <= Decorrelated(1).begin()(1, 0.5) <= 10
    True
    """

    __slots__ = ("initial", "maximum")
    _STEEPNESS = 4.0
    _SCALE = 1 / 1.4

    def __init__(self, initial: Any = 0.1, *, maximum: Any = 10.0) -> None:
        self.initial = _options.seconds("initial", initial)
        self.maximum = _options.seconds("maximum", maximum)

    def _reached(self, time: float) -> float:
        return exp2(min(time, 1000.0)) * tanh((self._STEEPNESS * time) ** 0.5)

    def begin(self) -> Delay:
        before = 0.0

        def delay(attempt: int, chance: float) -> float:
            nonlocal before
            reached = self._reached(attempt - 1 + chance)
            step, before = reached - before, reached
            return min(self.maximum, max(0.0, step) * self._SCALE * self.initial)

        return delay

    def delay(self, attempt: int, chance: float) -> float:
        """As if each attempt before had drawn the same chance."""
        before = self._reached(attempt - 2 + chance) if attempt > 1 else 0.0
        step = max(0.0, self._reached(attempt - 1 + chance) - before)
        return min(self.maximum, step * self._SCALE * self.initial)

    def worst(self, attempt: int) -> float:
        highest = self._reached(float(attempt)) * self._SCALE * self.initial
        return min(self.maximum, highest)

    def __repr__(self) -> str:
        return f"Decorrelated({self.initial:g}, maximum={self.maximum:g})"


class _Listed(Backoff):
    """Delays one by one; the last stays."""

    __slots__ = ("delays",)

    def __init__(self, delays: Any) -> None:
        self.delays = delays

    def begin(self) -> Delay:
        delays: Iterator[Any] = iter(self.delays)
        last = 0.0

        def delay(attempt: int, chance: float) -> float:
            nonlocal last
            last = _options.seconds("backoff", next(delays, last), zero=True)
            return last

        return delay

    def delay(self, attempt: int, chance: float) -> float:
        begun = self.begin()
        return [begun(n + 1, chance) for n in range(min(attempt, 1000))][-1]

    def __repr__(self) -> str:
        return repr(self.delays)


class _Computed(Backoff):
    """The user's function of the attempt."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[int], Any]) -> None:
        self.function = function

    def delay(self, attempt: int, chance: float) -> float:
        return _options.seconds("backoff", self.function(attempt), zero=True)

    def __repr__(self) -> str:
        return repr(self.function)


def backoff_of(option: str, value: Any) -> Backoff:
    """What a `backoff=` means: a `Backoff`, an iterable of seconds, or a function of the attempt."""
    if isinstance(value, Backoff):
        return value
    if isinstance(value, type):
        _options.refuse(option, value, f"an instance: {value.__name__}(...)", kind=TypeError)
    allowed = f"Exponential(), Fixed(1), a list of seconds, or a function of the attempt number, e.g. {option}=[0.1, 1]"
    if hasattr(value, "__next__"):
        _options.refuse(option, value, f"{allowed}; a generator would be spent after one call", kind=TypeError)
    if isinstance(value, (str, bytes)):
        _options.refuse(option, value, allowed, kind=TypeError)
    if hasattr(value, "__iter__"):
        if isinstance(value, (list, tuple)):
            if not value:
                _options.refuse(option, value, allowed)
            for each in value:
                _options.seconds(option, each, zero=True)
        return _Listed(value)
    if not callable(value):
        _options.refuse(option, value, allowed, kind=TypeError)
    return _Computed(_options.logic(option, value))
