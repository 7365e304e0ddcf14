"""A scripted dependency: so much capacity, such latencies, outages at set times.

Rules: `_next_start` and the counts belong to the one thread of the simulation.

Requests are served in the order they come, `capacity` a second. One that has been taken is worked on to its end, whether
its caller still waits or not, as real servers do: that is what makes a retry storm feed itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any

from resilience import _options
from resilience._record import Part
from resilience.simulate._latency import Latency, latency_of


class DependencyError(ConnectionError):
    """The scripted dependency refused, failed or was away; `reason` is `down`, `error` or `full`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the scripted dependency: {reason}")
        self.reason = reason

    def __reduce__(self) -> tuple[type[DependencyError], tuple[str]]:
        return type(self), (self.reason,)


DependencyError.__module__ = "resilience.simulate"  # a traceback then shows the name that a program imports


class Outage(Part):
    """What is different between `start` and `end`.

    Args:
        start, end: seconds since the simulation began.
        capacity: the share that is left, 0..1; 0 refuses every connection at once.
        error_rate: the share of the answers that are errors.
        slower: a factor on the latency.
        hangs: nothing that comes is answered at all.

    >>> Outage(20, 28, capacity=0.1)
    Outage(20, 28, capacity=0.1)
    """

    __slots__ = ("capacity", "end", "error_rate", "hangs", "slower", "start")

    def __init__(
        self,
        start: Any,
        end: Any,
        *,
        capacity: float = 1.0,
        error_rate: float = 0.0,
        slower: float = 1.0,
        hangs: bool = False,
    ) -> None:
        self.start = _options.seconds("start", start, zero=True)
        self.end = _options.seconds("end", end)
        if self.end <= self.start:
            _options.refuse("end", end, f"later than start={self.start:g}")
        self.capacity = _options.share("capacity", capacity, zero=True)
        self.error_rate = _options.share("error_rate", error_rate, zero=True)
        self.slower = _options.amount("slower", slower, minimum=1.0)
        self.hangs = _options.flag("hangs", hangs)

    def __repr__(self) -> str:
        usual = {"capacity": 1.0, "error_rate": 0.0, "slower": 1.0, "hangs": False}
        odd = "".join(
            f", {name}={getattr(self, name)!r}" for name, value in usual.items() if getattr(self, name) != value
        )
        return f"Outage({self.start:g}, {self.end:g}{odd})"


_FINE = Outage(0, 1)


class Dependency(Part):
    """What is called.

    Args:
        capacity: requests a second that it can serve (default: no limit).
        latency: seconds, or `Constant`, `LogNormal`; from the start of the work to the answer (default 0.05).
        error_rate: the share of the answers that are errors (default 0).
        queue: requests that may wait; more are refused at once (default: no limit, as most servers).
        outages: any number of `Outage`; where two overlap, the first one counts.

    >>> Dependency(capacity=300, latency=0.05, outages=[Outage(20, 28, capacity=0.1)]).capacity_at(21)
    30.0
    """

    __slots__ = ("capacity", "error_rate", "latency", "outages", "queue")

    def __init__(
        self,
        *,
        capacity: float | None = None,
        latency: Latency | float = 0.05,
        error_rate: float = 0.0,
        queue: int | None = None,
        outages: Iterable[Outage] = (),
    ) -> None:
        self.capacity = inf if capacity is None else _options.amount("capacity", capacity, above=True)
        self.latency = latency_of("latency", latency)
        self.error_rate = _options.share("error_rate", error_rate, zero=True)
        self.queue = inf if queue is None else _options.count("queue", queue, minimum=0)
        self.outages = tuple(outages)
        for outage in self.outages:
            if not isinstance(outage, Outage):
                _options.refuse("outages", outage, "Outage(start, end, ...) each", kind=TypeError)

    def outage_at(self, now: float) -> Outage | None:
        """The outage at this time, if there is one."""
        return next((outage for outage in self.outages if outage.start <= now < outage.end), None)

    def capacity_at(self, now: float) -> float:
        """Requests a second that it can serve at this time."""
        outage = self.outage_at(now)
        return self.capacity * (1.0 if outage is None else outage.capacity)


class Served:
    """What becomes of a request: when it is answered, and how."""

    __slots__ = ("after", "error")

    def __init__(self, after: float, error: str | None = None) -> None:
        self.after = after
        self.error = error


_ROUNDING = 1e-6


class Server:
    """A dependency at work in one simulation."""

    __slots__ = ("_chance", "_next_start", "_plan", "requests")

    def __init__(self, plan: Dependency, chance: Callable[[], float]) -> None:
        self._plan = plan
        self._chance = chance
        self._next_start = 0.0
        self.requests = 0

    def take(self, now: float) -> Served:
        """A request comes in."""
        self.requests += 1
        plan = self._plan
        outage = plan.outage_at(now) or _FINE
        if outage.capacity == 0:
            return Served(0.0, "down")
        if outage.hangs:
            return Served(inf)
        start = self._start(now)
        if start is None:
            return Served(0.0, "full")
        then = outage if start == now else plan.outage_at(start) or _FINE
        latency = plan.latency.seconds(self._chance()) * then.slower
        fails = self._chance() < max(plan.error_rate, then.error_rate)
        return Served(start + latency - now, "error" if fails else None)

    def _start(self, now: float) -> float | None:
        """When work on it begins; `None` when the queue is full."""
        start = max(now, self._next_start)
        if self._plan.capacity == inf:
            return start
        capacity = self._plan.capacity_at(start)
        if capacity == 0:  # it went down with a queue before it: what waits is served afterwards
            start = min((each.end for each in self._plan.outages if each.start <= start < each.end), default=start)
            capacity = self._plan.capacity_at(start) or self._plan.capacity
        if (start - now) * capacity > self._plan.queue + _ROUNDING:
            return None
        self._next_start = start + 1 / capacity
        return start
