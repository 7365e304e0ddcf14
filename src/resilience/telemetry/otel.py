"""OpenTelemetry: metrics by observable instruments, a span for each call and each attempt. Needs the extra `otel`.

Off until `enable_otel()`: that the API is installed says nothing, for other libraries bring it along.

>>> from opentelemetry.sdk.trace import TracerProvider
>>> from opentelemetry.sdk.trace.export import SimpleSpanProcessor
>>> from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
>>> from resilience import CircuitBreaker
>>> provider, exporter = TracerProvider(), InMemorySpanExporter()
>>> provider.add_span_processor(SimpleSpanProcessor(exporter))
>>> with enable_otel(tracer_provider=provider, metrics=False):
...     answer = CircuitBreaker("doctest-traced").call(int, "7")
>>> [span.name for span in exporter.get_finished_spans()]
['resilience doctest-traced']
"""

from __future__ import annotations

from _thread import allocate_lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .. import _options, _switches
from .._extras import brought
from .._listeners import Subscription, listen
from .._names import reset_in_child
from . import _current
from ._tally import KEPT

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from ._instruments import Instruments
    from ._spans import Spans

__all__ = ["Otel", "enable_otel"]

_lock = allocate_lock()
_live: Otel | None = None


class Otel:
    """What `enable_otel` began; a context manager, or `close()`.

    Rules: at most one lives, in `_live` under `_lock`, so that nothing is exported twice.
    """

    __slots__ = ("_closed", "_hearing", "_instruments", "_recorder", "about", "asked")

    def __init__(
        self,
        spans: Spans | None,
        instruments: Instruments | None,
        about: tuple[Any, ...],
        asked: tuple[Any, ...],
    ) -> None:
        self.about = about
        self.asked = asked
        self._closed = False
        self._hearing: Subscription | None = None
        self._instruments = instruments
        self._recorder = None if instruments is None else _current.claimed()
        if instruments is not None:
            instruments.source = _current.recorder
        if spans is not None:
            self._hearing = listen(spans.heard, *KEPT)
            _switches.trace_with(spans)

    def close(self) -> None:
        """Export no more; closing twice is harmless. The recorder is turned off, unless somebody else asked for it too."""
        global _live
        with _lock:
            if self._closed:
                return
            self._closed, _live = True, None
            if self._hearing is not None:
                self._hearing.close()
                _switches.trace_with()
            if self._instruments is not None:
                self._instruments.source = None
            if self._recorder is not None:
                self._recorder.ended(self._recorder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def enable_otel(
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    spans: bool = True,
    metrics: bool = True,
) -> Otel:
    """Give metrics and spans of every policy to OpenTelemetry, from now on.

    Args:
        tracer_provider: by default the global one.
        meter_provider: by default the global one.
        spans: a span for each call, with one child for each attempt where there is a retry (default yes). A span costs
            what the SDK takes for it, some 10 to 20 microseconds if it is sampled.
        metrics: observable instruments (default yes), which cost a call nothing beyond the recorder; it is turned on if it
            is off.

    Returns:
        A context manager, or `close()`. While it is on, calling this again with the same providers gives the same.

    Raises:
        ImportError: `opentelemetry-api` is not installed; `pip install 'resilience-stack[otel]'`.
        ValueError: it is on with other providers or options: everything would be exported twice.

    Spans and metrics hold labels, closed sets and classes of errors: no arguments, results, texts of errors. Thread-safe.
    """
    global _live
    brought("opentelemetry.trace", "otel", "enable_otel()")
    from opentelemetry import metrics as metrics_api
    from opentelemetry import trace as trace_api

    from .. import __version__ as version
    from ._instruments import instruments_of
    from ._spans import Spans

    traces = (tracer_provider or trace_api.get_tracer_provider()) if _options.flag("spans", spans) else None
    meters = (meter_provider or metrics_api.get_meter_provider()) if _options.flag("metrics", metrics) else None
    about = traces, meters
    asked = spans, tracer_provider, metrics, meter_provider
    with _lock:
        if _live is not None:
            # The global one, asked for again, may be another by now: what it was stood in for it, and passes all on.
            if _live.about != about and _live.asked != asked:
                raise ValueError(
                    f"tracer_provider={tracer_provider!r}, meter_provider={meter_provider!r}: OpenTelemetry is on with "
                    "others; call close() on what enable_otel() gave, or everything would be exported twice "
                    "(docs/telemetry/opentelemetry.md)"
                )
            return _live
        _live = Otel(
            None if traces is None else Spans(traces.get_tracer("resilience", version)),
            None if meters is None else instruments_of(meters, version),
            about,
            asked,
        )
        return _live


@reset_in_child
def _reset() -> None:
    global _lock
    _lock = allocate_lock()
