"""Chains on the real clock, where a call begins the quick way, and what a chain is built from."""

import asyncio
import warnings

import pytest

import resilience
from resilience import CallTimeoutError, ResilienceWarning
from resilience.extending import Policy
from resilience.testing import FakeClock


def test_a_deadline_that_has_passed_is_seen(world):
    """A call that begins with no more than its time asks for the deadline all the same, where there is one."""
    begun = []
    guarded = resilience.Retry()(world.function(lambda: begun.append(1)))

    def story():
        with resilience.deadline(1e-9), pytest.raises(CallTimeoutError) as caught:
            yield guarded()
        assert caught.value.reason == "deadline passed"
        yield guarded()

    world.session(story)
    assert begun == [1]


def test_an_inner_retry_knows_the_outer_attempt(world):
    """Its own attempts count from one; only what surrounds the call is asked."""
    numbers = []

    def body():
        numbers.append(resilience.current().attempt)
        if len(numbers) < 4:
            raise ConnectionError("down")
        return "up"

    fixed = resilience.Fixed(0)
    chain = resilience.Pipeline(
        resilience.Retry(attempts=3, backoff=fixed, retry_exhausted=True), resilience.Retry(attempts=2, backoff=fixed)
    )
    assert world.call(chain, body) == "up"
    assert numbers == [1, 2, 1, 2]


def test_each_policy_warns_once_of_sleeping_in_a_loop():
    """By its own name, and not for another's warning."""
    clock = FakeClock()

    def failing_once():
        calls = iter([ConnectionError("down"), None])

        def body():
            error = next(calls)
            if error is not None:
                raise error

        return body

    async def main():
        for name in ("first", "second", "first again"):
            policy = policies[name]
            policy.call(failing_once())

    first = resilience.Retry(backoff=resilience.Fixed(1), clock=clock, name="sleeps-first")
    second = resilience.Retry(backoff=resilience.Fixed(1), clock=clock, name="sleeps-second")
    policies = {"first": first, "second": second, "first again": first}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
    told = [str(one.message).split(":")[0] for one in caught if one.category is ResilienceWarning]
    assert told == ["sleeps-first", "sleeps-second"]


def test_a_policy_is_bound_to_the_function_it_guards(world):
    """`bind` is given the function itself, once, when it is decorated."""
    bound = []

    class Noting(Policy):
        kind = "noting"

        def bind(self, function):
            bound.append(function)
            return self

        def snapshot(self):
            return None

    function = world.function(lambda: 1)
    guarded = Noting()(function)
    assert world.run(guarded) == 1
    assert world.run(guarded) == 1
    assert bound == [function]


def test_the_wrong_way_to_call_names_the_function():
    """Whoever passes a coroutine function to `.call` reads which one, and what to use."""

    async def fetch_rates():
        pass

    with pytest.raises(TypeError, match=r"fetch_rates.* is .*acall"):
        resilience.Retry().call(fetch_rates)
