"""What a refused or ended call says, word for word, and what its error carries."""

import pytest
from tests.policies.words import Gives

import resilience
from resilience import (
    AdaptiveLimit,
    Bulkhead,
    BulkheadFullError,
    CallTimeoutError,
    Chaos,
    CircuitBreaker,
    CircuitOpenError,
    Consecutive,
    FixedWindow,
    Hedge,
    RateLimitedError,
    RateLimiter,
    ResilienceWarning,
    Retry,
    SlidingWindow,
    Throttle,
    Timeout,
    deadline,
)


def fail():
    raise ConnectionError("down")


def fail_slowly(clock):
    def body():
        clock.advance(2)
        raise ConnectionError("down")

    return body


def refused(policy, body=int):
    """The text and the facts of the refusal that the next call meets."""
    with pytest.raises(resilience.RejectedError) as caught:
        policy.call(body)
    error = caught.value
    assert error.policy == policy.name
    return type(error), str(error), error.reason, error.retry_after


@pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])
def test_a_limiter_says_its_rate_and_when_the_next_turn_is(kind, clock):
    """Without a wait, and with one that is too short."""
    limiter = kind(2, per=8, name=f"words-{kind.kind}", clock=clock)
    next_turn = pytest.approx(4 if kind is RateLimiter else 8)
    limiter.try_acquire(2)
    text = f"{limiter.name}: more than 2 calls each 8 s; the next turn is in {4 if kind is RateLimiter else 8} s"
    page = "rate-limiter" if kind is RateLimiter else "which-limiter"
    advice = f"try again then, or call more slowly (docs/policies/{page}.md)"
    assert refused(limiter) == (RateLimitedError, f"{text}; {advice}", "rate", next_turn)
    limiter.wait = 1.5
    assert refused(limiter) == (RateLimitedError, f"{text}; it may wait 1.5 s; {advice}", "rate", next_turn)


@pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])
def test_a_paused_limiter_says_that_it_is_paused(kind, clock):
    """Nobody has called too often then; and once a pause is over, it is the rate again."""
    limiter = kind(2, per=8, name=f"words-paused-{kind.kind}", clock=clock)
    limiter.pause(30)
    told = refused(limiter)[1]
    assert told.startswith(
        f"{limiter.name}: paused, by pause() or a server's delay; the next turn is in 30 s; try again"
    )
    clock.advance(30)
    assert limiter.try_acquire()
    while limiter.try_acquire():
        pass
    assert "paused, by" not in refused(limiter)[1]


def test_a_bulkhead_says_how_full_it_is(clock):
    """Its slots, its queue, and what to do."""
    bulkhead = Bulkhead(2, max_queue=1, wait=3, name="words-bulkhead", clock=clock)
    held = [bulkhead.acquire() for _ in range(2)]
    waiting = bulkhead.admit((), {}).ticket
    advice = "allow more, or shed load before it (docs/policies/bulkhead.md)"
    text = f"words-bulkhead: all 2 slots are taken, and 1 of 1 places in the queue (full); {advice}"
    assert refused(bulkhead) == (BulkheadFullError, text, "full", None)
    with pytest.raises(BulkheadFullError) as caught:
        waiting.redeem()
    late = f"words-bulkhead: all 2 slots are taken, and 0 of 1 places in the queue (waited too long); {advice}"
    assert (str(caught.value), caught.value.reason, caught.value.policy) == (late, "waited too long", "words-bulkhead")
    assert len(held) == 2


def test_an_adaptive_limit_says_what_it_learned(clock):
    """The limit, the calls under way."""
    limit = AdaptiveLimit(initial=2, max_queue=1, wait=3, name="words-adaptive", clock=clock)
    held = [limit.acquire() for _ in range(2)]
    waiting = limit.admit((), {}).ticket
    said = "words-adaptive: the callee bears 2 calls at once, as learned, and 2 are under way"
    advice = "try again later (docs/policies/adaptive-limit.md)"
    assert refused(limit) == (BulkheadFullError, f"{said} (limit); {advice}", "limit", None)
    with pytest.raises(BulkheadFullError) as caught:
        waiting.redeem()
    assert str(caught.value) == f"{said} (waited too long); {advice}"
    assert (caught.value.reason, caught.value.policy, len(held)) == ("waited too long", "words-adaptive", 2)


def test_a_throttle_says_what_share_it_holds_back(clock):
    """And why."""
    throttle = Throttle(min_requests=2, name="words-throttle", clock=clock, random=lambda: 0.0)
    for _ in range(3):
        throttle.acquire().failure() if throttle.snapshot().share == 0 else None
    text = (
        "words-throttle: the callee accepts too few calls, so a share of them is not made; "
        "0 of 3 requests of the last 120 s were accepted; 75 % of the calls are refused now; try again later "
        "(docs/policies/throttle.md)"
    )
    assert refused(throttle) == (RateLimitedError, text, "throttled", None)


