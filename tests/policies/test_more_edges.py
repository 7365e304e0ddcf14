"""Edges of retries, budgets, deadlines and timeouts: to the moment, to the count."""

import asyncio
from time import monotonic

import pytest
from tests.policies.test_budget_verbs import Noted
from tests.policies.told import fail, failure

from resilience import (
    AdaptiveLimit,
    Fixed,
    Pipeline,
    Retry,
    RetryBudget,
    RetryThrottle,
    Throttle,
    Timeout,
    deadline,
    events,
)
from resilience._deadline import SCOPE, Scope
from resilience._history import give_up, given_up_since
from resilience._world import SYSTEM_CLOCK
from resilience.testing import FakeClock, Recorder


@pytest.fixture
def clock():
    return FakeClock(start=1000.0)


def test_who_gave_up_on_what_and_when():
    """In groups, round circles, by number and by time."""
    marked, plain = ConnectionError("marked"), ConnectionError("plain")
    give_up(marked)
    assert given_up_since(ExceptionGroup("both", [marked, plain]), 0)
    assert given_up_since(ExceptionGroup("both", [plain, marked]), 0)
    assert not given_up_since(ExceptionGroup("both", [plain, plain]), 0)
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert not given_up_since(first, 0)
    assert given_up_since(marked, monotonic() - 10.0)
    assert not given_up_since(marked, monotonic() + 10.0)


def test_a_wait_of_nothing_is_no_sleep(clock):
    """In no world."""
    failure(Retry(3, backoff=Fixed(0), clock=clock))

    async def afail():
        fail()

    with pytest.raises(ConnectionError):
        asyncio.run(Retry(3, backoff=Fixed(0), clock=clock).acall(afail))
    assert clock.slept == []


def test_a_named_delay_of_nothing_is_one(clock):
    """And nonsense names the option."""
    policy = Retry(2, delay_from=lambda outcome: 0, backoff=Fixed(9), clock=clock)
    failure(policy)
    assert clock.now() == 1000
    wrong = Retry(2, delay_from=lambda outcome: -1, clock=clock)
    with pytest.raises(ValueError, match=r"^delay_from=-1: must be seconds at least 0 \(a number"):
        wrong.call(fail)


def test_time_that_runs_out_before_the_next_attempt(clock):
    """To the moment: the bad result is given, and told as of the attempt that gave it."""
    policy = Retry(
        3,
        backoff=Fixed(1),
        on_result=lambda value: value == "bad",
        on_superseded=lambda value: clock.advance(4),
        clock=clock,
    )
    calls = []
    with Recorder(events.RetryGaveUp) as recorder, deadline(5, clock=clock):
        assert policy.call(lambda: calls.append(1) or "bad") == "bad"
    assert (len(calls), clock.now()) == (1, 1005)
    assert [(event.attempt, event.reason, event.elapsed) for event in recorder.events] == [(1, "deadline", 5.0)]


def test_a_first_bad_result_is_timed_from_the_calls_begin(clock):
    """As an error is."""
    heard = []
    policy = Retry(2, backoff=Fixed(1), on_result=lambda value: value == "bad", on_retry=heard.append, clock=clock)
    assert policy.call(lambda: clock.advance(3) or "bad") == "bad"
    assert [(event.elapsed, event.attempt) for event in heard] == [(3.0, 1)]


def test_a_budget_on_the_real_clock_and_inside_a_later_attempt():
    """It hears of each call; a first success took nothing and healed nothing, wherever it is."""
    budget = Noted(1.5)
    Retry(budget=budget).call(int)
    assert budget.told == ["began", ("succeeded", 1, 0.0)]
    budget.told.clear()
    inner = Retry(budget=budget)
    numbers = []

    def outer():
        numbers.append(1)
        value = inner.call(int)
        if len(numbers) == 1:
            fail()
        return value

    with Recorder(events.RetrySucceeded) as recorder:
        assert Retry(2, backoff=Fixed(0), name="edges-outer").call(outer) == 0
    assert budget.told == ["began", ("succeeded", 1, 0.0)] * 2
    assert [event.policy for event in recorder.events] == ["edges-outer"]


def test_what_an_empty_budget_had(clock):
    """Is told."""
    with Recorder(events.BudgetRefused) as recorder:
        failure(Retry(budget=Noted(), clock=clock))
    assert [event.balance for event in recorder.events] == [7.5]


def test_budgets_count_and_keep_their_first_clock(clock):
    """Each refusal; the clock of the first pipeline rules."""
    budget = RetryBudget(0.0, min_per_second=0)
    assert [budget.withdraw(None) for _ in range(3)] == [None] * 3
    assert budget.snapshot().refused == 3
    for ruling in (clock, FakeClock()):
        Pipeline(Retry(budget=budget), clock=ruling)
    assert budget._now == clock.now
    assert RetryThrottle(1000).max_tokens == 1000


def test_a_call_with_little_time_left_is_begun(clock):
    """Half a second is enough for a retry; and the clock of the system may be given and replaced."""
    with deadline(0.5, clock=clock):
        assert Retry(clock=clock).call(int) == 0
    ruled = Retry(clock=SYSTEM_CLOCK)
    Pipeline(ruled, clock=clock)
    assert ruled.clock is clock


@pytest.mark.parametrize(("left", "told"), [(0.5, 0), (0.0, 1)])
def test_a_cancellation_by_ones_own_deadline_says_something_of_the_callee(left, told, clock):
    """Only once that has passed."""
    limit, throttle = AdaptiveLimit(clock=clock), Throttle(clock=clock)
    with deadline(5, clock=clock):
        permits = limit.admit((), {}), throttle.admit((), {})
        clock.advance(5 - left)
        limit.failed(permits[0], KeyboardInterrupt(), 1)
        throttle.failed(permits[1], KeyboardInterrupt(), 1)
    assert (limit.snapshot().dropped, limit.snapshot().active) == (told, 0)
    assert throttle.snapshot().accepts == 1 - told


def scoped(due, *, enforced=True, attempt=3):
    return Scope(due, lambda: 0.0, enforced, attempt)


def test_the_scope_of_a_timeout(clock):
    """Its own, enforced; that of an outer one which ends no later: none, if that is enforced and no wait needs it."""
    timeout = Timeout(5, clock=clock)
    own = timeout.begin(within=False)
    assert (own.due, own.now, own.enforced, own.attempt) == (1005.0, clock.now, True, 1)

    def begun(scope, within):
        token = SCOPE.set(scope)
        try:
            return timeout.begin(within=within)
        finally:
            SCOPE.reset(token)

    inner = begun(scoped(6.0), False)
    assert (inner.due, inner.now, inner.enforced, inner.attempt) == (1005.0, clock.now, True, 3)
    for due in (4.0, 5.0):
        assert begun(scoped(due), False) is None
        assert begun(scoped(due), True).due == due
        assert begun(scoped(due, enforced=False), False).due == due
