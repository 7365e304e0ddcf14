"""The rules that need no thought, through a whole outage."""

import itertools
from weakref import WeakSet

import pytest

import resilience as r
from resilience import telemetry
from resilience.alerts import Alerts, default_rules
from resilience.testing import FakeClock


def test_a_circuit_that_probes_in_vain_has_not_recovered():
    """One alert for a long outage, however often it is half-open meanwhile; nothing for what an operator chose."""
    clock = FakeClock(autojump=False)
    breaker = r.CircuitBreaker("alerts-in-vain", trip=r.Consecutive(1), reset_timeout=30, clock=clock)
    isolated = r.CircuitBreaker("alerts-isolated", initial_state="isolated")
    alerts = Alerts(*default_rules(), sinks=[], clock=clock)
    told = []

    def fail():
        raise ConnectionError

    def look():
        told.extend(alert.state for alert in alerts.evaluate() if alert.label in {breaker.name, isolated.name})

    look()
    for _ in range(3):
        with pytest.raises(ConnectionError):
            breaker.call(fail)
        look()
        clock.advance(60)
        assert breaker.state == "half-open"
        look()
    assert told == ["firing"]
    assert breaker.call(int, "7") == 7
    look()
    assert told == ["firing", "resolved"]


def test_rates_and_times_are_judged_from_ten_calls_on():
    """Times by their p95: one slow call of ten is seen, where the median is fine."""
    clock = FakeClock(autojump=False)
    retry = r.Retry(attempts=1, name="alerts-ten", clock=clock)
    telemetry.disable()
    with telemetry.enable(clock=clock):
        alerts = Alerts(*default_rules(lasting=0), sinks=[], clock=clock)

        def told():
            return sorted(alert.rule for alert in alerts.evaluate() if alert.label == retry.name)

        for _ in range(8):
            retry.call(int, "7")
        with pytest.raises(ConnectionError):
            retry.call(fails)
        assert told() == []
        retry.call(clock.advance, 2)
        assert told() == ["error rate", "response time"]


def fails():
    raise ConnectionError


def test_the_default_rules_see_an_outage(monkeypatch):
    """Error rate, response time, an open circuit, health: all by the thresholds, once there are ten calls."""
    from resilience.health import HealthRegistry, _section

    monkeypatch.setattr(_section.GATHERED, "_live", WeakSet())  # registries that other tests left alive do not count

    clock = FakeClock(autojump=False)
    breaker = r.CircuitBreaker("alerts-default", trip=r.Consecutive(11), clock=clock)
    registry = HealthRegistry("alerts-default")
    registry.add("database", lambda: False)
    registry.report()
    telemetry.disable()
    with telemetry.enable(clock=clock):
        alerts = Alerts(*default_rules(lasting=0), sinks=[], clock=clock)
        call(breaker, clock, times=9)
        assert not {alert.rule for alert in mine(alerts.evaluate())} & {"error rate", "response time", "circuit open"}
        call(breaker, clock, times=2)
        seen = {alert.rule: alert for alert in mine(alerts.evaluate())}
        assert {"error rate", "response time", "circuit open"} <= seen.keys()
        assert seen["error rate"].value == 1.0
        assert seen["response time"].value == pytest.approx(2000, rel=0.02)
        assert [alert.rule for alert in alerts.active if alert.severity == "critical"].count("health") == 1
        breaker.close()
        assert "circuit open" in {alert.rule for alert in mine(alerts.evaluate()) if alert.state == "resolved"}
    telemetry.disable()


def mine(alerts):
    return [alert for alert in alerts if alert.label == "alerts-default"]


def call(breaker, clock, times):
    def fail():
        clock.advance(2)
        raise ConnectionError

    for _ in itertools.repeat(None, times):
        with pytest.raises(ConnectionError):
            breaker.call(fail)
