"""OpenTelemetry, with the real SDK's in-memory exporters."""

import threading

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import resilience as r
from resilience import _drive, _names, _watch, telemetry
from resilience._listeners import HUB
from resilience.telemetry import _readings
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


@pytest.fixture
def kit():
    made = Kit()
    yield made
    made.traces.shutdown()
    made.meters.shutdown()


def at(metric, policy, **others):
    """The key of a point."""
    return metric, frozenset({"resilience.policy.name": policy, **others}.items())


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


def test_off_until_enabled_and_off_again(kit, clock):
    """That the API can be imported changes nothing; after `close` nothing is left behind."""
    retry = r.Retry(name="otel-off", clock=clock)
    retry.call(abs, 1)
    assert _watch.tracers == ()
    assert HUB.listeners == ()
    with kit.enable() as live:
        assert telemetry.recorder() is not None
        retry.call(abs, 1)
    live.close()
    retry.call(abs, 1)
    assert not _drive.astray
    assert HUB.listeners == ()
    assert telemetry.recorder() is None
    assert len(kit.spans()) == 2  # the call and its one attempt
    assert kit.points() == {}


def test_a_span_for_each_call_and_a_child_for_each_attempt(world, clock, kit):
    """Linked in a row, each current while the function runs, the waits as events of the call."""
    retry = r.Retry(attempts=3, backoff=r.Fixed(1), clock=clock)
    policy = r.Pipeline(retry, r.CircuitBreaker(clock=clock), name="otel-line", clock=clock)
    body = flaky(2)
    with kit.enable(metrics=False), kit.traces.get_tracer("test").start_as_current_span("around") as around:
        assert world.call(policy, body) == "ok"
        assert trace.get_current_span() is around
    (call,), attempts = kit.spans("resilience otel-line"), kit.spans("resilience attempt")
    assert call.parent.span_id == around.get_span_context().span_id
    assert call.attributes["resilience.outcome"] == "success"
    assert call.attributes["resilience.strategy"] == "pipeline"
    assert [span.attributes["resilience.attempt"] for span in attempts] == [1, 2, 3]
    assert [span.attributes.get("http.request.resend_count") for span in attempts] == [None, 1, 2]
    assert [span.attributes.get("error.type") for span in attempts] == ["ConnectionError", "ConnectionError", None]
    assert [span.attributes["resilience.outcome"] for span in attempts] == ["failure", "failure", "success"]
    assert {span.parent.span_id for span in attempts} == {call.context.span_id}
    assert [[link.context.span_id for link in span.links] for span in attempts] == [
        [],
        [attempts[0].context.span_id],
        [attempts[1].context.span_id],
    ]
    assert body.spans == [span.context.span_id for span in attempts]
    waits = [event for event in call.events if event.name == "RetryScheduled"]
    assert [event.attributes["resilience.delay"] for event in waits] == [1.0, 1.0]
    assert waits[0].attributes["error.type"] == "ConnectionError"
    assert attempts[0].end_time <= attempts[1].start_time


def test_a_call_that_fails_says_so(world, clock, kit):
    """Status and `error.type` on the call and on its last attempt; a refusal is told apart."""
    breaker = r.CircuitBreaker(trip=r.Consecutive(1), clock=clock)
    policy = r.Pipeline(r.Retry(attempts=1, clock=clock), breaker, clock=clock)
    with kit.enable(metrics=False):
        for kind in (ConnectionError, r.CircuitOpenError):
            with pytest.raises(kind):
                world.call(policy, flaky(9))
    failed, refused = (span for span in kit.spans() if span.name != "resilience attempt")
    assert (failed.attributes["resilience.outcome"], failed.attributes["error.type"]) == ("failure", "ConnectionError")
    assert (refused.attributes["resilience.outcome"], refused.attributes["error.type"]) == (
        "refused",
        "CircuitOpenError",
    )
    assert {span.status.status_code for span in kit.spans()} == {trace.StatusCode.ERROR}
    names = [event.name for span in kit.spans() for event in span.events]
    assert {"BreakerStateChanged", "RetryGaveUp", "CallRejected"} <= set(names)


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
def test_a_cancelled_call_ends_its_spans(world, clock, kit):
    """None stays open."""
    still = r.testing.FakeClock(autojump=False)
    retry = r.Retry(clock=clock)

    def waits():
        yield world.sleep(still, 100)

    with kit.enable(metrics=False):
        assert world.run(world.cancelled, lambda: (yield world.method(retry)(world.function(waits))))
    assert [span.attributes["resilience.outcome"] for span in kit.spans()] == ["cancelled", "cancelled"]
    assert {span.status.status_code for span in kit.spans()} == {trace.StatusCode.UNSET}


