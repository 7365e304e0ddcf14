"""Hedge: when attempts are begun, which outcome is the call's, and what it refuses."""

from datetime import timedelta

import pytest
from tests.policies.hedged import call, script

import resilience
from resilience import Failure, Hedge, RetryBudget, events
from resilience.testing import FakeClock, Recorder


def test_a_quick_call_is_not_hedged(world, clock):
    """In time there is one attempt."""
    hedge = Hedge(2, clock=clock)
    function = script(world, clock, first=(1, "one"))
    assert call(world, hedge, function) == "one"
    assert function.begun == [(1, 0)]
    assert hedge.snapshot().as_dict() == {
        "name": hedge.name, "calls": 1, "hedged": 0, "wins": (1, 0), "failed": 0, "refused": 0, "running": 0, "delay": 2,
    }  # fmt: skip


def test_the_first_answer_wins(world, clock):
    """A slow first attempt is overtaken by the second, begun after the delay."""
    hedge = Hedge(2, clock=clock)
    function = script(world, clock, first=(60, "one"), second=(1, "two"))

    def story():
        value = yield world.method(hedge)(function)
        assert (value, clock.now()) == ("two", 3)

    world.session(story)
    assert function.begun == [(1, 0), (2, 2)]
    assert hedge.snapshot().wins == (0, 1)
    assert hedge.snapshot().hedged == 1


def test_the_first_may_still_win(world, clock):
    """The first attempt goes on when the second is begun."""
    hedge = Hedge(2, clock=clock)
    assert call(world, hedge, script(world, clock, first=(3, "one"), second=(60, "two"))) == "one"
    assert hedge.snapshot().wins == (1, 0)


def test_parallel(world, clock):
    """After 0 seconds all attempts begin at once."""
    hedge = Hedge(0, attempts=3, clock=clock)
    function = script(world, clock, first=(9, "one"), second=(8, "two"), third=(1, "three"))
    assert call(world, hedge, function) == "three"
    assert sorted(function.begun) == [(1, 0), (2, 0), (3, 0)]


def test_each_delay_counts_from_the_attempt_before(world, clock):
    """Three attempts, two seconds apart."""
    hedge = Hedge(timedelta(seconds=2), attempts=3, clock=clock)
    function = script(world, clock, first=(60, 1), second=(60, 2), third=(1, 3))
    assert call(world, hedge, function) == 3
    assert function.begun == [(1, 0), (2, 2), (3, 4)]


def test_an_early_failure_launches_the_next_at_once(world, clock):
    """Nobody waits out the delay of an attempt that has failed; the next delay counts from there."""
    hedge = Hedge(10, attempts=3, clock=clock)
    function = script(world, clock, first=(1, ConnectionError("one")), second=(60, 2), third=(1, 3))
    with Recorder(events.HedgeLaunched, events.HedgeWon) as recorder:
        assert call(world, hedge, function) == 3
    assert function.begun == [(1, 0), (2, 1), (3, 11)]
    second, third = recorder.of(events.HedgeLaunched)
    assert (second.attempt, second.elapsed, str(second.error)) == (2, 1, "one")
    assert (third.attempt, third.elapsed, third.error) == (3, 11, None)
    (won,) = recorder.of(events.HedgeWon)
    assert (won.attempt, won.launched, won.elapsed) == (3, 3, 12)


def test_row_28_a_fast_failure_does_not_win(world, clock):
    """The A6 rule: a failure is no answer while another attempt may still give one."""
    hedge = Hedge(0, clock=clock)
    function = script(world, clock, first=(5, "rows"), second=(1, ConnectionError("fast")))
    assert call(world, hedge, function) == "rows"


def test_row_28_a_fast_empty_answer_does_not_win(world, clock):
    """Nor is a result that `on_result` calls a failure."""
    hedge = Hedge(0, on_result=lambda rows: not rows, clock=clock)
    assert call(world, hedge, script(world, clock, first=(5, ["row"]), second=(1, []))) == ["row"]


def test_row_28_a_fatal_error_ends_the_call(world, clock):
    """The A6 rule: an error that is no failure ends the call at once, whatever still runs."""
    hedge = Hedge(0, on=ConnectionError, clock=clock)
    function = script(world, clock, first=(50, "late"), second=(1, ValueError("no such day")))

    def story():
        with pytest.raises(ValueError, match="no such day"):
            yield world.method(hedge)(function)
        assert clock.now() == 1

    world.session(story)
    assert hedge.snapshot().failed == 0


def test_row_28_pushback(world, clock):
    """The A6 rule: a callee that asks for a pause gets no further attempt before it is over."""
    hedge = Hedge(1, attempts=3, on=lambda error: Failure(open_for=5), clock=clock)
    function = script(world, clock, first=(20, 1), second=(0.5, ConnectionError()), third=(1, 3))
    assert call(world, hedge, function) == 3
    assert function.begun == [(1, 0), (2, 1), (3, 6.5)]


def test_row_28_nobody_waits_with_nothing_under_way(world, clock):
    """A pause that is asked for when nothing else runs ends the call: waiting is what a retry is for."""
    hedge = Hedge(1, on=lambda error: Failure(open_for=5), clock=clock)
    with pytest.raises(ConnectionError):
        call(world, hedge, script(world, clock, first=(0, ConnectionError())))
    assert clock.now() == 0


