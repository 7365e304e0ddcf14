"""Retry as a loop: `for attempt in retry: with attempt: ...`, and the number of the current attempt."""

import pytest

import resilience
from resilience import Fixed, Pipeline, Retry


def test_current_attempt(world, clock):
    """`current().attempt` is the innermost retry's, also inside a nested one, and 1 outside."""
    seen = []

    def body():
        seen.append(resilience.current().attempt)
        raise ConnectionError

    inner = Retry(attempts=2, backoff=Fixed(0), clock=clock)
    outer = Retry(attempts=2, retry_exhausted=True, backoff=Fixed(0), clock=clock)
    with pytest.raises(ConnectionError):
        world.call(Pipeline(outer, inner), body)
    assert seen == [1, 2, 1, 2]
    assert resilience.current().attempt == 1


def test_iteration(world, clock):
    """`for attempt in retry: with attempt:` repeats the block as a call would be."""
    numbers = []

    def block(attempt):
        numbers.append((attempt.number, resilience.current().attempt))
        if attempt.number < 3:
            raise ConnectionError

    drive_block(world, Retry(backoff=Fixed(4), clock=clock), block)
    assert numbers == [(1, 1), (2, 2), (3, 3)]
    assert clock.slept == [4, 4]


def drive_block(world, retry, block):
    async def over():
        async for attempt in retry:
            with attempt:
                block(attempt)

    if world.is_async:
        import asyncio

        import trio

        return asyncio.run(over()) if world.name == "asyncio" else trio.run(over)
    for attempt in retry:
        with attempt:
            block(attempt)
    return None


def test_iteration_raises_the_last_error(world, clock):
    """The last error comes out of the block, noted; an error that is not retried at once."""

    def fail(attempt):
        raise ConnectionError

    with pytest.raises(ConnectionError) as caught:
        drive_block(world, Retry(attempts=2, backoff=Fixed(1), clock=clock), fail)
    assert "after 2 attempts" in caught.value.__notes__[0]

    def wrong(attempt):
        raise TypeError

    with pytest.raises(TypeError):
        drive_block(world, Retry(clock=clock), wrong)


def test_iteration_ends_with_break_and_interrupts(clock):
    """`break` ends it; a `KeyboardInterrupt` passes; an unused attempt is an error that shows how to write it."""
    retry = Retry(clock=clock)
    for attempt in retry:
        with attempt:
            break
    with pytest.raises(KeyboardInterrupt):
        for attempt in retry:
            with attempt:
                raise KeyboardInterrupt
    with pytest.raises(RuntimeError, match="with attempt:"):
        for _ in retry:
            pass


def test_iteration_inside_another_attempt(clock):
    """A block inside a later attempt begins at its own first attempt."""
    numbers = []

    def body():
        for attempt in Retry(backoff=Fixed(0), clock=clock):
            with attempt:
                numbers.append(attempt.number)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        Retry(attempts=2, backoff=Fixed(0), clock=clock).call(body)
    assert numbers == [1, 1]


def test_the_iterator_itself_may_be_iterated(clock):
    """`iter` and `aiter` of the attempts are the attempts, as with every iterator."""
    attempts = iter(Retry(backoff=Fixed(0), clock=clock))
    numbers = []
    for attempt in attempts:
        with attempt:
            numbers.append(attempt.number)
            if len(numbers) < 2:
                raise ConnectionError
    assert numbers == [1, 2]
    assert aiter(attempts) is attempts


def test_iteration_needs_no_result():
    """`on_result` has nothing to judge in a block."""
    with pytest.raises(TypeError, match="a block returns nothing"):
        iter(Retry(on_result=bool))