def test_nested_calls_are_nested_spans(clock, kit):
    """A policy that is decorated inside another has its span below the outer's attempt."""
    outer, inner = (
        r.Retry(attempts=2, backoff=r.Fixed(0), name="otel-outer", clock=clock),
        r.CircuitBreaker("otel-inner", clock=clock),
    )
    guarded = outer(inner(flaky(1)))
    with kit.enable(metrics=False):
        assert guarded() == "ok"
    attempts, inners = kit.spans("resilience attempt"), kit.spans("resilience otel-inner")
    assert [span.parent.span_id for span in inners] == [span.context.span_id for span in attempts]


def test_context_crosses_threads(clock, kit):
    """A timeout that runs its calls in a thread takes the context along, attempts included."""
    retry = r.Retry(attempts=2, backoff=r.Fixed(0))
    policy = r.Pipeline(r.Timeout(5, thread=True), retry, name="otel-thread")
    body = flaky(1, result=None)
    threads = []
    with kit.enable(metrics=False):
        policy.call(lambda: (threads.append(threading.current_thread()), body()))
        assert not trace.get_current_span().is_recording()
    attempts = kit.spans("resilience attempt")
    assert threads[0] is not threading.current_thread()
    assert body.spans == [span.context.span_id for span in attempts]
    assert {span.parent.span_id for span in attempts} == {kit.spans("resilience otel-thread")[0].context.span_id}


def test_context_crosses_the_task_of_a_load(world, clock, kit):
    """A cache loads in a task of its own; its retries are still attempts of the call."""
    policy = r.Pipeline(r.Cache(ttl=5, clock=clock), r.Retry(attempts=2, backoff=r.Fixed(0), clock=clock), clock=clock)
    body = flaky(1)
    with kit.enable(metrics=False):
        assert world.call(policy, body) == "ok"
    attempts = kit.spans("resilience attempt")
    assert len(attempts) == 2
    assert len({span.parent.span_id for span in attempts}) == 1
    assert body.spans == [span.context.span_id for span in attempts]


def test_calls_at_once_do_not_mix(world, clock, kit):
    """Threads or tasks: each call has attempts of its own."""
    retry = r.Retry(attempts=2, backoff=r.Fixed(0), clock=clock)

    def one():
        return (yield world.method(retry)(world.function(flaky(1))))

    def story():
        assert (yield world.together(*[one] * 5)) == ["ok"] * 5

    with kit.enable(metrics=False):
        world.session(story)
    calls = {span.context.span_id for span in kit.spans() if span.name != "resilience attempt"}
    parents = [span.parent.span_id for span in kit.spans("resilience attempt")]
    assert len(calls) == 5
    assert sorted(parents) == sorted([*calls, *calls])


def test_metrics_are_observed_when_they_are_collected(clock, kit, recorder):
    """Every metric of the table that has something to tell, in seconds, under its own attributes."""
    retry = r.Retry(attempts=2, backoff=r.Fixed(1), name="otel-retry", clock=clock)
    policy = r.Pipeline(retry, r.CircuitBreaker("otel-breaker", clock=clock), name="otel-metrics", clock=clock)
    bulkhead, cache = r.Bulkhead(2, name="otel-bulkhead"), r.Cache("otel-cache", ttl=5)
    limiter = r.RateLimiter(5, name="otel-limiter")
    with kit.enable(spans=False):
        assert policy.call(flaky(1)) == "ok"
        cache(abs)(1)
        found = kit.points()
    line = "otel-metrics"
    assert found[at("resilience.calls", line, **{"resilience.outcome": "success"})] == 1
    assert found[at("resilience.call.time", line)] == 1.0
    assert found[at("resilience.call.duration", line, **{"resilience.quantile": "p50"})] == pytest.approx(1, rel=0.011)
    assert found[at("resilience.retries", "otel-retry")] == 1
    assert found[at("resilience.circuit.state", "otel-breaker", **{"resilience.circuit.state": "closed"})] == 1
    assert found[at("resilience.bulkhead.limit", "otel-bulkhead")] == 2
    assert found[at("resilience.cache.requests", "otel-cache", **{"resilience.cache.result": "miss"})] == 1
    assert {key[0] for key in found} <= set(_readings.METRICS)
    assert telemetry.recorder() is recorder
    assert bulkhead.name != limiter.name


