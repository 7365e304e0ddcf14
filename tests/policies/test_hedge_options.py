"""Hedge: what it refuses, and how it shows itself."""

import pytest
from tests.policies.hedged import call, script

import resilience
from resilience import Hedge
from resilience._worst import WorstCase
from resilience.testing import disabled


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"after": -1}, ValueError, "after=-1: must be seconds at least 0"),
        ({"after": True}, TypeError, "after=True"),
        ({"after": float("nan")}, ValueError, "after=nan"),
        ({"after": float("inf")}, ValueError, "after=inf"),
        ({"after": 1, "attempts": 1}, ValueError, "attempts=1: must be a whole number of at least 2"),
        ({"after": 1, "attempts": True}, TypeError, "attempts=True"),
        ({"after": 1, "on": "ConnectionError"}, TypeError, "on='ConnectionError'"),
        ({"after": 1, "on": KeyboardInterrupt}, ValueError, "always passes through"),
        ({"after": 1, "budget": 5}, TypeError, "budget=5"),
        ({"after": 1, "name": ""}, ValueError, "name=''"),
    ],
)
def test_wrong_options_are_named(options, error, message):
    """Each refusal names the option and the value."""
    with pytest.raises(error, match=message):
        Hedge(**options)


def test_generators_are_refused():
    """With what to do instead."""

    @resilience.Retry()
    def fine():
        return 1

    def rows():
        yield 1

    async def arows():
        yield 1

    for function in (rows, arows):
        with pytest.raises(TypeError, match="a hedge cannot guard the generator .*guard the function that consumes it"):
            Hedge(1)(function)
    assert Hedge(1)(fine)() == 1


def test_a_plain_function_that_returns_an_awaitable_is_refused():
    """The pool would end before the work begins."""

    async def inner():
        return 1

    with pytest.raises(TypeError, match="returned an awaitable"):
        Hedge(1).call(lambda: inner())


def test_disabled(world, clock):
    """Inside `disabled()` the function is called as it is."""
    hedge = Hedge(0, clock=clock)
    function = script(world, clock, first=(1, "one"))
    with disabled():
        assert call(world, hedge, function) == "one"
    assert hedge.snapshot().calls == 0


def test_repr_and_describe():
    """What it does, on one line."""
    assert repr(Hedge(0.25, name="rates-repr")) == "<Hedge 'rates-repr' after 0.25 s, attempts=2>"
    hedge = Hedge(resilience.Quantile(0.99, floor=0.01, ceiling=2), attempts=3, name="tail")
    assert hedge.describe() == "Hedge 'tail' after Quantile(0.99, min_calls=20, floor=0.01, ceiling=2), attempts=3"


def test_lower_case_name_behind_an_at():
    """`@resilience.hedge(...)` is the class."""

    @resilience.hedge(1)
    def answer():
        return 42

    assert answer() == 42
    assert isinstance(answer.policy, Hedge)


@pytest.mark.parametrize(
    ("after", "seconds"),
    [(2, 14), (0, 10), (20, 30), (resilience.Quantile(ceiling=1), 12), (resilience.Quantile(), 30)],
    ids=["delay", "parallel", "longer than the call", "ceiling", "unknown"],
)
def test_worst_case(after, seconds):
    """All attempts of the function, and the last begun as late as can be."""
    chain = resilience.Pipeline(Hedge(after, attempts=3), resilience.Timeout(10))
    worst = chain.worst_case(WorstCase())
    assert (worst.calls, worst.seconds) == (3, seconds)


def test_explained():
    """Each attempt has its line, and only the last is called so."""

    def fails():
        raise ConnectionError(resilience.current().attempt)

    with pytest.raises(ConnectionError) as caught:
        Hedge(10).call(fails)
    text = resilience.explain(caught.value)
    assert text.count("attempt 1") == text.count("attempt 2") == text.count("the last") == 1
