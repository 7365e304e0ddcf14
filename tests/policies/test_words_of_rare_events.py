"""Events that are rare, whole: hedges, probes, late results, shadows."""

import gc

import pytest
from tests.policies.hedged import call, script
from tests.policies.told import BEGIN, fail, failing, told

from resilience import (
    AIMD,
    AdaptiveLimit,
    Bulkhead,
    Cache,
    CircuitBreaker,
    CircuitOpenError,
    Consecutive,
    Exponential,
    Failure,
    FailureRate,
    FixedWindow,
    Hedge,
    RateLimiter,
    RetryBudget,
    SlidingWindow,
    SlowCalls,
    Throttle,
    deadline,
    events,
)
from resilience.testing import FakeClock, Recorder

TASKS = pytest.mark.worlds("asyncio", "trio", reason="threads take real time, which the clock does not wait for")


@pytest.fixture
def clock():
    return FakeClock(start=BEGIN)


def event(name, policy, at, **fields):
    return name, {"policy": policy, "key": None, "at": at, **fields}


@TASKS
def test_a_hedge_that_won(world, clock):
    """Launched for slowness, and won by the second."""
    hedge = Hedge(2, name="rare-slow", clock=clock)
    with Recorder() as recorder:
        assert call(world, hedge, script(world, clock, first=(60, "one"), second=(1, "two"))) == "two"
    assert told(recorder)[:2] == [
        event("HedgeLaunched", hedge.name, 2.0, attempt=2, elapsed=2.0, error=None),
        event("HedgeWon", hedge.name, 3.0, attempt=2, launched=2, elapsed=3.0),
    ]


@TASKS
def test_a_hedge_that_failed(world, clock):
    """The second follows the first's failure at once; the third is refused by the budget."""
    budget = RetryBudget(0.0, min_per_second=0.1, window=10, clock=clock)
    hedge = Hedge(9, attempts=3, budget=budget, name="rare-failed", clock=clock)
    first, second = ConnectionError("first"), ConnectionError("second")
    function = script(world, clock, first=(1, first), second=(1, second))
    with Recorder() as recorder, pytest.raises(ConnectionError):
        call(world, hedge, function)
    assert told(recorder) == [
        event("HedgeLaunched", hedge.name, 1.0, attempt=2, elapsed=1.0, error=first),
        event("HedgeRefused", hedge.name, 2.0, attempt=3, reason="budget"),
        event("HedgeFailed", hedge.name, 2.0, launched=2, elapsed=2.0, error=first),
    ]
    assert first.__notes__ == [f"resilience: {hedge.name}: all 2 attempts failed within 2 s"]
    assert hedge.snapshot().as_dict() == {
        "name": hedge.name, "calls": 1, "hedged": 1, "wins": (0, 0, 0), "failed": 1, "refused": 1, "running": 0,
        "delay": 9,
    }  # fmt: skip


@TASKS
def test_a_hedge_past_the_deadline(world, clock):
    """It was due, and is not made."""
    hedge = Hedge(2, name="rare-late", clock=clock)

    def story():
        with deadline(1, clock=clock):
            return (yield world.method(hedge)(script(world, clock, first=(3, "one"))))

    with Recorder() as recorder:
        assert world.session(story) == "one"
    assert told(recorder) == [event("HedgeRefused", hedge.name, 2.0, attempt=2, reason="deadline")]


def test_late_results_and_lost_probes(clock):
    """Of an epoch that is over: a success, a failure; a probe whose lease is over, one that was collected."""
    breaker = CircuitBreaker(
        "rare-breaker", trip=Consecutive(1), reset_timeout=10, lease=3, clock=clock, random=lambda: 0.0
    )
    good, bad = breaker.acquire(), breaker.acquire()
    breaker.open()
    with Recorder() as recorder:
        good.success()
        bad.failure(ConnectionError())
        clock.advance(10)
        lost = breaker.acquire()
        clock.advance(3)
        forgotten = breaker.acquire()
        del forgotten
        gc.collect()
        last = breaker.acquire()
        last.release()
        lost.release()
    half = {"old": "open", "new": "half-open", "reason": "the reset timeout is over", "retry_after": None}
    assert told(recorder) == [
        event("LateResult", "rare-breaker", 0.0, success=True),
        event("LateResult", "rare-breaker", 0.0, success=False),
        event("BreakerStateChanged", "rare-breaker", 10.0, **half),
        event("ProbeLost", "rare-breaker", 13.0, reason="lease"),
        event("ProbeLost", "rare-breaker", 13.0, reason="collected"),
    ]


def moved(policy, at, old, new, reason, retry_after=None):
    fields = {"old": old, "new": new, "reason": reason, "retry_after": retry_after}
    return event("BreakerStateChanged", policy, at, **fields)


