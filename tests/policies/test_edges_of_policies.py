"""More edges: what is counted twice, what arrives by name, what ends at the very moment."""

import asyncio
import gc

import pytest

import resilience
from resilience import (
    AIMD,
    AdaptiveLimit,
    Bulkhead,
    Cache,
    CallTimeoutError,
    Chaos,
    CircuitBreaker,
    Consecutive,
    Failure,
    FailureRate,
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
from resilience.policies._keys import Identities
from resilience.policies._store import Entry, Store
from resilience.testing import FakeClock, Recorder

LIMITERS = pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])


@pytest.fixture
def clock():
    return FakeClock(start=1000.0)


def fail(error=None):
    raise error or ConnectionError("down")


def failing(policy, times=1):
    for _ in range(times):
        with pytest.raises(ConnectionError):
            policy.call(fail)


@pytest.mark.parametrize(("took", "errors"), [(4.5, 1), (5.0, 0), (6.0, 0)])
def test_a_load_that_ran_out_of_its_callers_time_fails_nobody_else(took, errors, clock):
    """At the deadline, to the moment, it is the caller's own; before it the load failed."""
    cache = Cache(ttl=10, clock=clock)

    def rows():
        clock.advance(took)
        raise ConnectionError("down")

    with deadline(5, clock=clock), pytest.raises(ConnectionError):
        cache.call(rows)
    assert cache.snapshot().load_errors == errors
    assert not cache._flights


def test_a_backoff_of_nothing_may_be_computed():
    """By a function, or listed."""
    assert Retry(backoff=lambda attempt: 0).backoff.delay(1, 0.5) == 0.0


def test_a_pause_and_a_change_of_burst(clock):
    """A pause that is over to the moment is over: what was used stays used, and no more."""
    limiter = RateLimiter(4, per=4, burst=3, clock=clock)
    limiter.pause(5)
    clock.advance(5)
    limiter.retune(burst=6)
    assert limiter.peek().remaining == 4
    paused = RateLimiter(4, per=4, burst=3, clock=clock)
    paused.pause(5)
    paused.retune(per=8)
    assert paused.peek().retry_after == pytest.approx(5)
    stream = paused._streams.common
    assert [stream.idle(stream.arrival + shift) for shift in (-0.1, 0.0, 0.1)] == [False, True, True]


@LIMITERS
def test_a_waiter_that_comes_forward_and_leaves(kind, clock):
    """It waits anew with all that it had: its cost goes back, and those behind it come forward."""
    limiter = kind(4, per=8, wait=None, cost=2, clock=clock)
    while limiter.try_acquire(2):
        pass
    first, second, third = (limiter.admit((), {}).ticket for _ in range(3))
    due = [ticket.due - clock.now() for ticket in (first, second, third)]
    first.forsake()
    assert [second.due - clock.now(), third.due - clock.now()] == pytest.approx(due[:2])
    moved = second.redeem().ticket
    assert (moved.cost, moved.due, moved.mark, moved.unattended) == (2, second.due, second.mark, False)
    if due[0] < due[1]:
        moved.forsake()
        assert third.due - clock.now() == pytest.approx(due[0])
        moved = third.redeem().ticket
    clock.advance(60)
    limiter.try_acquire(2)
    assert moved.redeem() is None
    if due[0] == due[1]:
        assert third.redeem() is None
    assert limiter.snapshot().waiting == 0


@LIMITERS
def test_a_shadow_explains_what_it_would_have_refused(kind, clock):
    """The count of those, of all that came."""
    limiter = kind(2, per=10, shadow=True, clock=clock)
    for _ in range(5):
        limiter.call(int)
    assert limiter.explain() == (
        "shadow: 2 calls each 10 s would have refused 3 of 5 calls; "
        "at most 5 came in any 10 s, so limit=5 would have refused none"
    )


