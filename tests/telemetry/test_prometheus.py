"""Prometheus: scraped over HTTP, read by a real parser; the shipped dashboard asks for nothing that is not there."""

import json
import re
import urllib.request
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_of
from prometheus_client.parser import text_string_to_metric_families as families_of

import resilience as r
from resilience import telemetry
from resilience.telemetry import _readings, prometheus

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana" / "resilience.json"
CANARY = "canary-7f3a"


def down(*_):
    raise ConnectionError(f"down with {CANARY}")


@pytest.fixture
def registry():
    made = CollectorRegistry()
    with prometheus.register(made):
        yield made


def values(families):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples
    }


def lived(clock):
    """One of everything, with a canary in what must not be told."""
    breaker = r.CircuitBreaker("prom-breaker", trip=r.Consecutive(2), clock=clock)
    retry = r.Retry(attempts=2, backoff=r.Fixed(0), name="prom-retry", clock=clock)
    line = r.Pipeline(r.Fallback(CANARY, name="prom-fallback"), retry, breaker, name="prom-line", clock=clock)
    cache = r.Cache("prom-cache", ttl=5, clock=clock)
    bulkhead = r.Bulkhead(3, name="prom-bulkhead", clock=clock)
    limiter = r.RateLimiter(1, per=60, name="prom-limiter", clock=clock)
    line.call(down, CANARY)
    with pytest.raises(r.CircuitOpenError):
        breaker.call(down)
    cached = cache(abs)
    cached(1), cached(1)
    assert limiter.try_acquire()
    with pytest.raises(r.RateLimitedError):
        limiter.call(down)
    permit = bulkhead.acquire()
    return breaker, retry, line, cache, bulkhead, limiter, permit, cached


def test_a_scrape_over_http_is_read_by_a_real_parser(clock, recorder, registry):
    """Every figure, under its name and labels, on a loopback server."""
    kept = lived(clock)
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
    found = values(families_of(text))
    expected = {
        ("resilience_calls_total", ("outcome", "success"), ("policy", "prom-line")): 1,
        ("resilience_calls_total", ("outcome", "refused"), ("policy", "prom-breaker")): 1,
        ("resilience_call_errors_total", ("error", "CircuitOpenError"), ("policy", "prom-breaker")): 1,
        ("resilience_call_duration_seconds_count", ("policy", "prom-line")): 1,
        ("resilience_call_duration_seconds_bucket", ("le", "+Inf"), ("policy", "prom-cache")): 2,
        ("resilience_retries_total", ("policy", "prom-retry")): 1,
        ("resilience_gave_up_total", ("policy", "prom-retry"), ("reason", "attempts")): 1,
        ("resilience_refused_total", ("policy", "prom-breaker"), ("reason", "open")): 1,
        ("resilience_refused_total", ("policy", "prom-limiter"), ("reason", "rate")): 1,
        ("resilience_events_total", ("event", "fallbacks"), ("policy", "prom-fallback")): 1,
        ("resilience_circuit_transitions_total", ("policy", "prom-breaker"), ("state", "open")): 1,
        ("resilience_circuit_state", ("policy", "prom-breaker"), ("state", "open")): 1,
        ("resilience_circuit_state", ("policy", "prom-breaker"), ("state", "closed")): 0,
        ("resilience_circuit_state_code", ("policy", "prom-breaker")): 2,
        ("resilience_cache_requests_total", ("policy", "prom-cache"), ("result", "hit")): 1,
        ("resilience_cache_requests_total", ("policy", "prom-cache"), ("result", "miss")): 1,
        ("resilience_cache_entries", ("policy", "prom-cache")): 1,
        ("resilience_bulkhead_in_use", ("policy", "prom-bulkhead")): 1,
        ("resilience_bulkhead_limit", ("policy", "prom-bulkhead")): 3,
        ("resilience_limiter_admitted_total", ("policy", "prom-limiter")): 1,
    }
    assert {key: found.get(key) for key in expected} == expected
    assert kept
    assert CANARY not in text


def test_the_openmetrics_format_is_valid_too(clock, recorder, registry):
    """The strict parser takes it: histograms with their sum, no name twice."""
    kept = lived(clock)
    assert kept
    names = [family.name for family in openmetrics_of(generate_openmetrics(registry).decode())]
    assert len(names) == len(set(names))
    assert "resilience_call_duration_seconds" in names


