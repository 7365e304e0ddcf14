"""Observable instruments: read when metrics are collected, never in a call.

Rules: a provider gets its instruments once, for it keeps them for ever; they are silent unless `source` says whose figures
they tell. One reading serves all instruments of one collection.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from opentelemetry.metrics import CallbackOptions, Observation

from .._names import reset_in_child
from ._readings import METRICS, Metric, Readings
from ._recorder import Recorder

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider

_ATTRIBUTES = {
    "outcome": "resilience.outcome",
    "error": "error.type",
    "quantile": "resilience.quantile",
    "reason": "resilience.reason",
    "event": "resilience.event",
    "state": "resilience.circuit.state",
    "result": "resilience.cache.result",
}
_made: WeakKeyDictionary[Any, Instruments] = WeakKeyDictionary()


class Instruments:
    """The instruments of one provider. Rules: `_reading` and `_asked` are guarded by `_lock`."""

    def __init__(self) -> None:
        self.source: Callable[[], Recorder | None] | None = None
        self._reading: Readings | None = None
        self._asked: set[str] = set()
        self.renew_lock()

    def renew_lock(self) -> None:
        """Also what a forked child does."""
        self._lock = allocate_lock()

    def make(self, provider: MeterProvider, version: str) -> None:
        """Create them."""
        meter = provider.get_meter("resilience", version)
        for metric in METRICS.values():
            create = meter.create_observable_counter if metric.is_counter else meter.create_observable_gauge
            create(metric.name, [self._callback(metric)], metric.unit, metric.about)

    def _callback(self, metric: Metric) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(options: CallbackOptions) -> Iterable[Observation]:
            reading = self._reading_for(metric.name)
            if reading is None:
                return []
            return [
                Observation(value, _attributes(metric, label, other))
                for (label, other), value in reading.values[metric.name].items()
            ]

        return observe

    def _reading_for(self, name: str) -> Readings | None:
        """The reading of this collection; an instrument that asks again begins the next."""
        source = self.source
        if source is None:
            return None
        with self._lock:
            if self._reading is None or name in self._asked:
                self._reading, self._asked = Readings(source()), set()
            self._asked.add(name)
            return self._reading


def _attributes(metric: Metric, label: str, other: str) -> dict[str, str]:
    attributes = {"resilience.policy.name": label}
    if metric.label is not None:
        attributes[_ATTRIBUTES[metric.label]] = other
    return attributes


def instruments_of(provider: MeterProvider, version: str) -> Instruments:
    """The instruments of a provider, made at the first call."""
    found = _made.get(provider)
    if found is None:
        found = _made[provider] = Instruments()
        found.make(provider, version)
    return found


@reset_in_child
def _reset() -> None:
    for one in list(_made.values()):
        one.renew_lock()
