"""`disabled()`: permits, blocks and generators pass as calls do."""

import asyncio

import pytest

import resilience
from resilience import CircuitBreaker, Retry
from resilience.testing import disabled


def refused():
    return CircuitBreaker(initial_state="open")


def test_disabled_permits_and_blocks(world):
    """A permit is given and counts nothing; of a block that fails the first attempt is the last."""
    breaker, retry, numbers = refused(), Retry(), []

    def blocks():
        attempts = aiter(retry) if world.is_async else iter(retry)
        while True:
            with (yield anext(attempts)) if world.is_async else next(attempts) as attempt:
                numbers.append(attempt.number)
                raise ConnectionError

    def story():
        with (yield breaker.aacquire()) if world.is_async else breaker.acquire() as permit:
            pass
        permit.failure()
        for settle in ("success", "failure", "release"):
            getattr(breaker.acquire(), settle)()
        with pytest.raises(ConnectionError), breaker.acquire():
            raise ConnectionError
        breaker.acquire()
        with pytest.raises(ConnectionError):
            yield world.function(blocks)()

    with disabled():
        world.session(story)
    assert (numbers, breaker.snapshot().rejected) == ([1], 0)


def test_disabled_generators():
    """They run as they are."""

    @refused()
    def rows(fails):
        yield 1
        if fails:
            raise ConnectionError

    @refused()
    async def arows(fails):
        yield 1
        if fails:
            raise ConnectionError

    async def collect(fails):
        return [row async for row in arows(fails)]

    with disabled():
        assert list(rows(False)) == asyncio.run(collect(False)) == [1]
        with pytest.raises(ConnectionError):
            list(rows(True))
        with pytest.raises(ConnectionError):
            asyncio.run(collect(True))
    with pytest.raises(resilience.CircuitOpenError):
        list(rows(False))
