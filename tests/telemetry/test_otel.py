"""OpenTelemetry, with the real SDK's in-memory exporters."""

import pytest
from opentelemetry import trace
from tests.telemetry.exported import CANARY, flaky

import resilience as r
from resilience import _drive, _names, _watch, telemetry
from resilience._listeners import HUB
from resilience.telemetry import _readings
from resilience.telemetry.otel import enable_otel


def at(metric, policy, **others):
    """The key of a point."""
    return metric, frozenset({"resilience.policy.name": policy, **others}.items())


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


def test_each_collection_reads_anew(clock, kit, recorder):
    """All instruments of one collection tell the same moment, those of the next another."""
    retry = r.Retry(name="otel-anew", clock=clock)
    calls = at("resilience.calls", "otel-anew", **{"resilience.outcome": "success"})
    seconds = at("resilience.call.time", "otel-anew")
    with kit.enable(spans=False):
        for number in (1, 2, 3):
            retry.call(clock.advance, 2)
            found = kit.points()
            assert (found[calls], found[seconds]) == (number, 2.0 * number)


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


def test_closing_twice_ends_nobody_elses(kit, clock):
    """What was enabled since goes on."""
    retry = r.Retry(name="otel-since", clock=clock)
    with kit.enable() as first:
        pass
    with kit.enable() as second:
        first.close()
        assert kit.enable() is second
        retry.call(abs, 1)
        assert len(kit.spans("resilience otel-since")) == 1
        assert kit.points()


def test_the_global_provider_may_be_set_meanwhile(kit, monkeypatch):
    """Who asks for it before the program has set one, and again after that, has asked for the same."""
    with enable_otel(metrics=False) as live:
        monkeypatch.setattr(trace, "get_tracer_provider", lambda: kit.traces)
        assert enable_otel(metrics=False) is live
        with pytest.raises(ValueError, match=r"close\(\)"):
            enable_otel(tracer_provider=kit.traces, metrics=False)


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