def test_a_breaker_says_why_and_for_how_long(clock):
    """Open, half-open, isolated, recovering; each with the failure behind it."""
    breaker = CircuitBreaker(
        "words-breaker", trip=Consecutive(1), reset_timeout=10, ramp=20, clock=clock, random=lambda: 0.0
    )
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    advice = "try again then, or let a Fallback answer (docs/policies/circuit-breaker.md)"
    text = f"words-breaker: circuit open for 10 s more; the call was not made; {advice}"
    assert refused(breaker) == (CircuitOpenError, text, "open", 10.0)
    clock.advance(12)
    probe = breaker.acquire()
    clock.advance(1)
    reason = "half-open, 1 of 1 probes under way,"
    text = f"words-breaker: circuit {reason} for 9 s more; the call was not made; {advice}"
    assert refused(breaker) == (CircuitOpenError, text, reason, 9.0)
    with breaker.isolate():
        advised = advice.replace("try again then", "release it")
        text = f"words-breaker: circuit isolated until it is released; the call was not made; {advised}"
        assert refused(breaker) == (CircuitOpenError, text, "isolated", None)
    probe.success()
    assert breaker.call(int) == 0  # the first goes through
    clock.advance(5)
    reason = "closed for 75% of the calls, to recover gradually"
    text = f"words-breaker: circuit {reason} for 15 s more; the call was not made; {advice}"
    assert refused(breaker) == (CircuitOpenError, text, reason, 15.0)


def test_a_timeout_says_what_a_deadline_around_it_left(clock):
    """Not an odd number of its own, nor what a reload has made of its seconds since the call began."""
    timeout = Timeout(2.5, name="words-rest", clock=clock)
    with resilience.deadline(1.23456789, clock=clock):
        scope = timeout.begin(within=False)
    timeout.seconds = 70
    assert str(timeout.expired(scope)) == (
        "words-rest: no answer within 1.23 s, all that a deadline around it left of its 2.5 s; allow more time around it, "
        "or less before it (docs/policies/timeout.md)"
    )


def test_a_timeout_says_how_long_it_waited(clock):
    """An async call that was ended, and a sync one that nobody could end."""
    timeout = Timeout(2.5, name="words-timeout", clock=clock)
    with pytest.raises(CallTimeoutError) as caught:
        raise timeout.expired(timeout.begin(within=False))
    text = (
        "words-timeout: no answer within 2.5 s; the callee hangs or is slow, or the limit is too short "
        "(docs/policies/timeout.md)"
    )
    error = caught.value
    assert (str(error), error.policy, error.seconds, error.reason) == (text, "words-timeout", 2.5, "timeout")
    with pytest.warns(ResilienceWarning) as warned:
        assert timeout(lambda: clock.advance(3.25))() is None
    assert str(warned[0].message) == (
        "words-timeout: a plain function took 3.25 s of its 2.5 s, and nothing can end it from outside; its result was "
        "delivered late. Use Timeout(..., thread=True) to stop waiting for it, or a client with a timeout "
        "(docs/policies/timeout.md)"
    )


@pytest.mark.parametrize(
    "make", [Retry, lambda **options: Timeout(9, **options), lambda **options: Hedge(9, **options)]
)
def test_a_call_past_its_deadline_is_not_begun(make, clock):
    """By whom, and that nobody counts it."""
    policy = make(name="words-deadline", clock=clock)
    with deadline(1, clock=clock):
        clock.advance(1)
        with pytest.raises(CallTimeoutError) as caught:
            policy.call(int)
    assert (caught.value.policy, caught.value.reason) == (policy.name, "deadline passed")
    assert str(caught.value).startswith(f"{policy.name}: ")


def test_injected_latency_says_so(clock):
    """Chaos is on: the text shouts it."""
    with pytest.warns(ResilienceWarning) as warned:
        chaos = Chaos(latency=5, rate=1.0, enabled=True, name="words-chaos", clock=clock)
    assert str(warned[0].message) == (
        "<Chaos 'words-chaos' CHAOS ON: latency=5.0 at 1>: faults are injected on purpose; "
        "never leave this on in production (docs/policies/chaos.md)"
    )
    with deadline(1, clock=clock), pytest.raises(CallTimeoutError) as caught:
        chaos.call(int)
    assert str(caught.value) == (
        "words-chaos: CHAOS ON: 5 s of injected latency outlasted the deadline; turn it off, or allow more time "
        "(docs/policies/chaos.md)"
    )
    assert caught.value.policy == "words-chaos"


def test_a_pair_of_gives():
    """The stand-in of these tests gives what it was made with."""
    assert Gives(3)("whatever") == 3


def test_a_warning_names_the_line(clock):
    """That of the late call, and that where chaos is made."""
    late = Timeout(1, clock=clock)(lambda: clock.advance(2))
    with pytest.warns(ResilienceWarning) as warned:
        late()
        Chaos(result=1, rate=1.0, enabled=True)
    assert [each.filename for each in warned] == [__file__, __file__]


def test_long_waits_are_told_in_units_that_fit(clock):
    """`try again in 1.8e+03 s` helps nobody at three in the morning."""
    limiter = RateLimiter(2, per=3600, wait=900, name="words-hourly", clock=clock)
    limiter.try_acquire(2)
    assert "; the next turn is in 30 min; it may wait 15 min; " in refused(limiter)[1]
    breaker = CircuitBreaker("words-long", trip=Consecutive(1), reset_timeout=172_800, clock=clock, random=Gives(0))
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    assert "circuit open for 48 h more; " in refused(breaker)[1]
    assert breaker.explain().startswith("open: refuses calls for 48 h more; ")
    with pytest.raises(CircuitOpenError) as caught:
        breaker.call(fail)
    assert "\n  refused by words-long (open); try again in 48 h\n" in resilience.explain(caught.value)
    timeout = Timeout(7200, name="words-hours", clock=clock)
    with deadline(3600, clock=clock):
        assert "within 60 min, all that a deadline around it left of its 120 min; " in str(
            timeout.expired(timeout.begin(within=False))
        )
