"""The rules that need no thought, through a whole outage."""

import pytest

import resilience as r
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
