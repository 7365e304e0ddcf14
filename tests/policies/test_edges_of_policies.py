"""More edges: what is counted twice, what arrives by name, what ends at the very moment."""

import gc

import pytest
from tests.policies.told import failing

import resilience
from resilience import (
    AIMD,
    AdaptiveLimit,
    Cache,
    CircuitBreaker,
    Consecutive,
    Failure,
    FailureRate,
    FixedWindow,
    RateLimiter,
    Retry,
    SlidingWindow,
    deadline,
)
from resilience.policies._keys import Identities
from resilience.policies._store import Entry, Store
from resilience.testing import FakeClock

LIMITERS = pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])


@pytest.fixture
def clock():
    return FakeClock(start=1000.0)


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
    """Suggests nothing."""
    limit = AdaptiveLimit(AIMD(), initial=3, shadow=True, clock=clock)
    assert limit.explain() == ("shadow: a limit of 3 now, as learned, would have refused 0 of 0 calls")


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
