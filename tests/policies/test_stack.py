"""Limiter, retry, breaker and bulkhead as one stack, hammered: limits hold, counts add up, nobody is forgotten."""

import asyncio
import collections
import sys
import threading

import pytest

import resilience
from resilience import Bulkhead, CircuitBreaker, Fixed, RateLimiter, Retry

SLOTS, RATE = 7, 3000


class Callee:
    """Fails at each third call; knows how many are inside."""

    def __init__(self):
        self.lock = threading.Lock()
        self.inside = self.most = self.calls = 0

    def enter(self):
        with self.lock:
            self.calls += 1
            number = self.calls
            self.inside += 1
            self.most = max(self.most, self.inside)
        return number

    def leave(self):
        with self.lock:
            self.inside -= 1

    def call(self):
        number = self.enter()
        self.leave()
        return self.answer(number)

    async def acall(self):
        number = self.enter()
        try:
            await asyncio.sleep(0)
        finally:
            self.leave()
        return self.answer(number)

    def answer(self, number):
        if number % 3 == 0:
            raise ConnectionError
        return number


def stack(limit=RATE):
    """The four, their parts, and a callee."""
    limiter = RateLimiter(limit, per=30 * 86_400)  # for the length of a test, a fixed number
    bulkhead = Bulkhead(SLOTS, max_queue=20_000, wait=60)
    breaker = CircuitBreaker(trip=resilience.FailureRate(1.0, calls=1000, min_calls=1000))
    retry = Retry(attempts=4, backoff=Fixed(0))
    return resilience.Pipeline(limiter, retry, breaker, bulkhead), limiter, breaker, bulkhead, Callee()


def settled(limiter, breaker, bulkhead, callee, ended):
    """Everything adds up."""
    assert callee.inside == 0
    assert callee.most <= SLOTS
    slots, turns = bulkhead.snapshot(), limiter.snapshot()
    assert (slots.active, slots.waiting, slots.rejected) == (0, 0, 0)
    assert slots.admitted == callee.calls
    assert turns.admitted == min(RATE, ended.total())
    assert turns.rejected == ended["refused"]
    assert ended["done"] + ended["failed"] == turns.admitted
    assert breaker.snapshot().rejected == 0


@pytest.fixture
def switching():
    """Threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.stress
def test_stress_two_hundred_threads_on_one_stack(switching):
    """Twenty calls each, more than the limiter lets pass."""
    policy, limiter, breaker, bulkhead, callee = stack()
    guarded, ended, lock = policy(callee.call), collections.Counter(), threading.Lock()

    def caller():
        for _ in range(20):
            how = attempt(guarded)
            with lock:
                ended[how] += 1

    threads = [threading.Thread(target=caller, daemon=True) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert not any(thread.is_alive() for thread in threads)
    assert ended.total() == 4000
    assert ended["refused"] == 1000
    settled(limiter, breaker, bulkhead, callee, ended)


@pytest.mark.stress
def test_stress_ten_thousand_tasks_on_one_stack():
    """All at once; a third of what waits is cancelled at a random moment, and nothing is lost with it."""

    async def main():
        policy, limiter, breaker, bulkhead, callee = stack()
        guarded, ended = policy(callee.acall), collections.Counter()

        async def caller():
            try:
                await guarded()
            except resilience.RateLimitedError:
                ended["refused"] += 1
            except ConnectionError:
                ended["failed"] += 1
            except asyncio.CancelledError:
                ended["failed"] += 1
                raise
            else:
                ended["done"] += 1

        tasks = [asyncio.create_task(caller()) for _ in range(10_000)]
        await asyncio.sleep(0)
        for number in range(0, RATE, 3):
            tasks[number].cancel()
            if number % 100 == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert ended.total() == 10_000
        assert ended["refused"] == 10_000 - RATE
        assert ended["done"] > RATE / 3
        settled(limiter, breaker, bulkhead, callee, ended)

    asyncio.run(main())


def attempt(guarded):
    """How one call ended."""
    try:
        guarded()
    except resilience.RateLimitedError:
        return "refused"
    except ConnectionError:
        return "failed"
    return "done"


@pytest.mark.stress
def test_stress_a_bulkhead_that_is_retuned_loses_no_slot(switching):
    """Threads and loops wait while the slots become more and fewer; in the end there are as many as were asked for."""
    bulkhead, callee = Bulkhead(SLOTS, max_queue=20_000, wait=60), Callee()
    guarded, aguarded = bulkhead(callee.call), bulkhead(callee.acall)

    def caller():
        for _ in range(50):
            attempt(guarded)

    async def loop():
        await asyncio.gather(*[aguarded() for _ in range(500)], return_exceptions=True)

    threads = [threading.Thread(target=caller, daemon=True) for _ in range(50)]
    threads += [threading.Thread(target=asyncio.run, args=(loop(),), daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for slots in (1, 5, 2, 7, 3, 1, 6, 4) * 10:
        bulkhead.retune(max_concurrent=slots)
    for thread in threads:
        thread.join(90)
    assert not any(thread.is_alive() for thread in threads)
    seen = bulkhead.snapshot()
    assert (seen.active, seen.waiting, seen.max_concurrent, seen.rejected) == (0, 0, 4, 0)
    assert (seen.admitted, callee.most <= SLOTS) == (3500, True)
    held = [bulkhead.acquire() for _ in range(4)]
    assert bulkhead.snapshot().active == len(held)
