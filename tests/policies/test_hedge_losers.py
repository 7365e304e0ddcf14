"""Attempts that lose: cancelled, awaited in the background, closed; and what an attempt runs in."""

import asyncio
import gc
import threading
import time
import weakref

import pytest
from tests.policies.hedged import Closable, call, real_sleep, script, settle, settle_sync

import resilience
from resilience import Hedge

WITH_TASKS = pytest.mark.worlds("asyncio", "trio", reason="a thread cannot be cancelled")


@WITH_TASKS
def test_row_27_losers_are_cancelled_and_end_in_the_background(world, clock):
    """A loser that cleans up for a minute does not keep the winner waiting."""
    hedge, ended = Hedge(1, clock=clock), []

    def body():
        if resilience.current().attempt == 1:
            try:
                yield world.sleep(clock, 600)
            finally:
                ended.append(clock.now())
        return resilience.current().attempt

    def story():
        value = yield world.method(hedge)(world.function(body))
        assert (value, clock.now()) == (2, 1)
        yield from settle(world, hedge)
        assert ended == [1]

    world.session(story)


@WITH_TASKS
def test_row_27_a_loser_that_swallows_its_cancellation_is_closed(world, clock):
    """What comes of it after all is closed, though its own scope is cancelled."""
    hedge, late = Hedge(1, clock=clock), AsyncClosable(world)

    def body():
        if resilience.current().attempt == 1:
            try:
                yield world.sleep(clock, 600)
            except BaseException:
                if world.name == "trio":
                    raise
                return late
            return late
        return "quick"

    def story():
        assert (yield world.method(hedge)(world.function(body))) == "quick"
        yield from settle(world, hedge)
        yield real_sleep(world, 0.05)

    world.session(story)
    assert late.closed == (world.name == "asyncio")


class AsyncClosable:
    """Has both; the async one is the one for tasks."""

    def __init__(self, world):
        self.world, self.closed = world, 0

    def close(self):
        raise AssertionError("a task closes with aclose()")

    async def aclose(self):
        await real_sleep(self.world, 0)
        self.closed += 1


def test_row_27_a_value_that_comes_too_late_is_closed(clock):
    """Both attempts end with a value at one moment: one is given, the other closed."""
    hedge, gate = Hedge(0, clock=clock), threading.Barrier(2)
    values = {1: Closable("one"), 2: Closable("two")}

    def body():
        gate.wait(10)
        return values[resilience.current().attempt]

    given = hedge.call(body)
    settle_sync(hedge)
    (other,) = set(values.values()) - {given}
    for _ in range(1000):
        if other.closed:
            break
        time.sleep(0.001)
    assert (given.closed, other.closed) == (0, 1)


def test_row_27_a_shared_value_is_not_closed_under_the_winner(clock):
    """Two attempts that give the same object."""
    hedge, shared, gate = Hedge(0, clock=clock), Closable(), threading.Barrier(2)

    def body():
        gate.wait(10)
        return shared

    assert hedge.call(body) is shared
    settle_sync(hedge)
    assert shared.closed == 0


def test_row_27_bad_results_are_closed(world, clock):
    """All but the one that is given."""
    hedge = Hedge(1, attempts=3, on_result=lambda value: True, clock=clock)
    bad = [Closable("one"), Closable("two"), Closable("three")]
    function = script(world, clock, first=(9, bad[0]), second=(1, bad[1]), third=(1, bad[2]))

    def story():
        assert (yield world.method(hedge)(function)) is bad[0]
        yield real_sleep(world, 0.05)

    world.session(story)
    assert [value.closed for value in bad] == [0, 1, 1]


@pytest.mark.parametrize("ending", ["won", "fatal"])
def test_row_27_the_first_bad_result_is_closed_when_another_outcome_is_given(world, clock, ending):
    """It was kept in case all fail."""
    hedge = Hedge(5, on_result=lambda value: isinstance(value, Closable), clock=clock)
    bad = Closable()
    function = script(world, clock, first=(0, bad), second=(1, "fine" if ending == "won" else TypeError("no")))

    def story():
        if ending == "won":
            assert (yield world.method(hedge)(function)) == "fine"
        else:
            with pytest.raises(TypeError):
                yield world.method(hedge)(function)
        yield real_sleep(world, 0.05)

    world.session(story)
    assert bad.closed == 1