def test_every_metric_of_the_dashboard_is_emitted(clock, recorder, registry):
    """Names, labels and values in queries and mappings are those of a real scrape."""
    kept = lived(clock)
    assert kept
    page = json.loads(DASHBOARD.read_text("utf-8"))
    queries = [target["expr"] for panel in page["panels"] for target in panel["targets"]]
    queries += [variable["definition"] for variable in page["templating"]["list"] if "definition" in variable]
    samples = [sample for family in families_of(generate_latest(registry).decode()) for sample in family.samples]
    labels = {}
    for sample in samples:
        labels.setdefault(sample.name, {}).update(
            {name: {*labels.get(sample.name, {}).get(name, ()), value} for name, value in sample.labels.items()}
        )
    for query in queries:
        names = set(re.findall(r"\bresilience_\w+", query))
        assert names
        assert names <= set(labels), query
        for by in re.findall(r"by \(([^)]*)\)", query):
            assert set(by.split(", ")) <= {label for name in names for label in labels[name]}, query
        for label, chosen in re.findall(r'(\w+)=~?"([^"$]+)"', query):
            known = {value for name in names for value in labels[name].get(label, ())}
            assert set(chosen.split("|")) <= known, query
    (mapping,) = [
        panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
        for panel in page["panels"]
        if panel["type"] == "state-timeline"
    ]
    assert {text["text"]: int(code) for code, text in mapping.items()} == _readings.CODES
    assert set(_readings.CODES) == {state.value for state in r.State}
    assert len(page["panels"]) == len({panel["id"] for panel in page["panels"]}) >= 9


def test_row_57_a_scrape_has_no_more_labels_than_the_cap(clock, registry):
    """Beyond it, live policies share `_other` too, and what can be summed is."""
    with telemetry.enable(max_policies=5, clock=clock):
        kept = [r.Bulkhead(2, name=f"prom-cap-{number:03}", clock=clock) for number in range(40)]
        breakers = [r.CircuitBreaker(f"prom-cap-breaker-{number:03}", clock=clock) for number in range(40)]
        for policy in kept:
            policy.call(abs, 1)
        found = values(families_of(generate_latest(registry).decode()))
        names = {dict(key[1:]).get("policy") for key in found}
        assert len(names) <= 6
        assert "_other" in names
        limits = [value for key, value in found.items() if key[0] == "resilience_bulkhead_limit"]
        assert sum(limits) >= 80
        calls = [value for key, value in found.items() if key[0] == "resilience_calls_total"]
        assert sum(calls) == 40
        assert breakers
        of_others = {key[0] for key in found if dict(key[1:]).get("policy") == "_other"}
        assert "resilience_call_duration_seconds_sum" in of_others
        # Quantiles and states of several have no sum.
        assert not of_others & {
            "resilience_call_recent_duration_seconds",
            "resilience_circuit_state",
            "resilience_circuit_state_code",
        }


def test_the_histogram_sums_seconds(clock, recorder, registry):
    """Each bucket holds those that took no longer; the sum is of their times, the count their number."""
    retry = r.Retry(name="prom-times", clock=clock)
    for seconds in (0.002, 0.2, 20.0, 200.0):
        retry.call(clock.advance, seconds)
    found = values(families_of(generate_latest(registry).decode()))
    of, name = ("policy", "prom-times"), "resilience_call_duration_seconds"
    bounds = ("0.001", "0.0025", "0.25", "30.0", "60.0", "+Inf")
    assert [found[f"{name}_bucket", ("le", bound), of] for bound in bounds] == [0, 1, 2, 3, 3, 4]
    assert found[f"{name}_sum", of] == pytest.approx(220.202)
    assert found[f"{name}_count", of] == 4
    assert found["resilience_call_time_seconds_total", of] == pytest.approx(220.202)


def test_row_59_nasty_names_come_through_the_exposition(clock, recorder, registry):
    """Quotes and backslashes are escaped by the client, control characters by us."""
    breaker = r.CircuitBreaker('prom-"odd\\name"{}', clock=clock)
    breaker.call(abs, 1)
    found = values(families_of(generate_latest(registry).decode()))
    assert found["resilience_circuit_state_code", ("policy", breaker.name)] == 0


