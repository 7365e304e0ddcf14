"""State machines against small reference models: the breaker's states and counts, the cache's entries and order."""

import collections

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import resilience
from resilience import Cache, CircuitBreaker, CircuitOpenError, Consecutive, FailureRate
from resilience.testing import FakeClock


class BreakerModel(RuleBasedStateMachine):
    """Three in a row open it for 10 s; two probes at once, two successes close, one failure reopens; lease 4 s."""

    def __init__(self):
        super().__init__()
        self.clock = FakeClock(start=100)
        self.breaker = CircuitBreaker(
            trip=Consecutive(3),
            reset_timeout=10,
            half_open_max_calls=2,
            lease=4,
            clock=self.clock,
            random=lambda: 0.0,
        )
        self.state, self.epoch, self.row, self.due, self.good = "closed", 0, 0, 0.0, 0
        self.running = []  # permits with the epoch that admitted them
        self.leases = {}

    def enter(self, state):
        self.state, self.row, self.good, self.leases = state, 0, 0, {}
        self.epoch += 1
        self.due = self.clock.now() + 10 if state == "open" else 0.0

    @rule()
    def acquire(self):
        now = self.clock.now()
        if self.state == "open" and now >= self.due:
            self.enter("half-open")
        self.leases = {number: end for number, end in self.leases.items() if now < end}
        refused = self.state == "open" or (self.state == "half-open" and len(self.leases) >= 2)
        if refused:
            with pytest.raises(CircuitOpenError) as caught:
                self.breaker.acquire()
            assert caught.value.retry_after >= 0
            return
        permit = self.breaker.acquire()
        self.running.append((permit, self.epoch))
        if self.state == "half-open":
            self.leases[id(permit)] = now + 4

    @precondition(lambda self: self.running)
    @rule(data=st.data(), how=st.sampled_from(["success", "failure", "ignored", "release"]))
    def settle(self, data, how):
        permit, epoch = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        self.leases.pop(id(permit), None)
        {
            "success": permit.success,
            "failure": lambda: permit.failure(ConnectionError()),
            "ignored": lambda: permit.failure(TypeError()),
            "release": permit.release,
        }[how]()
        if epoch != self.epoch or how in ("ignored", "release"):
            return
        if self.state == "closed":
            self.row = 0 if how == "success" else self.row + 1
            if self.row >= 3:
                self.enter("open")
        elif how == "failure":
            self.enter("open")
        else:
            self.good += 1
            if self.good >= 2:
                self.enter("closed")

    @rule(seconds=st.sampled_from([0.5, 3.9, 4.0, 10.0, 11.0]))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @rule()
    def close(self):
        self.breaker.close()
        self.enter("closed")

    @invariant()
    def same_state(self):
        due = self.state == "open" and self.clock.now() >= self.due
        assert self.breaker.state == ("half-open" if due else self.state)
        if self.state == "closed":
            assert self.breaker.snapshot().failures == self.row


TestBreakerModel = BreakerModel.TestCase
TestBreakerModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


class RateModel(RuleBasedStateMachine):
    """The failure rate of the last six calls, four needed."""

    def __init__(self):
        super().__init__()
        self.breaker = CircuitBreaker(trip=FailureRate(0.5, calls=6, min_calls=4), clock=FakeClock())
        self.kept = collections.deque(maxlen=6)

    @precondition(lambda self: self.breaker.state == "closed")
    @rule(failed=st.booleans())
    def call(self, failed):
        permit = self.breaker.acquire()
        permit.failure(ConnectionError()) if failed else permit.success()
        self.kept.append(failed)
        trips = len(self.kept) >= 4 and sum(self.kept) / len(self.kept) >= 0.5
        assert (self.breaker.state == "open") == trips
        if trips:
            self.breaker.close()
            self.kept.clear()

    @invariant()
    def same_counts(self):
        snapshot = self.breaker.snapshot()
        assert (snapshot.calls, snapshot.failures) == (len(self.kept), sum(self.kept))


TestRateModel = RateModel.TestCase
TestRateModel.settings = settings(max_examples=60, deadline=None)


