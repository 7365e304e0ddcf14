"""Pipelines: policies in a row, one clock for all."""

import pytest
from tests.engine.gates import Scripted

import resilience
from resilience import Cache, CircuitBreaker, Fallback, Fixed, Pipeline, Retry, Timeout
from resilience._world import SYSTEM_CLOCK
from resilience.extending import Policy
from resilience.testing import FakeClock


def test_the_outermost_first(world):
    """The first policy is asked first and answers last."""
    order = []

    class Noting(Scripted):
        def admit(self, args, kwargs):
            order.append(f"in {self.name}")

        def succeeded(self, permit, value):
            order.append(f"out {self.name}")

    policy = Pipeline(Noting(name="a"), Noting(name="b"), Noting(name="c"))
    assert world.call(policy, lambda n: n, 4) == 4
    assert [entry.split("#")[0] for entry in order] == ["in a", "in b", "in c", "out c", "out b", "out a"]


def test_the_example_of_the_readme(world, clock):
    """Fallback, cache, total timeout, retry, breaker, attempt timeout in one."""
    outcomes = iter([ConnectionError(), ["row"]])

    def fetch(n):
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    breaker = CircuitBreaker("payments", trip=resilience.FailureRate(0.5, window=30, min_calls=20))
    policy = Pipeline(
        Fallback(factory=list), Cache(ttl=30), Timeout(10), Retry(attempts=4), breaker, Timeout(2), clock=clock
    )
    guarded = policy(world.function(fetch))

    def story():
        assert (yield guarded(7)) == ["row"]
        assert (yield guarded(7)) == ["row"]

    world.session(story)
    assert len(clock.slept) == 1
    kinds = [part.kind for part in policy.parts()]
    assert kinds == ["fallback", "cache", "timeout", "retry", "circuit-breaker", "timeout"]
    assert len(policy.describe().splitlines()) == 7  # and the worst case
    assert len(policy.snapshot().policies) == 6
    assert " > ".join(part.name for part in policy.parts()) in repr(policy)


def test_then_gives_a_new_one(world):
    """`.then(policy)` adds it innermost and leaves the pipeline alone."""
    outer = Pipeline(Fallback("poor"))
    longer = outer.then(Retry(attempts=2, backoff=Fixed(0)))
    calls = []

    def body():
        calls.append(1)
        raise ConnectionError

    assert world.call(longer, body) == "poor"
    assert len(calls) == 2
    assert len(outer.policies) == 1


def test_its_clock_rules_its_policies(clock):
    """Also those of a pipeline inside it; chance likewise."""
    inner = Pipeline(Retry(backoff=Fixed(5)), Timeout(3))
    policy = Pipeline(CircuitBreaker(), inner, clock=clock, random=lambda: 0.25)
    assert all(part.clock is clock for part in policy.parts())
    assert all(part._random() == 0.25 for part in policy.parts())
    with pytest.raises(ConnectionError):
        policy.call(lambda: (_ for _ in ()).throw(ConnectionError))
    assert clock.slept == [5, 5]


def test_the_one_given_clock_rules(clock):
    """Without a clock of its own, a pipeline takes the one that its policies were given."""
    policy = Pipeline(Retry(), CircuitBreaker(clock=clock), Timeout(1))
    assert all(part.clock is clock for part in policy.parts())
    assert Pipeline(Retry()).clock is SYSTEM_CLOCK


def test_different_clocks_are_refused():
    """Two clocks without one that rules, or a policy that runs on another already."""
    with pytest.raises(ValueError, match=r"make them without one, and give it to the Pipeline\(..., clock=...\)"):
        Pipeline(Retry(clock=FakeClock()), CircuitBreaker(clock=FakeClock()))
    shared = Retry()
    Pipeline(shared, clock=FakeClock())
    with pytest.raises(ValueError, match="give each pipeline policies of its own"):
        Pipeline(shared, clock=FakeClock())


def test_bad_policies_are_refused():
    """None, or something that is no policy."""
    with pytest.raises(ValueError, match="at least one policy"):
        Pipeline()
    with pytest.raises(TypeError, match=r"give instances, e\.g\. Retry\(\)"):
        Pipeline(Retry)


def test_nested_pipelines_are_one_chain(world, clock):
    """A pipeline in a pipeline is a policy like any other."""
    calls = []

    def body():
        calls.append(1)
        raise ConnectionError

    inner = Pipeline(Retry(attempts=2, backoff=Fixed(0)), CircuitBreaker())
    assert world.call(Pipeline(Fallback("poor"), inner, clock=clock), body) == "poor"
    assert len(calls) == 2


def test_one_instance_serves_many_functions_and_worlds(clock):
    """Sync, asyncio and trio calls through one pipeline move one state."""
    import asyncio

    import trio

    breaker = CircuitBreaker(trip=resilience.Consecutive(3), clock=clock)
    policy = Pipeline(Retry(attempts=1), breaker, clock=clock)

    async def fail():
        raise ConnectionError

    def sync_fail():
        raise ConnectionError

    with pytest.raises(ConnectionError):
        policy.call(sync_fail)
    with pytest.raises(ConnectionError):
        asyncio.run(policy.acall(fail))
    with pytest.raises(ConnectionError):
        trio.run(policy.acall, fail)
    assert breaker.state == "open"


def test_a_policy_that_tells_nothing_of_itself_is_told_by_its_name(world):
    """The least that one of the user's own can be: a pipeline describes it, and takes its state, all the same."""

    class Least(Policy):
        kind = "least"

    least = Least("mine")
    policy = Pipeline(Retry(name="least-retry"), least)
    assert world.call(policy, lambda: 7) == 7
    assert f"Least {least.name!r}" in policy.describe().splitlines()
    assert policy.snapshot().policies[1].as_dict() == {"name": least.name}