def test_without_a_recorder_the_states_are_told(clock, registry):
    """Breakers, caches, limiters and bulkheads need no recorder."""
    breaker = r.CircuitBreaker("prom-alone", initial_state="isolated", clock=clock)
    found = values(families_of(generate_latest(registry).decode()))
    assert found["resilience_circuit_state_code", ("policy", breaker.name)] == 3
    assert not [key for key in found if key[0] == "resilience_calls_total"]


def test_a_policy_that_cannot_be_read_does_not_spoil_the_scrape(registry, monkeypatch):
    """The others are told."""
    bulkhead, breaker = r.Bulkhead(1, name="prom-fine"), r.CircuitBreaker("prom-broken")
    monkeypatch.setattr(r.CircuitBreaker, "snapshot", lambda self: 1 / 0)
    found = values(families_of(generate_latest(registry).decode()))
    assert found["resilience_bulkhead_limit", ("policy", bulkhead.name)] == 1
    assert breaker


def test_two_collectors_in_one_registry_are_refused_and_one_can_leave():
    """Names that are taken are seen at registration."""
    registry = CollectorRegistry()
    first = prometheus.register(registry)
    with pytest.raises(ValueError, match="Duplicated"):
        prometheus.register(registry)
    first.close()
    first.close()
    with prometheus.register(registry):
        assert b"resilience_calls" in generate_latest(registry)
    assert generate_latest(registry) == b""


def test_the_policies_that_learn_are_told_too(clock, recorder, registry):
    """An adaptive limit as a bulkhead, windows as limiters, a throttle by its share; each refusal by its reason."""
    limit = r.AdaptiveLimit(initial=1, minimum=1, name="prom-adaptive", clock=clock)
    throttle = r.Throttle(multiplier=1.1, min_requests=1, name="prom-throttle", clock=clock, random=lambda: 0.0)
    windows = [
        r.SlidingWindow(1, per=60, name="prom-sliding", clock=clock),
        r.FixedWindow(1, per=60, name="prom-fixed", clock=clock),
    ]
    for window in windows:
        assert window.try_acquire()
    for _ in range(3):
        with pytest.raises((ConnectionError, r.RateLimitedError)):
            throttle.call(down)
    with limit.acquire(), pytest.raises(r.BulkheadFullError):
        limit.call(down)
    with limit.acquire():
        found = values(families_of(generate_latest(registry).decode()))
    expected = {
        ("resilience_bulkhead_in_use", ("policy", "prom-adaptive")): 1,
        ("resilience_bulkhead_limit", ("policy", "prom-adaptive")): 1,
        ("resilience_bulkhead_waiting", ("policy", "prom-adaptive")): 0,
        ("resilience_limiter_admitted_total", ("policy", "prom-sliding")): 1,
        ("resilience_limiter_waiting", ("policy", "prom-fixed")): 0,
        ("resilience_throttle_refused_share", ("policy", "prom-throttle")): throttle.snapshot().share,
        ("resilience_refused_total", ("policy", "prom-adaptive"), ("reason", "limit")): 1,
        ("resilience_refused_total", ("policy", "prom-throttle"), ("reason", "throttled")): 2,
    }
    assert {key: found[key] for key in expected} == expected
    assert throttle.snapshot().share > 0


def test_hedges_shadows_and_chaos_are_counted(clock, recorder, registry):
    """By what they are; a fault that was injected never passes for a real one."""
    hedge = r.Hedge(0, on=ConnectionError, name="prom-hedge", clock=clock)
    with pytest.raises(ConnectionError):
        hedge.call(down)
    shadow = r.Bulkhead(1, name="prom-shadow", shadow=True)
    with shadow.acquire(), shadow.acquire(), pytest.warns(r.ResilienceWarning, match="chaos"):
        chaos = r.Chaos(error=ConnectionError, rate=1.0, enabled=True, name="prom-chaos")
    with pytest.raises(ConnectionError):
        chaos.call(abs, 1)
    found = values(families_of(generate_latest(registry).decode()))
    for policy, event in [
        ("hedge", "hedges"),
        ("hedge", "hedges_failed"),
        ("shadow", "would_reject"),
        ("chaos", "chaos"),
    ]:
        assert found["resilience_events_total", ("event", event), ("policy", f"prom-{policy}")] == 1