def test_why_a_breaker_moved(clock):
    """Each reason, in words: slowness, the callee's wish, an operator, probes, a dump."""
    breaker = CircuitBreaker(
        "rare-moves",
        trip=FailureRate(0.5, calls=4, min_calls=4),
        slow=SlowCalls(2, min_calls=1),
        on=lambda error: Failure(open_for=7) if isinstance(error, OSError) else True,
        reset_timeout=10,
        clock=clock,
        random=lambda: 1.0,
    )
    with Recorder(events.BreakerStateChanged) as recorder:
        breaker.call(clock.advance, 2)
        breaker.close()
        with pytest.raises(ConnectionError):
            breaker.call(fail)
        breaker.close()
        breaker.disable()
        breaker.metrics_only()
        breaker.close()
        with breaker.isolate():
            pass
        breaker.open(3)
        clock.advance(3)
        breaker.call(int)
        breaker.load({**breaker.dump(), "state": "open", "open_for": 2.5, "isolated": True, "failed_recoveries": 3})
        breaker.close()
    here = "rare-moves"
    assert told(recorder)[:-1] == [
        moved(here, 2.0, "closed", "open", "slow calls", 11.0),
        moved(here, 2.0, "open", "closed", "close()"),
        moved(here, 2.0, "closed", "open", "the callee asked for it", 7),
        moved(here, 2.0, "open", "closed", "close()"),
        moved(here, 2.0, "closed", "disabled", "disable()"),
        moved(here, 2.0, "disabled", "metrics-only", "metrics_only()"),
        moved(here, 2.0, "metrics-only", "closed", "close()"),
        moved(here, 2.0, "closed", "isolated", "isolate()"),
        moved(here, 2.0, "isolated", "closed", "the last isolation is released"),
        moved(here, 2.0, "closed", "open", "open()", 3.0),
        moved(here, 5.0, "open", "half-open", "the reset timeout is over"),
        moved(here, 5.0, "half-open", "closed", "the probes succeeded"),
        moved(here, 5.0, "closed", "open", "load()", pytest.approx(2.5, abs=0.1)),
        moved(here, 5.0, "open", "isolated", "isolate()"),
    ]
    assert told(recorder)[-1] == moved(here, 5.0, "isolated", "closed", "close()")


def test_failed_recoveries_make_it_stay_open_longer(clock):
    """By the backoff, with up to 10 % on top; a close forgets them."""
    breaker = CircuitBreaker(
        trip=Consecutive(1), reset_timeout=Exponential(10, maximum=100, jitter="none"), clock=clock, random=lambda: 0.5
    )
    spans = []
    for _ in range(5):
        failing(breaker)
        spans.append(breaker.snapshot().open_for)
        clock.advance(spans[-1])
    assert spans == pytest.approx([10.5, 21, 42, 84, 105])
    assert breaker.dump()["failed_recoveries"] == breaker.snapshot().failed_recoveries == 4
    breaker.close()
    assert (breaker.snapshot().failed_recoveries, breaker.snapshot().open_for) == (0, None)
    failing(breaker)
    assert breaker.snapshot().open_for == pytest.approx(10.5)


def test_an_isolated_breaker_counts_who_holds_it(clock):
    """In words."""
    breaker = CircuitBreaker(clock=clock)
    holders = breaker.isolate(), breaker.isolate()
    assert breaker.explain() == "isolated: refuses all calls until 2 isolation(s) are released, or close()"
    breaker.close()
    breaker.disable()
    assert breaker.explain() == "disabled: lets all calls through and counts nothing"
    assert len(holders) == 2


@pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])
def test_a_limiter_in_shadow(kind, clock):
    """What it would have refused, and for how long."""
    limiter = kind(1, per=4, shadow=True, name=f"rare-{kind.kind}", clock=clock)
    with Recorder() as recorder:
        limiter.call(int)
        limiter.call(int)
        assert limiter.try_acquire()
    wait = pytest.approx(4)
    assert told(recorder) == [
        event("WouldReject", limiter.name, 0.0, reason="rate", retry_after=wait),
        event("WouldReject", limiter.name, 0.0, reason="rate", retry_after=wait),
    ]


def test_other_shadows(clock):
    """Slots, a learned limit, a throttle, a breaker."""
    bulkhead = Bulkhead(1, shadow=True, name="rare-bulkhead", clock=clock)
    limit = AdaptiveLimit(AIMD(), initial=1, shadow=True, name="rare-adaptive", clock=clock)
    throttle = Throttle(min_requests=0, shadow=True, name="rare-throttle", clock=clock, random=lambda: 0.0)
    breaker = CircuitBreaker("rare-shadow", initial_state="open", shadow=True, clock=clock, random=lambda: 0.0)
    held = bulkhead.acquire(), limit.acquire()
    throttle.acquire().failure()
    with Recorder(events.WouldReject) as recorder:
        for policy in (bulkhead, limit, throttle, breaker):
            policy.call(int)
    assert told(recorder) == [
        event("WouldReject", "rare-bulkhead", 0.0, reason="full", retry_after=None),
        event("WouldReject", "rare-adaptive", 0.0, reason="limit", retry_after=None),
        event("WouldReject", "rare-throttle", 0.0, reason="throttled", retry_after=None),
        event("WouldReject", "rare-shadow", 0.0, reason="open", retry_after=30.0),
    ]
    assert len(held) == 2
    real = CircuitBreaker("rare-real", initial_state="open", clock=clock)
    with pytest.raises(CircuitOpenError):
        real.call(int)


def test_a_stale_answer(clock):
    """It says so, with its age; its refresh is told when it ends."""
    cache = Cache("rare-stale", ttl=10, stale=10, jitter=0.0, clock=clock)
    cached = cache(len)
    cached("rows")
    clock.advance(12)
    with Recorder(events.CacheHit) as recorder:
        assert cached("rows") == 4
    assert told(recorder) == [event("CacheHit", "rare-stale", 12.0, age=12.0, stale=True)]