class CacheModel(RuleBasedStateMachine):
    """Four entries of ten seconds, least recently used out first, against an `OrderedDict` that counts every read."""

    def __init__(self):
        super().__init__()
        self.clock = FakeClock()
        self.cache = Cache(ttl=10, max_size=4, jitter=0, cleanup_interval=1e9, clock=self.clock)
        self.kept = collections.OrderedDict()
        self.loads = 0
        self.load = self.cache(self.count)

    def count(self, key):
        self.loads += 1
        return self.loads

    def put(self, key, value, ttl=10.0):
        if key not in self.kept and len(self.kept) >= 4:
            self.kept.popitem(last=False)
        self.kept[key] = value, self.clock.now() + ttl
        self.kept.move_to_end(key)

    def fresh(self, key):
        value, due = self.kept.get(key, (None, -1.0))
        return value if self.clock.now() < due else None

    @rule(key=st.integers(0, 6))
    def call(self, key):
        name = ("call", key)
        value = self.fresh(name)
        loads = self.loads
        got = self.load(key)
        if value is None:
            assert self.loads == loads + 1
            self.put(name, got)
        else:
            assert (got, self.loads) == (value, loads)
            self.kept.move_to_end(name)

    @rule(key=st.integers(0, 6), ttl=st.sampled_from([1.0, 10.0, 30.0]))
    def set(self, key, ttl):
        self.cache.set(key, "set", ttl)
        self.put(("set", key), "set", ttl)

    @rule(key=st.integers(0, 6))
    def get(self, key):
        expected = self.fresh(("set", key))
        assert self.cache.get(key) == expected
        if expected is not None:
            self.kept.move_to_end(("set", key))

    @rule(key=st.integers(0, 6))
    def delete(self, key):
        assert self.cache.delete(key) == (self.kept.pop(("set", key), None) is not None)

    @rule(key=st.integers(0, 6))
    def invalidate(self, key):
        assert self.load.invalidate(key) == (self.kept.pop(("call", key), None) is not None)

    @rule(seconds=st.sampled_from([0.5, 1.0, 9.5, 30.0]))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @rule()
    def expire(self):
        late = [key for key, (_, due) in self.kept.items() if self.clock.now() >= due]
        assert self.cache.expire() == len(late)
        for key in late:
            del self.kept[key]

    @rule()
    def clear(self):
        self.cache.clear()
        self.kept.clear()

    @invariant()
    def same_size(self):
        assert self.cache.snapshot().size == len(self.kept)


TestCacheModel = CacheModel.TestCase
TestCacheModel.settings = settings(max_examples=80, stateful_step_count=60, deadline=None)


class LoadModel(RuleBasedStateMachine):
    """Loads that land late, against invalidation: only the newest load of a key is ever stored."""

    def __init__(self):
        super().__init__()
        self.cache = Cache(ttl=1000, jitter=0, clock=FakeClock())
        self.under_way = []
        self.current = {}
        self.stored = {}
        self.number = 0

    @rule(key=st.integers(0, 2))
    def begin(self, key):
        verdict = self.cache.join(key, None)
        if key in self.stored:
            assert verdict.value == self.stored[key]
        elif key in self.current:
            assert verdict.ticket.flight is self.current[key]
        else:
            self.current[key] = verdict.flight
            self.under_way.append((key, verdict.flight))

    @rule(key=st.integers(0, 2))
    def refresh(self, key):
        flight = self.cache.join(key, None, anew=True).flight
        self.current[key] = flight
        self.under_way.append((key, flight))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), how=st.sampled_from(["land", "fail", "abandon"]))
    def end(self, data, how):
        key, flight = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        self.number += 1
        {
            "land": lambda: flight.land(self.number),
            "fail": lambda: flight.fail(ConnectionError()),
            "abandon": flight.abandon,
        }[how]()
        if self.current.get(key) is flight:
            del self.current[key]
            if how == "land":
                self.stored[key] = self.number

    @rule(key=st.integers(0, 2))
    def invalidate(self, key):
        assert self.cache.forget(key) == (self.stored.pop(key, None) is not None)
        self.current.pop(key, None)

    @invariant()
    def same_entries(self):
        assert self.cache._flights == self.current
        for key in range(3):
            entry = self.cache.entry(key)
            assert (None if entry is None else entry.value) == self.stored.get(key)


TestLoadModel = LoadModel.TestCase
TestLoadModel.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def test_the_models_are_of_this_library():
    """The names under test are the public ones."""
    assert resilience.CircuitBreaker is CircuitBreaker
    assert resilience.Cache is Cache
