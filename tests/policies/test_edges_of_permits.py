"""Edges of permits, fallbacks and cached methods: what must arrive."""

import asyncio

import pytest
from tests.policies.test_budget_verbs import Noted

import resilience
from resilience import (
    Bulkhead,
    Cache,
    CircuitBreaker,
    Consecutive,
    Fallback,
    FixedWindow,
    RateLimiter,
    Retry,
    SlidingWindow,
    events,
)
from resilience._flight import Flight
from resilience._gate import Lead
from resilience.testing import Recorder

LIMITERS = pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])


def test_an_awaited_fallback_is_not_stored():
    """Its value is degraded, like a plain one."""
    cache = Cache(ttl=10)

    async def old(error):
        return ["old"]

    @cache
    @Fallback(call=old)
    async def rows():
        raise ConnectionError("down")

    async def twice():
        return await rows(), await rows()

    assert asyncio.run(twice()) == (["old"], ["old"])
    assert (cache.snapshot().size, cache.snapshot().loads) == (0, 2)


def test_the_mapping_tells_the_age(clock):
    """As every hit does."""
    clock.advance(100)
    cache = Cache(ttl=10, clock=clock)
    cache.mapping["a"] = 1
    clock.advance(3)
    with Recorder(events.CacheHit) as recorder:
        assert cache.mapping["a"] == 1
    assert [event.age for event in recorder.events] == [3.0]
    assert cache.info("a").age == 3.0


def test_a_cached_method_that_is_guarded_again_offers_the_same(clock):
    """By the instance and by the class."""
    cache = Cache(ttl=10, clock=clock)

    class Client:
        @Retry(clock=clock)
        @cache
        def rows(self, number):
            return [number]

    client = Client()
    first = client.rows(1)
    assert client.rows(1) is first
    assert client.rows.cache is Client.rows.cache is cache
    assert Client.rows.invalidate(client, 1) is True
    second = client.rows(1)
    assert second is not first
    third = Client.rows.refresh(client, 1)
    assert third is not second
    assert client.rows(1) is third


def test_an_awaitable_that_can_only_be_cancelled_is():
    """A future that a plain function gives is nobody's, and ends."""

    async def story():
        future = asyncio.get_running_loop().create_future()
        with pytest.raises(TypeError, match=r"a plain function returned an awaitable \(.*Future\)"):
            Retry().call(lambda: future)
        return future.cancelled()

    assert asyncio.run(story()) is True


class Leads(resilience._permit.Acquirable):
    """Admits nobody without a load."""

    name, clock = "leads", resilience._world.SYSTEM_CLOCK

    def admit(self, args, kwargs):
        assert (args, kwargs) == ((), {})
        return Lead(Flight())


def test_a_permit_that_is_waited_for(world, clock):
    """In two steps as in one: it is the slot that came free."""
    bulkhead = Bulkhead(1, max_queue=1, clock=clock)
    if not world.is_async:
        with pytest.raises(resilience.ResilienceError, match="has no function for it"):
            Leads().acquire()
        return

    def story():
        held = yield bulkhead.aacquire()
        waiting = []

        def wait():
            permit = yield bulkhead.aacquire()
            waiting.append(permit)

        def release():
            yield world.sleep(clock, 1)
            held.release()

        yield world.together(wait, release)
        assert bulkhead.snapshot().active == 1
        waiting[0].success()
        assert (bulkhead.snapshot().active, bulkhead.snapshot().admitted) == (0, 2)
        with pytest.raises(resilience.ResilienceError, match="has no function for it"):
            yield Leads().aacquire()

    world.session(story)


def test_a_block_is_retried_in_every_world(world, clock):
    """Short waits as well; what the budget gave is paid back; a bad value is let go where one can await."""
    budget = Noted(1.5, 2.5)
    retry = Retry(5, backoff=[0.25, 0.5], budget=budget, clock=clock)
    numbers = []

    def work(attempt):
        with attempt:
            numbers.append((attempt.number, resilience.current().attempt))
            if attempt.number < 3:
                raise ConnectionError

    def story():
        attempts = iter(retry)
        while True:
            try:
                attempt = (yield attempts.__anext__()) if world.is_async else next(attempts)
            except (StopIteration, StopAsyncIteration):
                return
            work(attempt)

    world.session(story)
    assert numbers == [(1, 1), (2, 2), (3, 3)]
    assert clock.slept == [0.25, 0.5]
    assert budget.told[-1] == ("succeeded", 3, 2.5)
    assert resilience.current().attempt == 1


def status(value):
    return value >= 500


def test_work_without_a_result_is_a_success(world):
    """`on_result` judges values: not the end of a block, nor that of a generator, unless one is told."""
    breaker = CircuitBreaker(on_result=status)

    def story():
        permit = (yield breaker.aacquire()) if world.is_async else breaker.acquire()
        with permit:
            pass
        breaker.acquire().success()
        assert breaker.snapshot().failures == 0
        breaker.acquire().success(503)
        assert breaker.snapshot().failures == 1

    world.session(story)


def test_a_generator_without_a_result_is_a_success():
    """The same; what a plain one returns is judged."""
    breaker = CircuitBreaker(on_result=status)

    @breaker
    def rows(result):
        yield 1
        return result

    @breaker
    async def arows():
        yield 1

    async def main():
        return [row async for row in arows()]

    assert (list(rows(None)), asyncio.run(main()), breaker.snapshot().failures) == ([1], [1], 0)
    assert (list(rows(503)), breaker.snapshot().failures) == ([1], 1)


@pytest.mark.parametrize("seconds", [float("nan"), -1, True])
def test_a_wrong_time_does_not_spend_the_permit(seconds):
    """It is refused, and the permit may still be settled."""
    breaker = CircuitBreaker(trip=Consecutive(1))
    permit = breaker.acquire()
    with pytest.raises((TypeError, ValueError), match="open_for"):
        permit.failure(open_for=seconds)
    permit.failure()
    assert breaker.state == "open"