def test_closing_that_fails_is_nobodys_trouble(world, clock):
    """The winner's caller never hears of it."""

    class Broken(Closable):
        def close(self):
            super().close()
            raise OSError("already gone")

    bad = Broken()
    hedge = Hedge(5, on_result=lambda value: value is bad, clock=clock)

    def story():
        assert (yield world.method(hedge)(script(world, clock, first=(0, bad), second=(1, "fine")))) == "fine"
        yield real_sleep(world, 0.05)

    world.session(story)
    assert bad.closed == 1


@WITH_TASKS
def test_a_callers_cancellation_cancels_all_attempts(world, clock):
    """None is left behind."""
    clock.autojump = False
    hedge, ended = Hedge(0, attempts=3, clock=clock), []

    def body():
        try:
            yield world.sleep(clock, 600)
        finally:
            ended.append(resilience.current().attempt)

    function = world.function(body)

    def caller():
        yield world.method(hedge)(function)

    assert world.run(world.cancelled, caller)
    assert sorted(ended) == [1, 2, 3]
    assert hedge.snapshot().running == 0


def test_a_value_that_a_cancelled_caller_does_not_take_is_closed():
    """The attempt ends in the same tick in which its caller is cancelled."""
    hedge, value = Hedge(10), Closable()

    async def main():
        gate = asyncio.Event()

        async def body():
            await gate.wait()
            return value

        task = asyncio.ensure_future(hedge.acall(body))
        await asyncio.sleep(0.01)
        gate.set()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.01)

    asyncio.run(main())
    assert value.closed == 1


def test_attempts_that_have_not_begun_when_the_call_is_over_do_not_begin():
    """Overtaken in the tick of its launch, an attempt never calls the function."""
    hedge, begun = Hedge(0, attempts=3), []

    async def body():
        begun.append(resilience.current().attempt)

    asyncio.run(hedge.acall(body))
    assert begun == [1]
    assert (hedge.snapshot().hedged, hedge.snapshot().running) == (0, 0)


def test_a_cancellation_from_within_reaches_the_caller():
    """A callee that raises `CancelledError` of its own is no failure: it passes at once."""

    async def body():
        raise asyncio.CancelledError("from within")

    with pytest.raises(asyncio.CancelledError, match="from within"):
        asyncio.run(Hedge(10).acall(body))


@pytest.mark.parametrize("verb", ["began", "failed", "withdraw", "succeeded"])
def test_a_budget_that_raises_hangs_nobody(world, clock, verb):
    """What somebody's own budget raises goes to the caller."""

    class Broken(resilience.RetryBudget):
        __slots__ = ()

    def broken(*args):
        raise LookupError(verb)

    setattr(Broken, verb, broken)
    hedge = Hedge(1, budget=Broken(), clock=clock)
    first = "one" if verb == "succeeded" else ConnectionError()
    with pytest.raises(LookupError, match=verb):
        call(world, hedge, script(world, clock, first=(0, first), second=(0, "two")))


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_passes_at_once(clock, error):
    """From a thread it comes back to the caller's."""

    def body():
        raise error

    with pytest.raises(error):
        Hedge(10, clock=clock).call(body)


class HeavyError(ConnectionError):
    """Can be referred to weakly."""


def test_the_error_does_not_outlive_the_call(world):
    """No cycle keeps errors and frames until the collector comes."""
    references, hedge = [], Hedge(1)

    def body():
        error = HeavyError()
        references.append(weakref.ref(error))
        try:
            raise error
        finally:
            del error

    async def abody():
        body()

    async def main():
        try:
            await hedge.acall(abody)
        except HeavyError:
            pass

    def direct():
        try:
            hedge.call(body)
        except HeavyError:
            pass

    gc.collect()
    gc.disable()
    try:
        world.run(main if world.is_async else direct)
        for _ in range(100):
            if not any(reference() for reference in references):
                break
            time.sleep(0.01)
        assert [reference() for reference in references] == [None, None]
    finally:
        gc.enable()
