"""Generators under a policy: guarded from the first `next` to the close, or refused."""

import asyncio
import gc

import pytest
from tests.engine.gates import Scripted

from resilience import Cache, CircuitBreaker, Fallback, Pipeline, Retry, Timeout
from resilience.testing import FakeClock

GENERATOR_POLICIES = [CircuitBreaker, lambda: Scripted(admits=["permit"] * 9), lambda: Pipeline(CircuitBreaker())]


@pytest.mark.parametrize("make", GENERATOR_POLICIES)
def test_generators_are_guarded(make):
    """Values, sent values and the return value go through."""

    @make()
    def numbers(limit):
        first = yield 0
        return [first, (yield limit - 1)]

    assert list(numbers(3)) == [0, 2]
    generator = numbers(2)
    assert next(generator) == 0
    assert generator.send("a") == 1
    with pytest.raises(StopIteration) as end:
        generator.send("b")
    assert end.value.value == ["a", "b"]


def test_row_14_the_permit_is_held_from_the_first_next_to_the_close():
    """Not before it is iterated; given back by the end, a close, an error, and collection."""
    clock = FakeClock()
    breaker = CircuitBreaker(clock=clock, random=lambda: 0.0)

    @breaker
    def rows():
        yield 1
        yield 2
        raise ConnectionError

    def probe():
        breaker.open()
        clock.advance(30)
        generator = rows()
        assert len(breaker.circuit._probes) == 0
        assert next(generator) == 1
        assert len(breaker.circuit._probes) == 1
        return generator

    probe().close()
    assert len(breaker.circuit._probes) == 0
    assert breaker.state == "half-open"
    generator = probe()
    del generator
    gc.collect()
    assert len(breaker.circuit._probes) == 0
    generator = probe()
    next(generator)
    with pytest.raises(ConnectionError):
        next(generator)
    assert breaker.state == "open"
    clock.advance(30)
    with pytest.raises(KeyError):
        probe().throw(KeyError("thrown in"))


def test_row_14_async_generators():
    """The same for `async for`, `asend`, `athrow` and `aclose`."""
    gate = Scripted()

    @gate
    async def rows():
        got = yield 1
        try:
            yield got
        except ValueError as error:
            yield f"caught {error}"

    async def main():
        assert [item async for item in rows()] == [1, None]
        stream = rows()
        assert await anext(stream) == 1
        assert await stream.asend("sent") == "sent"
        assert await stream.athrow(ValueError("thrown")) == "caught thrown"
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        closed = rows()
        await anext(closed)
        await closed.aclose()
        failing = rows()
        await anext(failing)
        with pytest.raises(KeyError):
            await failing.athrow(KeyError("k"))
        never = rows()
        await never.aclose()

    asyncio.run(main())
    asked = [entry[0] if entry[0] != "failed" else entry[2] for entry in gate.asked]
    assert asked == ["admit", "succeeded", "admit", "succeeded", "admit", GeneratorExit, "admit", KeyError]


def test_generators_may_park_at_admission():
    """A verdict at admission is obeyed for generators too."""
    from resilience._gate import Park
    from resilience._ticket import Ticket

    class Open(Ticket):
        def redeem(self):
            return "permit"

        def forsake(self):
            raise AssertionError("not broken off")

    def granted():
        ticket = Open()
        ticket.grant()
        return Park(ticket)

    @Scripted(admits=[granted()])
    def rows():
        yield 1

    @Scripted(admits=[granted()])
    async def arows():
        yield 1

    async def main():
        return [item async for item in arows()]

    assert list(rows()) == [1]
    assert asyncio.run(main()) == [1]


@pytest.mark.parametrize("make", [Retry, lambda: Timeout(1), lambda: Cache(ttl=1), lambda: Fallback(1)])
def test_other_policies_refuse_generators(make):
    """With a `TypeError` that says what to do, also inside a pipeline."""

    def rows():
        yield 1

    async def arows():
        yield 1

    for policy in (make(), Pipeline(CircuitBreaker(), make())):
        for function in (rows, arows):
            with pytest.raises(TypeError, match="guard the function that consumes it"):
                policy(function)
