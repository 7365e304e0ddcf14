"""Edges of windows, quantiles, caches and counts: to the moment, to the count."""

import asyncio
import random
from math import ceil

import pytest
from tests.policies.told import failure

import resilience
from resilience import (
    Bulkhead,
    Cache,
    CallTimeoutError,
    Chaos,
    CircuitBreaker,
    Fallback,
    FixedWindow,
    Pipeline,
    Quantile,
    RateLimiter,
    SlidingWindow,
    Throttle,
    events,
)
from resilience.policies._load import Load
from resilience.policies._log import Log
from resilience.policies._quantile import Estimate
from resilience.policies._spans import Span
from resilience.policies._store import Entry
from resilience.policies._trip import ConsecutiveTally
from resilience.testing import FakeClock, Recorder


@pytest.fixture
def clock():
    return FakeClock(start=1000.0)


def test_windows_at_their_ends():
    """A unit is free when its time is over, to the moment and whatever the rounding; a pause holds in an open window."""
    for kind in (SlidingWindow, FixedWindow):
        clock = FakeClock(start=0.1)
        limiter = kind(2, per=0.2, clock=clock)
        limiter.try_acquire(2)
        clock._now = 0.3  # a little less than 0.1 + 0.2
        assert limiter.peek().remaining == 2
        assert limiter.peek().retry_after == 0.0
        assert limiter.try_acquire(2)
        paused = kind(3, per=10, clock=clock)
        paused.try_acquire()
        paused.pause(5)
        assert paused.peek().retry_after == pytest.approx(5)
        assert not paused.try_acquire()
        shadow = kind(1, per=10, shadow=True, clock=clock)
        shadow.reserve()
        assert "at most 1 came" in shadow.explain()
    log, span = Log(), Span(5, 10.0)
    for now in (100.0, 50.0, 101.0):
        log.take_locked(now, 1, span)
    assert log._times == [100.0, 100.0, 101.0]


def test_a_waiter_whose_time_has_come_is_not_forgotten(clock):
    """Others may come before it looks."""
    limiter = RateLimiter(1, per=1, wait=None, clock=clock)
    limiter.try_acquire()
    waiting = limiter.admit((), {}).ticket
    clock.advance(9)
    limiter.try_acquire()
    assert waiting.redeem() is None


def test_the_quantile_over_many_calls():
    """Against sorting the last 1024; the oldest goes first."""
    draw = random.Random(5)
    durations = [draw.choice([0.01, 0.1, 1.0, 5.0]) * (0.5 + draw.random()) for _ in range(3000)]
    for share in (0.5, 0.95):
        estimate = Estimate(Quantile(share, min_calls=1))
        for seen, duration in enumerate(durations, 1):
            estimate.add(duration)
            if seen % 50 == 0:
                kept = sorted(durations[max(0, seen - 1024) : seen])
                exact = kept[ceil(share * len(kept)) - 1]
                assert exact * 0.999999 <= estimate.delay() <= exact * 1.045
    order = Estimate(Quantile(0.999))
    for duration in [1.0, 10.0, 10.0] + [1.0] * 1021:
        order.add(duration)
    delays = []
    for _ in range(3):
        order.add(1.0)
        delays.append(round(order.delay()))
    assert delays == [10, 1, 1]


def test_the_ends_of_a_quantile():
    """The shortest and the longest that it tells apart; bounds that meet are bounds."""
    for seconds, bucket in ((0.0, 0), (1e-6, 0), (1e12, 511)):
        estimate = Estimate(Quantile(0.5, min_calls=1))
        estimate.add(seconds)
        assert estimate.delay() == pytest.approx(1e-6 * 2 ** ((bucket + 1) / 16))
    assert (Quantile(floor=2, ceiling=2).floor, Quantile(min_calls=1024).min_calls) == (2.0, 1024)


def test_what_a_load_keeps_for_who_comes_after(clock):
    """Its key and the old entry go over to a load that is begun anew."""
    cache = Cache(ttl=10, clock=clock)
    old = Entry("key", "old", 0.0, 1.0, 2.0)
    renewed = Load(cache, "key", old, refresh=False).renew().flight
    assert (renewed._key, renewed._old) == ("key", old)
    assert cache._flights == {"key": renewed}


