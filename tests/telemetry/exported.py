"""OpenTelemetry's own providers with exporters in memory, and something to trace."""

from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from resilience.telemetry.otel import enable_otel

CANARY = "canary-7f3a"


class Kit:
    """Providers with exporters in memory."""

    def __init__(self):
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.traces, self.meters = TracerProvider(), MeterProvider(metric_readers=[self.reader])
        self.traces.add_span_processor(SimpleSpanProcessor(self.exporter))

    def enable(self, **options):
        return enable_otel(tracer_provider=self.traces, meter_provider=self.meters, **options)

    def spans(self, name=None):
        """Finished spans in the order of their beginning."""
        found = sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time)
        return [span for span in found if name is None or span.name == name]

    def points(self):
        """`(metric, attributes)` -> value, of one collection."""
        data = self.reader.get_metrics_data()
        found = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        key = metric.name, frozenset(point.attributes.items())
                        assert key not in found
                        found[key] = point.value
        return found


def flaky(times, result="ok"):
    """Fails so often, then answers; notes the span that is current in each call."""
    left = [times]

    def body(*_):
        body.spans.append(trace.get_current_span().get_span_context().span_id)
        if left[0]:
            left[0] -= 1
            raise ConnectionError(f"down with {CANARY}")
        return result

    body.spans = []
    return body
