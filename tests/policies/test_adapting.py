"""What adaptive limits learn from a dependency with a capacity, in virtual time; and a throttle beside them."""

import collections
import random

import pytest
from tests.policies.dependency import Virtual, run

from resilience import AIMD, AdaptiveLimit, Bulkhead, Gradient2, RateLimitedError, Throttle, Vegas
from resilience.policies._learner import Algorithm, Learner

LEARNERS = pytest.mark.parametrize("algorithm", [Gradient2(), Vegas()], ids=str)


class Plain(Algorithm):
    """Gradient2 as published: the base is an average over all calls (600 of them, 10 to warm up)."""

    def begin(self, bounds):
        return PlainLearner(bounds)


class PlainLearner(Learner):
    def __init__(self, bounds):
        super().__init__(bounds)
        self.base, self.count = 0.0, 0

    def learn(self, now, call):
        self.count += 1
        self.base += (call.seconds - self.base) * (1 / self.count if self.count <= 10 else 2 / 601)
        if self.base / call.seconds > 2:
            self.base *= 0.95
        if self._is_used(call):
            gradient = max(0.5, min(1.0, 1.5 * self.base / call.seconds))
            self._move(self.limit * 0.8 + (self.limit * gradient + 4) * 0.2)


def limits_after(algorithm, moment, *, rate, capacity, until, **options):
    """The limits that were in force from a moment on, and what was served then."""
    clock = Virtual()
    policy = AdaptiveLimit(algorithm, clock=clock)
    result = run(policy, clock, rate=lambda time: rate, capacity=capacity, until=until, give_up=60, **options)
    return [limit for time, limit in result.limits if time > moment], result.share(moment, until)


def test_gradient2_creeps_up_under_mild_overload_and_this_one_does_not():
    """A tenth too much, for two minutes: the published one ends at its maximum; ours stays, and serves as much."""
    mild = {"rate": 330, "capacity": lambda time: 300, "until": 120, "jitter": 0.5}
    drifting, _ = limits_after(Plain(), 100, **mild)
    ours, share = limits_after(Gradient2(), 60, **mild)
    assert min(drifting) > 150
    assert max(ours) < 50
    assert share > 0.95 * 300 / 330


@LEARNERS
def test_a_limit_that_nothing_queues_behind_grows(algorithm):
    """A hundred calls at once that take a very uneven time, and a callee that bears them: nearly all are served."""
    limits, share = limits_after(
        algorithm, 6, rate=2000, capacity=lambda time: 3000, until=12, latency=lambda time: 0.05, jitter=0.9
    )
    assert max(limits) > 150
    assert share > 0.99


@LEARNERS
def test_a_callee_that_became_slower_for_good_is_learned_by_a_probe(algorithm):
    """Every call takes thrice as long from second 20 on, and nothing queues: the limit finds its way back."""
    clock = Virtual()
    policy = AdaptiveLimit(algorithm, maximum=100, clock=clock)
    result = run(
        policy,
        clock,
        rate=lambda time: 300,
        capacity=lambda time: 5000,
        until=100,
        latency=lambda time: 0.02 if time < 20 else 0.1,
    )
    assert result.share(5, 20) > 0.99
    assert result.share(21, 40) < 0.9
    assert result.share(75, 100) > 0.95


@pytest.mark.parametrize("jitter", [0.0, 0.9])
@pytest.mark.parametrize("seed", [1, 2])
@LEARNERS
def test_row_02_a_brown_out_is_lived_through(algorithm, seed, jitter):
    """A tenth of the capacity for eight seconds, callers that give up after half a second, work that goes on for them.

    Without a limit the dependency works for nobody, and goes on so when it is well again.
    """

    def capacity(time):
        return 30 if 10 <= time < 18 else 300

    clock = Virtual()
    limited = AdaptiveLimit(algorithm, clock=clock)
    result = run(limited, clock, rate=lambda time: 200, capacity=capacity, until=25, jitter=jitter, seed=seed)
    assert result.share(0, 10) > 0.99
    assert result.share(10, 18) >= 0.12
    assert result.share(18.5, 25) >= 0.95
    assert result.load(10, 18) <= 200
    clock = Virtual()
    unlimited = Bulkhead(100_000, clock=clock)
    bare = run(unlimited, clock, rate=lambda time: 200, capacity=capacity, until=25, jitter=jitter, seed=seed)
    assert bare.share(10, 18) < 0.03
    assert bare.share(18.5, 25) < 0.03


def test_aimd_learns_from_failures_and_slow_calls_alone():
    """It falls by a factor, once a round, and grows by one a round."""
    clock = Virtual()
    policy = AdaptiveLimit(AIMD(longer_than=0.2), initial=10, clock=clock)
    permits = [policy.admit((), {}) for _ in range(10)]
    clock.time = 0.5
    policy.succeeded(permits.pop(), None)
    assert policy.limit == 9
    for permit in permits:
        policy.failed(permit, ConnectionError(), 1)
    assert policy.limit == 9
    for _ in range(30):
        permits = [policy.admit((), {}) for _ in range(policy.limit)]
        clock.time += 0.1
        for permit in permits:
            policy.succeeded(permit, None)
    assert 20 < policy.limit < 30


def test_a_drop_that_came_quickly_takes_less_than_one_that_took_long():
    """A tenth, and half."""
    limits = []
    for seconds in (0.01, 5.0):
        clock = Virtual()
        policy = AdaptiveLimit(Vegas(), initial=100, clock=clock)
        permit = policy.admit((), {})
        clock.time = 0.1
        policy.succeeded(permit, None)
        permit = policy.admit((), {})
        clock.time += seconds
        policy.failed(permit, ConnectionError(), 1)
        limits.append(policy.limit)
    assert limits == [90, 50]


def test_calls_that_take_no_time_teach_nothing_wrong():
    """On a clock that stands still."""
    for algorithm in (Gradient2(), Vegas(), AIMD()):
        policy = AdaptiveLimit(algorithm, initial=2, clock=Virtual())
        for _ in range(20):
            policy.succeeded(policy.admit((), {}), None)
        assert policy.limit >= 2


def test_a_throttle_holds_the_load_near_what_is_accepted():
    """Of a hundred calls a second a callee that is ill accepts ten: it sees about twenty; once it is well, all again."""
    clock = Virtual()
    throttle = Throttle(window=10, clock=clock, random=random.Random(7).random)
    sent, served = collections.Counter(), collections.Counter()
    for step in range(6000):
        clock.time = step / 100
        second = int(clock.time)
        try:
            throttle.admit((), {})
        except RateLimitedError:
            continue
        sent[second] += 1
        if 10 <= second < 40 and served[second] >= 10:
            throttle.failed(None, ConnectionError(), 1)
        else:
            served[second] += 1
            throttle.succeeded(None, 0)
    assert sum(sent[second] for second in range(10)) == 1000
    assert 10 <= sum(sent[second] for second in range(25, 40)) / 15 <= 30
    assert sum(served[second] for second in range(50, 60)) > 950
