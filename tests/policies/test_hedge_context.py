"""What an attempt runs in: its context, its number, its deadline, its thread."""

import asyncio
import contextvars
import threading
import time

import pytest
from tests.policies.hedged import Closable, call, script, settle_sync

import resilience
from resilience import Hedge
from resilience.policies import hedge as hedge_module

COLOUR = contextvars.ContextVar("colour", default="none")


def test_row_63_attempts_run_in_copies_of_the_context(world, clock):
    """Each attempt sees the caller's values; what it sets is seen by nobody else."""
    seen = []

    def body():
        number = resilience.current().attempt
        seen.append(COLOUR.get())
        COLOUR.set(f"attempt {number}")
        if number == 1:
            yield world.sleep(clock, 5)
        return COLOUR.get()

    def story():
        token = COLOUR.set("caller")
        value = yield world.method(hedge)(world.function(body))
        assert (value, COLOUR.get(), resilience.current().attempt) == ("attempt 2", "caller", 1)
        COLOUR.reset(token)

    hedge = Hedge(1, clock=clock)
    world.session(story)
    assert seen == ["caller", "caller"]


def test_row_63_a_retry_inside_counts_its_own_attempts(world, clock):
    """`current().attempt` is that of the innermost policy; the deadline goes on to all."""
    seen = []

    def body():
        seen.append((resilience.current().attempt, resilience.remaining()))
        raise ConnectionError

    hedge = Hedge(100, clock=clock)
    chain = resilience.Pipeline(hedge, resilience.Retry(2, backoff=resilience.Fixed(0)), clock=clock)

    def story():
        with resilience.deadline(50, clock=clock), pytest.raises(ConnectionError):
            yield world.method(chain)(world.function(body))

    world.session(story)
    assert [attempt for attempt, _ in seen] == [1, 2, 1, 2]
    assert {left for _, left in seen} == {50}


def test_a_thread_that_has_lost_finds_its_deadline_passed(clock):
    """So our own policies inside it begin nothing more."""
    hedge, found, go = Hedge(0, clock=clock), [], threading.Event()

    def body():
        if resilience.current().attempt == 1:
            go.wait(10)
            found.append(resilience.remaining())
            found.extend("begun" for _ in resilience.Retry(2))
        return "won"

    assert hedge.call(body) == "won"
    assert hedge.snapshot().running == 1
    go.set()
    settle_sync(hedge)
    assert found == [float("-inf")]


def test_a_full_pool_means_no_hedge_and_never_a_hang(clock, monkeypatch):
    """With every thread taken, the call runs in the caller's thread and alone."""
    monkeypatch.setattr(hedge_module, "_THREADS", 2)
    hedge, go = Hedge(0, attempts=3, clock=clock), threading.Event()
    threads = []

    def stuck():
        if resilience.current().attempt < 3:
            go.wait(10)
        return resilience.current().attempt

    def body():
        threads.append(threading.current_thread())
        return resilience.current().attempt

    def failing():
        raise ConnectionError(resilience.current().attempt)

    blocked = threading.Thread(target=hedge.call, args=(stuck,))
    blocked.start()
    while hedge.snapshot().refused < 1:  # its third attempt
        time.sleep(0.001)
    assert hedge.call(body) == 1
    assert threads == [threading.current_thread()]
    with pytest.raises(ConnectionError) as caught:
        hedge.call(failing)
    assert caught.value.args == (1,)
    go.set()
    blocked.join(10)
    assert hedge.snapshot().refused >= 2
    assert resilience.shutdown(5)


def test_a_hedge_that_is_granted_too_late_is_not_begun(clock):
    """The first attempt ends while the budget is still asked."""
    ended, asked, begun = threading.Event(), threading.Event(), []

    class Slow(resilience.RetryBudget):
        __slots__ = ()

        def withdraw(self, cause):
            asked.set()
            ended.wait(10)
            return 0.0

    def body():
        begun.append(resilience.current().attempt)
        asked.wait(10)
        return "one"

    hedge = Hedge(0, budget=Slow(), clock=clock)
    with hedge.listen(lambda event: None):
        caller = threading.Thread(target=lambda: begun.append(hedge.call(body)))
        caller.start()
        asked.wait(10)
        settle_sync(hedge)
        ended.set()
        caller.join(10)
    assert begun == [1, "one"]


def test_user_logic_that_fails_for_a_loser_is_nobodys_trouble(clock):
    """The second attempt's `on_result` raises once the first has won; nobody hears of it, and its value is closed."""
    judged, won, late = threading.Event(), threading.Event(), Closable()

    def judge(value):
        if value is late:
            judged.set()
            won.wait(10)
            raise LookupError("too late to matter")
        return False

    def body():
        if resilience.current().attempt == 2:
            return late
        judged.wait(10)
        return "one"

    hedge = Hedge(0, on_result=judge, clock=clock)
    assert hedge.call(body) == "one"
    won.set()
    settle_sync(hedge)
    for _ in range(1000):
        if late.closed:
            break
        time.sleep(0.001)
    assert late.closed == 1


def test_a_loser_that_fails_as_the_other_wins(clock):
    """Judged while the first was still under way, counted when it had won: it changes nothing."""
    judged, won = threading.Event(), threading.Event()

    def judge(error):
        judged.set()
        won.wait(10)
        return True

    def body():
        if resilience.current().attempt == 2:
            raise ConnectionError
        judged.wait(10)
        return "one"

    hedge = Hedge(0, on=judge, clock=clock)
    assert hedge.call(body) == "one"
    won.set()
    settle_sync(hedge)
    assert (hedge.snapshot().wins, hedge.snapshot().failed) == ((1, 0), 0)


def test_a_loser_that_ends_the_program_ends_it():
    """`SystemExit` out of an attempt that nobody waits for is not swallowed."""
    hedge = Hedge(0.01)

    async def body():
        if resilience.current().attempt == 1:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise SystemExit(3) from None
        return "two"

    async def main():
        assert await hedge.acall(body) == "two"
        await asyncio.sleep(5)

    with pytest.raises(SystemExit, match="3"):
        asyncio.run(main())


def test_every_world_at_once(world):
    """One instance serves threads and loops."""
    hedge = Hedge(0)
    assert world.session(lambda: None) is None
    values = world.run(_several(world, hedge)) if world.is_async else [hedge.call(int, "7") for _ in range(3)]
    assert values == [7, 7, 7]


def _several(world, hedge):
    async def main():
        async def seven():
            return 7

        return [await hedge.acall(seven) for _ in range(3)]

    return main


def test_a_fork_forgets_what_ran(world, clock):
    """Attempts of the parent do not run in the child."""
    hedge = Hedge(1, clock=clock)
    call(world, hedge, script(world, clock, first=(0, 1)))
    hedge._running = 3
    hedge.reset_after_fork()
    assert hedge.snapshot().running == 0
