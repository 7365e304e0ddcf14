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


def test_a_value_is_vetted_unless_the_last_was_of_its_class(world):
    """The vet sees each value that might be an awaitable; what is of the class that passed last is not."""
    vetted, values = [], iter([object(), object(), 3, object()])
    guarded = linked(world, lambda: next(values), vetted.append)
    given = [world.run(guarded) for _ in range(4)]
    assert vetted == [given[0], given[2], given[3]]


def test_what_fails_the_vet_fails_it_each_time(world):
    """A class that was refused is asked about again."""
    guarded = linked(world, lambda: 3, refuse)
    for _ in range(2):
        with pytest.raises(TypeError, match="not this one"):
            world.run(guarded)


def refuse(value):
    raise TypeError("not this one")


def test_an_awaitable_that_cannot_be_closed_is_refused_all_the_same():
    """It has neither `close` nor `cancel`; the call is still told what is wrong."""

    class Waiting:
        def __await__(self):
            yield

    with pytest.raises(TypeError, match="returned an awaitable"):
        resilience.Retry().call(Waiting)
