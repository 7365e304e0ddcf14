"""Edges of breakers, caches and what is injected: to the moment, to the count."""

import asyncio

import pytest
from tests.policies.told import fail, failing

import resilience
from resilience import (
    Bulkhead,
    Cache,
    CallTimeoutError,
    Chaos,
    CircuitBreaker,
    Consecutive,
    Fallback,
    Fixed,
    FixedWindow,
    RateLimiter,
    Retry,
    SlidingWindow,
    Timeout,
    deadline,
    events,
)
from resilience.testing import FakeClock, Recorder

LIMITERS = pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])


@pytest.fixture
def clock():
    return FakeClock(start=1000.0)


def test_the_words_of_an_open_breaker_and_of_a_short_ramp(clock):
    """Seconds that are left, also when less than one."""
    breaker = CircuitBreaker(trip=Consecutive(1), reset_timeout=10, ramp=10, clock=clock, random=lambda: 0.0)
    failing(breaker)
    assert breaker.explain() == "open: refuses calls for 10 s more; then 1 probe"
    clock.advance(9.5)
    assert breaker.snapshot().open_for == 0.5
    assert breaker.explain() == "open: refuses calls for 0.5 s more; then 1 probe"
    clock.advance(0.5)
    breaker.call(int)
    clock.advance(9.5)
    assert breaker.explain().endswith("recovering: 95% of the calls go through, all in 0.5 s")
    clock.advance(0.5)
    assert [breaker.call(int) for _ in range(3)] == [0, 0, 0]
    assert breaker.explain() == "closed: 0 failures in a row; opens at 1"


def test_a_breaker_that_judges_results_hears_errors_too(clock):
    """For all calls, and for each instance; a good result ends a row of failures."""

    def body(*args):
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    for scope in ("function", "instance"):
        breaker = CircuitBreaker(
            trip=Consecutive(2), on_result=lambda value: value == "bad", scope=scope, clock=clock, random=lambda: 0.0
        )
        guarded, instance = breaker(body), body
        circuit = breaker.of(instance) if scope == "instance" else breaker.circuit
        outcomes = [ConnectionError("down"), "good", "bad", "good", ConnectionError("down"), "bad"]
        states = []
        while outcomes:
            try:
                guarded(instance)
            except ConnectionError:
                pass
            states.append(breaker.state_of(circuit).value)
        assert states == ["closed"] * 5 + ["open"]


def test_a_shadow_bulkhead_that_never_waits(clock):
    """Has no places in the queue."""
    bulkhead = Bulkhead(1, max_queue=1, wait=0, shadow=True, clock=clock)
    held = [bulkhead.acquire() for _ in range(2)]
    assert (bulkhead.snapshot().would_reject, len(held)) == (1, 2)
    waits = Bulkhead(1, max_queue=1, wait=1, shadow=True, clock=clock)
    held = [waits.acquire() for _ in range(3)]
    assert (waits.snapshot().would_reject, len(held)) == (1, 3)


def test_stale_answers_while_one_refresh_runs(clock):
    """Each is counted, told with its age; a refresh that fails is rescued for who would wait for it."""
    cache = Cache(ttl=10, stale=20, stale_if_error=0.5, jitter=0.0, clock=clock)
    answers = iter(["old"])

    async def rows():
        for answer in answers:
            return answer
        await asyncio.sleep(0)
        raise ConnectionError("down")

    cached = cache(rows)

    async def story():
        assert await cached() == "old"
        clock.advance(10.2)
        assert [await cached(), await cached()] == ["old", "old"]
        assert cache.snapshot().stale_served == 2
        for _ in range(10):
            await asyncio.sleep(0)

    with Recorder(events.CacheHit, events.CacheLoadFailed) as recorder:
        asyncio.run(story())
    assert [event.age for event in recorder.of(events.CacheHit)] == pytest.approx([10.2, 10.2])
    assert [event.refresh for event in recorder.of(events.CacheLoadFailed)] == [True]
    assert (cache.snapshot().stale_served, cache.snapshot().load_errors) == (3, 1)


def test_who_waits_for_a_refresh_may_leave_it(clock):
    """It goes on: nobody began it for itself."""
    cache = Cache(ttl=10, stale=5, jitter=0.0, clock=clock)
    release = asyncio.Event()
    loads = []

    async def rows():
        loads.append(1)
        if len(loads) > 1:
            await release.wait()
        return len(loads)

    cached = cache(rows)

    async def story():
        await cached()
        clock.advance(12)
        assert await cached() == 1  # a stale answer; the refresh waits
        clock.advance(10)
        waiting = asyncio.ensure_future(cached())
        for _ in range(5):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        release.set()
        for _ in range(5):
            await asyncio.sleep(0)
        return await cached()

    assert asyncio.run(story()) == 2
    assert len(loads) == 2


def test_stored_failures_are_swept(clock):
    """At their end, like every entry."""
    cache = Cache(ttl=10, negative_ttl=3, clock=clock)
    failing(cache)
    clock.advance(2.9)
    assert cache.expire() == 0
    clock.advance(0.1)
    assert cache.expire() == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_seeded_chaos_draws_from_its_seed_alone(seed, clock):
    """Hits and latencies: two of one seed meet the same, whatever the process draws."""

    def slept():
        times = FakeClock()
        with pytest.warns(resilience.ResilienceWarning):
            chaos = Chaos(latency=lambda chance: 1 + chance(), rate=0.5, seed=seed, enabled=True, clock=times)
        for _ in range(20):
            chaos.call(int)
        return times.slept, times.now(), chaos.snapshot().injected

    one, two = slept(), slept()
    assert one == two
    assert 0 < one[2] < 20


def test_injected_latency_within_the_deadline(clock):
    """To the last moment; and on a loop's own thread a plain function waits too."""
    with pytest.warns(resilience.ResilienceWarning):
        chaos = Chaos(latency=2, rate=1, enabled=True, clock=clock)
    with deadline(2.5, clock=clock):
        assert chaos.call(int) == 0
    with deadline(2, clock=clock), pytest.raises(CallTimeoutError):
        chaos.call(int)

    async def on_a_loop():
        return chaos.call(int)

    begin = clock.now()
    assert asyncio.run(on_a_loop()) == 0
    assert clock.now() - begin == 2


def test_counts_of_a_fallback(clock):
    """One for each answer."""
    fallback = Fallback(3, clock=clock)
    assert [fallback.call(fail), fallback.call(fail), fallback.call(int)] == [3, 3, 0]
    assert fallback.snapshot().used == 2


def test_what_a_retry_shows_and_reckons(clock):
    """Its bounds; a worst case without a named delay, and of very many attempts."""
    assert Retry(None, max_elapsed=9, clock=clock).snapshot().max_elapsed == 9.0
    inside = resilience._worst.WorstCase(calls=1, seconds=0.0)
    assert Retry(2, backoff=[0.25]).worst_case(inside).seconds == 0.25
    assert Retry(1001, backoff=Fixed(2)).worst_case(inside).seconds == 2000
    assert Retry(1, backoff=Fixed(2)).worst_case(inside).seconds == 0.0


def test_a_timeout_in_a_thread(clock):
    """Its event says that a thread is left behind; its threads bear its name."""
    import threading

    timeout = Timeout(5, thread=True, name="edge-thread")
    assert timeout.call(lambda: threading.current_thread().name).startswith("resilience-edge-thread")
    with Recorder() as recorder:
        timeout.expired(timeout.begin(within=False))
    assert [event.abandoned for event in recorder.events] == [True]
    resilience.shutdown(5)