def test_what_is_no_failure_is_not_stored(clock):
    """A call that was never begun; half a second of `negative_ttl` is kept. An old value stands in for either."""
    cache = Cache(ttl=10, negative_ttl=0.5, clock=clock)

    def never():
        raise CallTimeoutError("x", reason="deadline passed")

    with pytest.raises(CallTimeoutError):
        cache.call(never)
    assert cache.snapshot().size == 0
    failure(cache)
    assert cache.snapshot().size == 1
    standing = Cache(ttl=10, stale_if_error=50, clock=clock)
    answers = iter(["old"])

    def rows():
        for answer in answers:
            return answer
        return never()

    cached = standing(rows)
    assert cached() == "old"
    clock.advance(20)
    assert cached() == "old"


def test_counts_that_go_on(clock):
    """By one for each."""
    cache = Cache(ttl=10, jitter=0.0, clock=clock)
    for _ in range(2):
        cache.set("a", 1)
        assert cache.get("a") == cache.get("a") == 1
        clock.advance(10)
        assert cache.expire() == 1
    assert (cache.snapshot().hits, cache.snapshot().expirations) == (4, 2)
    bulkhead = Bulkhead(1, max_queue=3, wait=5, clock=clock)
    held = bulkhead.acquire()
    for refused, ticket in enumerate([bulkhead.admit((), {}).ticket for _ in range(3)], 1):
        with pytest.raises(resilience.BulkheadFullError):
            ticket.redeem()
        assert bulkhead.snapshot().rejected == refused
    held.release()
    shadow = Bulkhead(1, shadow=True, clock=clock)
    failure(shadow)
    assert (shadow.snapshot().active, shadow.snapshot().admitted) == (0, 1)
    tally = ConsecutiveTally(3)
    assert [(tally.count(0.0, failed=failed), tally.calm) for failed in (True, False)] == [
        (False, False),
        (False, True),
    ]


def test_notes_of_use_are_bounded(clock):
    """However many hits there are."""
    cache = Cache(ttl=1e6, clock=clock)
    cached = cache(abs)
    for number in range(1000):
        cached(number % 2)
    assert len(cache.store.touches) <= 65


def test_a_probe_that_is_released_frees_its_slot(clock):
    """At once."""
    breaker = CircuitBreaker(initial_state="open", clock=clock)
    clock.advance(60)
    with Recorder(events.ProbeLost) as recorder:
        for _ in range(3):
            breaker.acquire().release()
    assert (breaker.state, recorder.events) == ("half-open", [])


@pytest.mark.parametrize(("chance", "hits"), [(0.4, 3), (0.5, 0), (0.6, 0)])
def test_chaos_takes_the_chance_of_its_pipeline(chance, hits, clock):
    """Below the rate it strikes; off, it is no part of the chain."""
    with pytest.warns(resilience.ResilienceWarning):
        chaos = Chaos(result="fault", rate=0.5, enabled=True)
    policy = Pipeline(chaos, clock=clock, random=lambda: chance)
    assert [policy.call(int) for _ in range(3)].count("fault") == hits
    assert Chaos(result=1, rate=1).verbs().admit is None
    assert chaos.verbs().admit is not None


def test_which_fallbacks_always_answer():
    """A value and a factory; a function of the error may raise."""
    assert [Fallback(1).always_answers, Fallback(factory=list).always_answers] == [True, True]
    assert Fallback(call=str).always_answers is False
    assert Fallback(1).verbs().admit is None


def test_a_throttle_in_shadow_names_a_multiplier_above_one(clock):
    """That which would have refused none; one at the least."""
    throttle = Throttle(multiplier=3, min_requests=0, shadow=True, clock=clock, random=lambda: 0.0)
    for _ in range(4):
        throttle.acquire().success()
    assert throttle.explain().endswith("so multiplier=1 would have refused none")
    for _ in range(3):
        throttle.acquire().failure()
    assert throttle.explain().endswith(
        "there were at most 1.75 requests for each that was accepted, so multiplier=1.75 would have refused none"
    )


def test_errors_of_a_load_for_all_who_wait():
    """Each gets one of its own but the last, and all show where it was raised."""
    cache = Cache(ttl=10)

    async def rows():
        await asyncio.sleep(0)
        raise ConnectionError("down")

    cached = cache(rows)

    async def story():
        return await asyncio.gather(*(cached() for _ in range(4)), return_exceptions=True)

    errors = asyncio.run(story())
    assert len({id(error) for error in errors}) == 4
    for error in errors:
        names, link = [], error.__traceback__
        while link is not None:
            names.append(link.tb_frame.f_code.co_name)
            link = link.tb_next
        assert names[-1] == "rows"
