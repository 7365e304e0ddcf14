"""Quantile: when a hedge follows, learned from the last calls."""

import asyncio
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policies.hedged import call, script

import resilience
from resilience import Hedge, Quantile
from resilience.policies._quantile import Estimate

DURATIONS = st.floats(1e-5, 3600)


@settings(max_examples=60, deadline=None)
@given(st.lists(DURATIONS, min_size=1, max_size=60), st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.999]))
def test_the_estimate_is_the_quantile(durations, share):
    """Against sorting: never below the exact quantile, and at most 4.5 % above."""
    estimate = Quantile(share, min_calls=1).begin()
    for seen, duration in enumerate(durations, 1):
        estimate.add(duration)
        exact = sorted(durations[:seen])[max(1, ceil(share * seen - 1e-9)) - 1]
        assert exact * 0.999999 <= estimate.delay() <= exact * 1.045


def test_it_forgets_what_is_long_ago():
    """A thousand quick calls after a thousand slow ones: the estimate is that of the quick ones."""
    estimate = Quantile(0.95).begin()
    for _ in range(1024):
        estimate.add(10.0)
    assert 10 <= estimate.delay() <= 10.5
    for _ in range(1024):
        estimate.add(0.1)
    assert 0.1 <= estimate.delay() <= 0.105


def test_its_memory_is_bounded():
    """A hundred thousand observations, of every size, hold what 1024 do."""
    estimate = Quantile(0.5).begin()
    for number in range(100_000):
        estimate.add(0.0 if number % 3 else number * 1e9)
    assert len(estimate._kept) == 1024
    assert sum(estimate._counts) == 1024
    assert estimate.seen == 100_000


def test_warm_up():
    """Before `min_calls` no hedge, or one after `ceiling`."""
    cold, covered = Estimate(Quantile(min_calls=3)), Estimate(Quantile(min_calls=3, ceiling=2))
    assert (cold.delay(), covered.delay()) == (float("inf"), 2)
    for estimate in (cold, covered):
        for _ in range(3):
            estimate.add(1.0)
    assert cold.delay() == covered.delay() == pytest.approx(1.0, rel=0.05)


def test_clamps():
    """No sooner than `floor`, no later than `ceiling`."""
    low, high = Quantile(min_calls=1, floor=0.5).begin(), Quantile(min_calls=1, ceiling=2).begin()
    low.add(0.001)
    high.add(60)
    assert (low.delay(), high.delay()) == (0.5, 2)


def test_a_hedge_learns(world, clock):
    """Twenty calls of a second each; then a slow one is hedged after about a second."""
    hedge = Hedge(Quantile(), clock=clock)
    assert hedge.snapshot().delay is None
    for _ in range(20):
        call(world, hedge, script(world, clock, first=(1, "quick")))
    assert hedge.snapshot().delay == pytest.approx(1.0, rel=0.05)
    assert call(world, hedge, script(world, clock, first=(60, "slow"), second=(0.5, "hedge"))) == "hedge"
    assert hedge.snapshot().wins == (20, 1)


def test_losers_do_not_make_the_calls_look_quick(world, clock):
    """A first attempt that lost counts with the time it had: the delay does not creep down."""
    hedge = Hedge(Quantile(0.5, min_calls=4), clock=clock)
    for _ in range(4):
        call(world, hedge, script(world, clock, first=(1, "quick")))
    for _ in range(20):
        call(world, hedge, script(world, clock, first=(60, "slow"), second=(0, "hedge")))
    assert hedge.snapshot().delay >= 1


def test_failures_do_not_count(world, clock):
    """An error is quick, and says nothing of how long an answer takes."""
    hedge = Hedge(Quantile(min_calls=1), clock=clock)
    function = script(world, clock, first=(0, ConnectionError()), second=(3, "rows"))
    assert call(world, hedge, function) == "rows"
    assert hedge.snapshot().delay is None


def test_an_early_failure_launches_the_next_in_warm_up_too(clock):
    """Only time launches none."""

    async def body():
        if resilience.current().attempt == 1:
            raise ConnectionError
        return "second"

    assert asyncio.run(Hedge(Quantile(), clock=clock).acall(body)) == "second"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"share": 0}, ValueError, "share=0"),
        ({"share": 1}, ValueError, "share=1: must be a share below 1"),
        ({"share": True}, TypeError, "share=True"),
        ({"min_calls": 0}, ValueError, "min_calls=0"),
        ({"min_calls": 2000}, ValueError, "min_calls=2000: must be at most 1024"),
        ({"floor": -1}, ValueError, "floor=-1"),
        ({"ceiling": 0}, ValueError, "ceiling=0"),
        ({"floor": 3, "ceiling": 2}, ValueError, "floor=3: must be at most ceiling=2"),
    ],
)
def test_wrong_options_are_named(arguments, error, message):
    """Each refusal names the option and the value."""
    with pytest.raises(error, match=message):
        Quantile(**arguments)


def test_it_is_a_value():
    """Equal to one with the same numbers."""
    assert Quantile(0.9) == Quantile(0.9)
    assert hash(Quantile(0.9, floor=1)) != hash(Quantile(0.9))
    assert repr(Quantile(0.9, floor=0.1)) == "Quantile(0.9, min_calls=20, floor=0.1)"