def test_row_28_no_hedges_in_an_overload(world, clock):
    """An empty budget: the call goes on with its one attempt, and an early failure is the call's."""
    hedge = Hedge(1, budget=RetryBudget(0.5, min_per_second=0), clock=clock)
    refused = script(world, clock, first=(3, "one"))
    with Recorder(events.HedgeRefused) as recorder:
        assert call(world, resilience.Pipeline(hedge, clock=clock), refused) == "one"
    assert [(event.attempt, event.reason) for event in recorder.events] == [(2, "budget")]
    granted = script(world, clock, first=(3, "one"), second=(1, "two"))
    assert call(world, hedge, granted) == "two"
    with pytest.raises(ConnectionError):
        call(world, hedge, script(world, clock, first=(0, ConnectionError())))
    assert hedge.snapshot().refused == 2
    assert len(refused.begun) == 1


def test_all_failed(world, clock):
    """The first attempt's error, with the others attached and one note."""
    hedge = Hedge(2, clock=clock)
    first, second = ConnectionError("one"), ConnectionError("two")
    function = script(world, clock, first=(5, first), second=(1, second))
    with Recorder(events.HedgeFailed) as recorder, pytest.raises(ConnectionError) as caught:
        call(world, hedge, function)
    assert caught.value is first
    assert [(tried.number, tried.error, tried.elapsed) for tried in resilience.history(first)] == [
        (1, first, 5), (2, second, 3),
    ]  # fmt: skip
    assert first.__notes__ == [f"resilience: {hedge.name}: all 2 attempts failed within 5 s"]
    assert (recorder.events[0].launched, recorder.events[0].error) == (2, first)
    assert hedge.snapshot().failed == 1


def test_all_failed_with_one_error(world, clock):
    """Two attempts that raise the very same instance."""
    error = ConnectionError("mocked")
    with pytest.raises(ConnectionError) as caught:
        call(world, Hedge(1, clock=clock), script(world, clock, first=(0, error), second=(0, error)))
    assert caught.value is error
    assert caught.traceback


def test_all_bad_results(world, clock):
    """The first attempt's bad result is given, as a retry gives the last."""
    hedge = Hedge(1, on_result=lambda value: value < 0, clock=clock)
    assert call(world, hedge, script(world, clock, first=(3, -1), second=(1, -2))) == -1


@pytest.mark.parametrize("option", ["on", "on_result"])
def test_errors_of_the_users_own_logic_reach_the_caller(world, clock, option):
    """What `on` and `on_result` raise ends the call."""

    def broken(outcome):
        raise LookupError("broken logic")

    hedge = Hedge(1, clock=clock, **{option: broken})
    with pytest.raises(LookupError, match="broken logic"):
        call(world, hedge, script(world, clock, first=(0, ConnectionError() if option == "on" else 1)))
    assert hedge.snapshot().running == 0


def test_our_own_refusal_of_a_hedge_is_nobodys_failure(world, clock):
    """A breaker inside that refuses the second attempt leaves the first alone, and no third is begun."""
    refusal = resilience.CircuitOpenError(policy="inner", reason="open")
    hedge = Hedge(1, attempts=3, clock=clock)
    function = script(world, clock, first=(9, "one"), second=(0, refusal))
    assert call(world, hedge, function) == "one"
    assert len(function.begun) == 2


def test_our_own_refusal_of_the_first_ends_the_call(world, clock):
    """A refused first attempt is a refused call."""
    hedge = Hedge(1, clock=clock)
    with pytest.raises(resilience.CircuitOpenError):
        call(world, hedge, script(world, clock, first=(0, resilience.CircuitOpenError(policy="inner"))))


def test_refused_hedge_after_a_failed_first(world, clock):
    """The first attempt's error is the call's; the refusal is attached."""
    refusal = resilience.BulkheadFullError("full", policy="inner")
    with pytest.raises(ConnectionError) as caught:
        call(world, Hedge(1, clock=clock), script(world, clock, first=(0, ConnectionError()), second=(0, refusal)))
    assert [tried.error for tried in resilience.history(caught.value)] == [caught.value, refusal]


def test_nothing_is_begun_past_the_deadline(world, clock):
    """Neither a call nor a hedge."""
    hedge = Hedge(2, clock=clock)
    function = script(world, clock, first=(5, "one"))

    def story():
        with resilience.deadline(1, clock=clock):
            value = yield world.method(hedge)(function)
            assert value == "one"
            with pytest.raises(resilience.CallTimeoutError, match="deadline had passed"):
                yield world.method(hedge)(function)

    with Recorder(events.HedgeRefused) as recorder:
        world.session(story)
    assert len(function.begun) == 1
    assert [event.reason for event in recorder.events] == ["deadline"]
    assert hedge.snapshot().calls == 1


def test_a_timeout_outside_ends_all_attempts(clock):
    """A task that waits for its attempts is cancelled with them."""
    import asyncio

    ended = []

    async def hang():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(resilience.current().attempt)

    async def main():
        with pytest.raises(resilience.CallTimeoutError):
            await resilience.Pipeline(resilience.Timeout(0.05), Hedge(0.01)).acall(hang)
        await asyncio.sleep(0)
        assert sorted(ended) == [1, 2]

    asyncio.run(main())


def test_a_success_returns_what_the_budget_asks_for():
    """The budget hears of calls and of what became of them."""
    clock = FakeClock()
    budget = RetryBudget(0.5, min_per_second=0)
    resilience.Pipeline(Hedge(1, budget=budget), clock=clock).call(int)
    assert budget.balance() == 0.5