def test_arguments_by_name_reach_a_cached_method(clock):
    """For each of its verbs."""
    cache = Cache(ttl=10, stale_if_error=100, clock=clock)
    answers = iter(["one", "two"])

    class Client:
        @cache
        def rows(self, *, number):
            for answer in answers:
                return answer, number
            raise ConnectionError("down")

    client = Client()
    assert client.rows(number=1) == ("one", 1)
    assert client.rows.refresh(number=1) == ("two", 1)
    assert client.rows(number=1) == ("two", 1)
    assert client.rows.refresh(number=1) == ("two", 1)  # the old one stands in
    assert cache.snapshot().stale_served == 1
    assert client.rows.invalidate(number=2) is False
    assert client.rows.invalidate(number=1) is True
    with pytest.raises(ConnectionError):
        client.rows(number=1)


def test_identities_go_with_their_objects():
    """A number each, never the same; nothing is left of who has gone."""

    class Client:
        pass

    identity, one, two = Identities("ids"), Client(), Client()
    numbers = identity(one), identity(two)
    assert (identity(one), identity(two), numbers[0] != numbers[1]) == (*numbers, True)
    del one
    gc.collect()
    assert list(identity._live) == [id(two)]


def test_a_shadow_breaker_by_the_rate(clock):
    """What would have opened it is seen from `min_calls` on; a success ends a row of failures; a callee's wish counts."""
    rate = CircuitBreaker(trip=FailureRate(0.9, calls=4, min_calls=3), shadow=True, clock=clock)
    failing(rate, 2)
    assert rate.explain().endswith(
        "at most 0% of the calls that count failed, so a rate above that would have refused none"
    )
    assert rate.call(int) == 0
    assert rate.explain().endswith(
        "at most 67% of the calls that count failed, so a rate above that would have refused none"
    )
    row = CircuitBreaker(trip=Consecutive(9), shadow=True, clock=clock)
    failing(row, 2)
    assert row.call(int) == 0
    failing(row, 2)
    assert row.explain().endswith("at most 2 failed in a row, so Consecutive(3) would have refused none")
    asked = CircuitBreaker(on=lambda error: Failure(open_for=7), shadow=True, clock=clock)
    failing(asked)
    assert (asked.state, asked.snapshot().open_for) == ("open", 7.0)


def test_a_sweep_of_a_store():
    """A few entries at each use, round and round; those go whose time is over, to the moment, each counted once."""
    store = Store(100, interval=10.0)
    for number in range(7):
        with store.lock:
            store.put_locked(Entry(number, "value", 0.0, 5.0, 5.0 if number < 4 else 50.0))
    assert (len(store), store.expirations) == (7, 0)
    with store.lock:
        gone = [store._sweep_locked(now) for now in (10.0, 10.0, 10.0)]
    assert sorted(entry.key for dropped in gone for entry in dropped) == [0, 1, 2, 3]
    assert (len(store), store.expirations) == (3, 4)
    assert sorted(store._hand) == [4, 5, 6]
    with store.lock:
        assert store._sweep_locked(19.9) == []
        for _ in range(3):
            store._sweep_locked(49.9)
        assert len(store) == 3
        gone = [entry.key for _ in range(3) for entry in store._sweep_locked(70.0)]
    assert (sorted(gone), len(store), store.expirations) == ([4, 5, 6], 0, 7)
    late = Store(10, interval=1.0)
    with late.lock:
        late.put_locked(Entry("a", 1, 0.0, 5.0, 5.0))
        late._sweep_at = late._left = 0
        assert [entry.key for entry in late._sweep_locked(5.0)] == ["a"]


def test_a_shadow_that_saw_nothing(clock):
    """Suggests the least that there is."""
    limit = AdaptiveLimit(AIMD(), initial=3, shadow=True, clock=clock)
    assert limit.explain() == (
        "shadow: a limit of 3 now, as learned, would have refused 0 of 0 calls; "
        "at most 0 ran at once, so maximum=1 leaves room for all"
    )


def test_waiters_of_an_adaptive_limit_whose_time_is_over(clock):
    """Each is refused, and counted once."""
    limit = AdaptiveLimit(initial=1, maximum=1, max_queue=3, wait=5, clock=clock)
    held = limit.acquire()
    waiting = [limit.admit((), {}).ticket for _ in range(3)]
    for refused, ticket in enumerate(waiting, 1):
        with pytest.raises(resilience.BulkheadFullError):
            ticket.redeem()
        assert limit.snapshot().rejected == refused
    held.release()
    assert limit.snapshot().active == 0


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
