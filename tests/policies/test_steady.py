"""What a policy says to be steady is: no snapshot of it differs while that stays equal."""

import contextlib

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import resilience as r
from resilience._snapshot import Memory, remembered
from resilience.testing import FakeClock

TRIPS = (r.Consecutive(2), r.FailureRate(0.5, window=10, min_calls=2), r.FailureRate(0.5, calls=4, min_calls=2))


class Steady(RuleBasedStateMachine):
    """Anything may happen to breakers and a cache."""

    def __init__(self):
        super().__init__()
        self.clock = FakeClock()
        breakers = [r.CircuitBreaker(trip=trip, reset_timeout=5, clock=self.clock) for trip in TRIPS]
        breakers.append(r.CircuitBreaker(trip=TRIPS[0], slow=r.SlowCalls(1.0, min_calls=1), clock=self.clock))
        breakers.append(r.CircuitBreaker(trip=TRIPS[0], shadow=True, clock=self.clock))
        self.breakers = breakers
        self.cache = r.Cache(ttl=10, max_size=2, cleanup_interval=1, clock=self.clock)
        self.function = self.cache(lambda value: 1 / value)
        self.isolations = []
        self.known = [(None, None)] * (len(breakers) + 1)

    which = st.integers(0, len(TRIPS) + 1)

    @rule(which=which, text=st.sampled_from("7x"))
    def call(self, which, text):
        with contextlib.suppress(ValueError, r.CircuitOpenError):
            self.breakers[which].call(int, text)

    @rule(which=which, act=st.sampled_from(["close", "disable", "metrics_only", "open"]))
    def operate(self, which, act):
        getattr(self.breakers[which], act)()

    @rule(which=which)
    def isolate(self, which):
        self.isolations.append(self.breakers[which].isolate())

    @rule()
    def release(self):
        if self.isolations:
            self.isolations.pop().release()

    @rule(which=which, other=which)
    def load(self, which, other):
        self.breakers[which].load(self.breakers[other].dump())

    @rule(value=st.integers(0, 4))
    def look_up(self, value):
        with contextlib.suppress(ZeroDivisionError):
            self.function(value)

    @rule(act=st.sampled_from(["clear", "expire"]))
    def empty(self, act):
        getattr(self.cache, act)()

    @rule(seconds=st.sampled_from([0.5, 4.0, 11.0]))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @invariant()
    def steady_is_steady(self):
        for place, policy in enumerate((*self.breakers, self.cache)):
            steady, state = policy._steady(), policy.snapshot()
            was_steady, before = self.known[place]
            if steady is not None and steady == was_steady:
                assert state == before
            self.known[place] = steady, state


TestSteady = Steady.TestCase
TestSteady.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("policy", [r.CircuitBreaker(), r.Cache(ttl=5)], ids=repr)
def test_an_idle_policy_is_steady(policy):
    """Else the promise above would be cheap to keep."""
    assert policy._steady() is not None
    assert policy._steady() == policy._steady()


def test_a_policy_that_time_changes_is_not():
    """A window of time empties by itself, and so does what is left of an open circuit."""
    breaker = r.CircuitBreaker(trip=r.FailureRate(0.5, window=10))
    assert breaker._steady() is None
    breaker = r.CircuitBreaker(trip=r.Consecutive(1))
    with contextlib.suppress(ValueError):
        breaker.call(int, "x")
    assert breaker._steady() is None


def test_a_policy_that_has_been_left_alone_is_not_worked_out_anew():
    """For one who reads each second: only what was used since is asked again, and then at once."""
    asked = []

    class Counted(r.CircuitBreaker):
        def snapshot(self):
            asked.append(self.name)
            return super().snapshot()

    kept, memory = [Counted(f"left alone {number}") for number in range(3)], Memory()
    remembered(memory)
    asked.clear()
    told = remembered(memory)
    assert asked == []
    with pytest.raises(ValueError, match="invalid"):
        kept[1].call(int, "x")
    told = {one["name"]: one["state"] for one in remembered(memory)["policies"]}
    assert asked == ["left alone 1"]
    assert told["left alone 1"]["failures"] == 1
    kept[1].call(int, "7")
    remembered(memory)
    assert len(asked) == 2
    remembered(memory)
    assert len(asked) == 2
