"""The drivers by themselves: what the chains of whole policies do not ask of them."""

import pytest
from tests.engine.gates import Silent

import resilience
from resilience._drive import adrive, drive
from resilience._world import SYSTEM_CLOCK


def linked(world, body, vet=None):
    """One link around a body, whose gate has nothing to say."""
    return (adrive if world.is_async else drive)(Silent(), world.function(body), SYSTEM_CLOCK, vet)


def test_a_gate_without_verbs_changes_nothing(world):
    """Values, keywords and errors pass through a link that has nothing to say."""
    assert world.run(linked(world, lambda number: number + 1), 1) == 2
    assert world.run(linked(world, lambda *, number: number + 1), number=2) == 3

    def fail():
        raise ConnectionError("down")

    with pytest.raises(ConnectionError, match="down"):
        world.run(linked(world, fail))


def test_what_is_no_plain_value_is_vetted(world):
    """The vet sees every value that might be an awaitable, and no other."""
    seen, value = [], object()
    assert world.run(linked(world, lambda: value, seen.append)) is value
    assert world.run(linked(world, lambda: 3, seen.append)) == 3
    assert seen == [value]


def test_an_awaitable_that_cannot_be_closed_is_refused_all_the_same():
    """It has neither `close` nor `cancel`; the call is still told what is wrong."""

    class Waiting:
        def __await__(self):
            yield

    with pytest.raises(TypeError, match="returned an awaitable"):
        resilience.Retry().call(Waiting)
