"""Edges of hedges: what ends a call, what is remembered, what is learned."""

import asyncio
import threading
from time import sleep

import pytest
from tests.policies.hedged import Closable, real_sleep, script

import resilience
from resilience import (
    CallTimeoutError,
    Failure,
    Fixed,
    Hedge,
    Pipeline,
    Quantile,
    Retry,
    RetryBudget,
    events,
)
from resilience._deadline import Scope
from resilience._hedged import Lane
from resilience.testing import FakeClock, Recorder


@pytest.fixture
def clock():
    return FakeClock(start=1000.0)


def hedged(clock, hedge, *attempts):
    """What a call gives whose attempts take so long and end so."""

    async def body():
        seconds, outcome = attempts[resilience.current().attempt - 1]
        await clock.asleep(seconds)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return asyncio.run(hedge.acall(body))


def test_what_ends_a_hedged_call(clock):
    """A refusal of the first does, also with another under way; that of another, or one never begun, does not."""
    refused, never = resilience.RateLimitedError("x"), CallTimeoutError("x", reason="deadline passed")
    with pytest.raises(resilience.RateLimitedError):
        hedged(clock, Hedge(2, clock=clock), (3, refused), (5, "two"))
    assert clock.now() == 1003
    for error in (refused, never):
        assert hedged(clock, Hedge(2, clock=clock), (5, "one"), (1, error)) == "one"


def test_a_bad_result_may_ask_for_a_pause(clock):
    """Before the next attempt is begun."""
    hedge = Hedge(2, on_result=lambda value: Failure(open_for=4) if value == "bad" else False, attempts=3, clock=clock)
    assert hedged(clock, hedge, (9, "one"), (1, "bad"), (1, "three")) == "three"
    assert clock.now() == 1000 + 2 + 1 + 4 + 1


def test_what_a_failed_hedge_remembers(clock):
    """All attempts in order; the others' frames are let go; one alone leaves no note."""
    first, second, third = ConnectionError("first"), ConnectionError("second"), ConnectionError("third")
    hedge = Hedge(2, attempts=3, clock=clock)
    with pytest.raises(ConnectionError) as caught:
        hedged(clock, hedge, (9, first), (1, second), (1, third))
    assert caught.value is first
    assert [(attempt.number, attempt.error, attempt.elapsed, attempt.delay) for attempt in resilience.history(first)] == [
        (1, first, 9.0, 0.0), (2, second, 3.0, 0.0), (3, third, 4.0, None),
    ]  # fmt: skip
    assert (second.__traceback__, third.__traceback__) == (None, None)
    alone = ConnectionError("alone")
    empty = Hedge(2, budget=RetryBudget(0.0, min_per_second=0), clock=clock)
    for failed in (1, 2):
        with pytest.raises(ConnectionError):
            hedged(clock, empty, (1, alone))
        assert (empty.snapshot().failed, getattr(alone, "__notes__", [])) == (failed, [])


def test_a_slow_first_attempt_that_lost_is_learned_from(clock):
    """With the time that it had."""
    hedge = Hedge(Quantile(0.5, min_calls=1, ceiling=2), clock=clock)
    assert hedged(clock, hedge, (60, "one"), (1, "two")) == "two"
    assert (hedge._estimate.seen, hedge.snapshot().delay) == (1, 2)
    assert hedged(clock, hedge, (60, ConnectionError()), (1, "two")) == "two"
    assert hedge._estimate.seen == 2


def test_a_hedge_inside_a_later_attempt_counts_its_own(clock):
    """From one."""
    seen = []

    async def body():
        seen.append(resilience.current().attempt)
        if len(seen) == 1:
            raise ValueError

    policy = Pipeline(Retry(2, on=ValueError, backoff=Fixed(1)), Hedge(9, on=OSError), clock=clock)
    asyncio.run(policy.acall(body))
    assert seen == [1, 1]


def test_threads_of_a_hedge(clock):
    """They bear its name; with none free the hedge is refused for that."""
    hedge = Hedge(9, name="edges-hedge")
    assert hedge.call(lambda: threading.current_thread().name).startswith("resilience-edges-hedge")

    class OneThread:
        taken = 0

        def submit(self, context, work):
            self.taken += 1
            if self.taken > 1:
                raise resilience.BulkheadFullError("full")
            threading.Thread(target=context.run, args=(work,), daemon=True).start()

    full = Hedge(0)
    full._pool = OneThread()

    def until_the_second_is_refused():
        while full.snapshot().refused == 0:
            sleep(0.001)
        return "first"

    with Recorder(events.HedgeRefused) as recorder:
        assert full.call(until_the_second_is_refused) == "first"
    assert [(event.attempt, event.reason) for event in recorder.events] == [(2, "threads")]
    lane = Lane(full.begin(), Scope(5.0, lambda: 1.0, True, 2), 7)
    assert (lane.due, lane.enforced, lane.attempt, lane.remaining()) == (5.0, True, 7, 4.0)
    again = lane.at_attempt(8)
    assert (again.due, again.enforced, again.attempt, again.remaining()) == (5.0, True, 8, 4.0)
    resilience.shutdown(5)


def test_a_bad_result_that_every_attempt_gives_is_not_closed(world, clock):
    """One object for all, such as a shared response: the caller is given it after all, so nobody closes it."""
    hedge, shared = Hedge(1, on_result=lambda value: True, attempts=3, clock=clock), Closable()
    function = script(world, clock, first=(0, shared), second=(0, shared), third=(0, shared))

    def story():
        assert (yield world.method(hedge)(function)) is shared
        yield real_sleep(world, 0.05)

    world.session(story)
    assert len(function.begun) == 3
    assert shared.closed == 0
