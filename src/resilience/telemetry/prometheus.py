"""Metrics for Prometheus, pulled: nothing happens until somebody scrapes. Needs the extra `prometheus`.

>>> from prometheus_client import CollectorRegistry, generate_latest
>>> from resilience import Retry, telemetry
>>> registry = CollectorRegistry()
>>> with telemetry.enable(), register(registry):
...     answer = Retry(name="doctest-scraped").call(int, "7")
...     text = generate_latest(registry).decode()
>>> 'resilience_calls_total{outcome="success",policy="doctest-scraped"} 1.0' in text
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .._extras import brought
from .._masking import printable
from . import _current
from ._readings import BOUNDS, METRICS, Metric, Readings
from ._recorder import Recorder

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric as Family

__all__ = ["Collector", "register"]

_DURATION = "resilience_call_duration_seconds"
_ABOUT = "Response times of all calls."


class Collector:
    """A collector for a registry of `prometheus_client`: reads the recorder and the policies when it is scraped.

    Args:
        recorder: whose figures; by default those of the recorder that is on at the scrape. Without one, only the states of
            breakers, caches, limiters and bulkheads are told.

    Labels: `policy`, and one more of a closed set. Thread-safe.
    """

    def __init__(self, recorder: Recorder | None = None) -> None:
        self._recorder = recorder
        self._end: Callable[[], None] | None = None

    def collect(self) -> Iterator[Family]:
        """Every metric with its values now."""
        recorder = self._recorder or _current.recorder()
        readings = Readings(recorder)
        for name, metric in METRICS.items():
            family = _family(metric)
            for (label, other), value in readings.values[name].items():
                family.add_metric([label] if metric.label is None else [label, other], value)
            yield family
        histogram = _histogram()
        if recorder is not None:
            for label, (counts, seconds, count) in recorder.response_times(BOUNDS).items():
                # A float's `repr` is what OpenMetrics calls canonical, and what all other histograms have: 1.0, not 1.
                buckets = [(repr(bound), number) for bound, number in zip(BOUNDS, counts, strict=True)]
                histogram.add_metric([printable(label)], [*buckets, ("+Inf", count)], seconds)
        yield histogram

    def describe(self) -> Iterator[Family]:
        """The metrics without values, so that a registry sees names that are taken."""
        yield from map(_family, METRICS.values())
        yield _histogram()

    def close(self) -> None:
        """Leave the registry; closing twice is harmless."""
        end, self._end = self._end, None
        if end is not None:
            end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def register(registry: CollectorRegistry | None = None, *, recorder: Recorder | None = None) -> Collector:
    """Put a collector into a registry, by default the one that `prometheus_client` serves.

    Returns:
        The collector, also a context manager; `close()` takes it out again.

    Raises:
        ImportError: `prometheus_client` is not installed; `pip install 'resilience-stack[prometheus]'`.
        ValueError: the registry has such metrics already.
    """
    default = brought("prometheus_client", "prometheus", "register()").REGISTRY
    made, target = Collector(recorder), default if registry is None else registry
    target.register(made)
    made._end = lambda: target.unregister(made)
    return made


def _family(metric: Metric) -> Any:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    kind = CounterMetricFamily if metric.is_counter else GaugeMetricFamily
    labels = ["policy"] if metric.label is None else ["policy", metric.label]
    return kind(metric.prometheus, metric.about, labels=labels)


def _histogram() -> Any:
    from prometheus_client.core import HistogramMetricFamily

    return HistogramMetricFamily(_DURATION, _ABOUT, labels=["policy"])