def test_nothing_is_exported_twice(clock, kit):
    """Once is once: enabling again gives the same, other providers are refused, and a provider has its instruments once."""
    retry = r.Retry(name="otel-once", clock=clock)
    with kit.enable() as live:
        assert kit.enable() is live
        with pytest.raises(ValueError, match=r"close\(\)"):
            enable_otel(tracer_provider=kit.traces, metrics=False)
        retry.call(abs, 1)
        assert len(kit.spans("resilience otel-once")) == 1
    with kit.enable():
        retry.call(abs, 1)
        first, second = kit.points(), kit.points()
    assert first == second
    assert len(kit.spans("resilience otel-once")) == 2
    assert first[at("resilience.calls", "otel-once", **{"resilience.outcome": "success"})] == 1


def test_closing_leaves_a_recorder_that_others_asked_for(kit):
    """Whether they did so before, meanwhile, or after turning off the one that was there."""
    with kit.enable(spans=False):
        asked = telemetry.enable()
    assert telemetry.recorder() is asked
    with kit.enable(spans=False):
        telemetry.disable()
        asked = telemetry.enable(window=30)
    assert telemetry.recorder() is asked
    with kit.enable(spans=False), asked:
        pass
    assert telemetry.recorder() is None


def test_trouble_in_tracing_does_not_reach_the_call(clock, kit, monkeypatch, caplog):
    """It is logged and counted like that of a listener."""
    retry = r.Retry(attempts=2, backoff=r.Fixed(0), clock=clock)
    before = HUB.errors
    with kit.enable(metrics=False):
        monkeypatch.setattr(trace, "set_span_in_context", lambda *_: 1 / 0)
        assert retry.call(flaky(1)) == "ok"
        monkeypatch.undo()
        assert retry.call(lambda: monkeypatch.setattr(trace, "set_span_in_context", lambda *_: 1 / 0) or 1) == 1
        assert retry.call(flaky(1)) == "ok"
    assert HUB.errors > before
    assert "ZeroDivisionError" in caplog.text


def test_row_58_spans_and_metrics_hold_no_argument_or_text_of_an_error(clock, kit):
    """A canary in arguments, results, keys and errors is in no attribute, event or status."""
    policy = r.Pipeline(r.Fallback(CANARY), r.Retry(attempts=2, backoff=r.Fixed(0)), r.CircuitBreaker(), clock=clock)
    with kit.enable():
        assert policy.call(flaky(9), CANARY) == CANARY
        with pytest.raises(ConnectionError):
            r.Retry(attempts=1).call(flaky(1), CANARY)
        points = repr(kit.points())
    exported = "".join(span.to_json() for span in kit.spans())
    assert "RetryScheduled" in exported
    assert CANARY not in exported + points


def test_row_59_classes_of_errors_are_escaped(clock, kit):
    """Their names are somebody else's text as well."""
    nasty = type("Bad\r\nERROR \x1b[31m", (ConnectionError,), {})
    retry = r.Retry(attempts=2, backoff=r.Fixed(0), clock=clock)

    def fails():
        raise nasty("down")

    with kit.enable(metrics=False), pytest.raises(nasty):
        retry.call(fails)
    told = [span.attributes["error.type"] for span in kit.spans()]
    told += [event.attributes["error.type"] for span in kit.spans() for event in span.events]
    assert len(told) == 5
    assert all(kind.isprintable() for kind in told)


def test_row_60_a_child_has_locks_of_its_own(kit):
    """What a forked child resets, done here: locks that were held are free."""
    from resilience.telemetry import _instruments, otel

    with kit.enable(spans=False), otel._lock, next(iter(_instruments._made.values()))._lock:
        _names._reset_all()
        assert kit.points() == {}
