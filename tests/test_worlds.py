"""The `world` fixture keeps its promises, so that tests built on it can be believed."""

import asyncio
import inspect

import pytest


def double(number):
    return 2 * number


def boom():
    raise ConnectionError("boom")


def test_function_is_of_its_world(world):
    """`function` gives the body itself or an async twin of it."""
    function = world.function(double)
    assert inspect.iscoroutinefunction(function) is world.is_async
    assert world.run(function, 21) == 42


def test_run_lets_errors_through(world):
    """What the function raises comes out of `run` as it is."""
    with pytest.raises(ConnectionError, match="boom"):
        world.run(world.function(boom))


def test_yield_awaits_and_raises_in_place(world):
    """In a story a `yield` gives the value of the call, and raises what the call raised right there."""
    seen = []

    def story():
        seen.append((yield world.function(double)(4)))
        with pytest.raises(ConnectionError):
            yield world.function(boom)()
        return "end"

    assert world.session(story) == "end"
    assert seen == [8]


def test_generator_body_is_a_function(world):
    """A body with `yield` is guarded as a function, not as a generator."""

    def body(number):
        return (yield world.function(double)(number)) + 1

    function = world.function(body)
    assert not inspect.isgeneratorfunction(function)
    assert inspect.iscoroutinefunction(function) is world.is_async
    assert world.run(function, 3) == 7


def test_together_keeps_order_and_errors(world):
    """Bodies run at once give their values in order, an error in its place."""
    outcomes = []

    def story():
        outcomes.extend((yield world.together(lambda: 1, boom, lambda: 3)))

    world.session(story)
    assert outcomes[::2] == [1, 3]
    assert isinstance(outcomes[1], ConnectionError)


def test_together_is_concurrent(world):
    """Each body waits until all have begun, so they can only end if they run at once."""
    begun = []

    def body():
        begun.append(1)
        while len(begun) < 3:
            yield pause(world)
        return len(begun)

    def story():
        return (yield world.together(body, body, body))

    assert world.session(story) == [3, 3, 3]


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
def test_cancelled_says_whether_it_came_out(world):
    """A body that waits is cancelled; one that ends first is not."""

    def waits():
        while True:
            yield pause(world, 3600)

    def story():
        return (yield world.cancelled(waits)), (yield world.cancelled(lambda: 1))

    assert world.session(story) == (True, False)


@pytest.mark.worlds("sync", reason="shows that the marker leaves worlds out")
def test_marker_leaves_worlds_out(world):
    """Only the named worlds run."""
    assert world.name == "sync"


def pause(world, seconds=0):
    if world.name == "asyncio":
        return asyncio.sleep(seconds)
    if world.name == "trio":
        import trio

        return trio.sleep(seconds)
    return None
