"""Circuit breaker: moved by hand, dumped, loaded and explained."""

import json

import pytest
from tests.policies.breakers import fail, failing, fine, opened

from resilience import CircuitBreaker, CircuitOpenError, Consecutive, FailureRate, events
from resilience.policies._state import TRANSITIONS
from resilience.testing import FakeClock, Recorder


def test_isolation_is_counted(world, clock):
    """Isolated: forced open, by as many as hold it; what lies beneath stays."""
    breaker = CircuitBreaker(clock=clock)
    first, second = breaker.isolate(), breaker.isolate()
    assert breaker.state == "isolated"
    with pytest.raises(CircuitOpenError) as caught:
        world.call(breaker, fine)
    assert (caught.value.reason, caught.value.retry_after) == ("isolated", None)
    assert "until it is released" in str(caught.value)
    first.release()
    first.release()
    assert breaker.state == "isolated"
    assert "isolated: refuses all calls" in breaker.explain()
    with second:
        pass
    assert breaker.state == "closed"
    assert world.call(breaker, fine) == "fine"


def test_isolation_of_an_open_circuit(clock):
    """An isolated circuit that was open is open again when released, and half-open when due."""
    breaker = opened(clock)
    with breaker.isolate():
        clock.advance(30)
        with pytest.raises(CircuitOpenError):
            breaker.acquire()
    assert breaker.state == "half-open"


def test_disabled_and_metrics_only(world, clock):
    """Disabled counts nothing; metrics-only counts and never refuses; `close()` ends both."""
    breaker = CircuitBreaker(trip=Consecutive(2), clock=clock)
    breaker.disable()
    failing(world, breaker, 5)
    assert breaker.state == "disabled"
    assert breaker.snapshot().failures == 0
    assert "lets all calls through" in breaker.explain()
    breaker.metrics_only()
    failing(world, breaker, 5)
    assert breaker.state == "metrics-only"
    assert breaker.snapshot().failures == 5
    assert breaker.explain() == "metrics-only: 5 failures in a row; opens at 2"
    breaker.close()
    failing(world, breaker, 2)
    assert breaker.state == "open"


@pytest.mark.parametrize("state", ["closed", "open", "isolated", "disabled", "metrics-only"])
def test_initial_state(clock, state):
    """It begins in the state that it is told."""
    breaker = CircuitBreaker(initial_state=state, clock=clock)
    assert breaker.state == state
    if state in ("open", "isolated"):
        with pytest.raises(CircuitOpenError):
            breaker.call(fine)
    else:
        assert breaker.call(fine) == "fine"


def test_close_ends_every_isolation(clock):
    """Also the one it began with; a handle released later ends nobody else's."""
    breaker = CircuitBreaker(initial_state="isolated", clock=clock)
    old = breaker.isolate()
    with Recorder(events.BreakerStateChanged) as recorder:
        breaker.close()
    assert breaker.state == "closed"
    assert [(event.old, event.new) for event in recorder.events] == [("isolated", "closed")]
    new = breaker.isolate()
    old.release()
    assert breaker.state == "isolated"
    new.release()
    assert breaker.state == "closed"


@pytest.mark.parametrize(("old", "why", "new"), TRANSITIONS, ids=lambda value: str(value)[:20])
def test_every_transition_of_the_table(clock, old, why, new):
    """Each row of the table, driven, with its event."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock, random=lambda: 0.0)
    prepare = {
        "closed": lambda: None,
        "open": breaker.open,
        "half-open": lambda: (breaker.open(), clock.advance(30)),
        "disabled": breaker.disable,
        "metrics-only": breaker.metrics_only,
        "isolated": lambda: None,
    }
    prepare[old]()
    isolation = breaker.isolate() if old == "isolated" else None

    def failed():
        with pytest.raises(ConnectionError):
            breaker.call(fail)

    drive = {
        ("closed", "open"): failed,
        ("open", "half-open"): lambda: (clock.advance(30), breaker.acquire().release()),
        ("half-open", "closed"): lambda: breaker.call(fine),
        ("half-open", "open"): failed,
        ("closed", "disabled"): breaker.disable,
        ("closed", "metrics-only"): breaker.metrics_only,
        ("open", "closed"): breaker.close,
        ("disabled", "closed"): breaker.close,
        ("metrics-only", "closed"): breaker.close,
        ("closed", "isolated"): breaker.isolate,
        ("isolated", "closed"): lambda: isolation.release(),
    }
    with Recorder(events.BreakerStateChanged) as recorder:
        drive[old.value, new.value]()
    assert (recorder.events[-1].old, recorder.events[-1].new) == (old.value, new.value)
    assert breaker.state == new
    assert why


def test_dump_and_load(clock, monkeypatch):
    """A dump is plain JSON; loaded later, the time that has passed meanwhile counts."""
    from resilience.policies import _manual

    wall = [1000.0]
    monkeypatch.setattr(_manual, "wall_time", lambda: wall[0])
    breaker = opened(clock)
    text = json.dumps(breaker.dump())
    wall[0] += 10
    restored = CircuitBreaker(clock=FakeClock())
    restored.load(json.loads(text))
    assert restored.state == "open"
    assert restored.snapshot().open_for == 20
    wall[0] -= 1000
    restored.load(json.loads(text))
    assert restored.snapshot().open_for == 30
    clock.advance(31)
    half = breaker.acquire()
    assert breaker.dump()["state"] == "open"
    assert breaker.dump()["open_for"] == 0
    half.release()
    closed = CircuitBreaker(clock=clock)
    closed.load(CircuitBreaker(clock=clock).dump())
    assert closed.state == "closed"


@pytest.mark.parametrize(
    "state", [{}, {"format": 2}, {"format": 1, "stamp": "x"}, {"format": 1, "stamp": 1.0, "open_for": -1}, None]
)
def test_load_refuses_nonsense(clock, state):
    """What is no dump is refused whole."""
    breaker = CircuitBreaker(clock=clock)
    with pytest.raises(ValueError, match=r"must be what CircuitBreaker.dump\(\) gave"):
        breaker.load(state)
    assert breaker.state == "closed"


def test_explain_in_each_state(clock):
    """Plain words in every state."""
    breaker = opened(clock, half_open_max_calls=2)
    assert breaker.explain() == "open: refuses calls for 30 s more; then 2 probes"
    clock.advance(30)
    breaker.call(fine)
    assert breaker.explain() == "half-open: 1 of 2 successes, 0 failures"
    assert "1 probe" in opened(clock).explain()
    rate = CircuitBreaker(trip=FailureRate(0.25, calls=2), clock=clock)
    for _ in range(2):
        rate.call(fine)
    assert rate.explain() == "closed: 2 calls, 0 failed; opens at 25 %"
