"""What the drivers do with each verdict, in every world."""

import gc
import traceback
import weakref

import pytest
from tests.engine.gates import Scripted, Silent

import resilience
from resilience._drive import drive
from resilience._gate import Again, Answer, Instead, Lead, Verdict
from resilience._world import SYSTEM_CLOCK


def double(number):
    return 2 * number


def boom():
    raise ConnectionError("boom")


def test_verbs_are_heard_in_order(world):
    """`admit` sees the call's own arguments, `succeeded` the permit and the value."""
    gate = Scripted(admits=["permit"])
    assert world.call(gate, double, 4) == 8
    assert gate.asked == [("admit", (4,), {}), ("succeeded", "permit", 8)]


def test_answer_before_the_call(world):
    """An `Answer` at admission is the value; the function is never begun."""
    gate = Scripted(admits=[Answer("kept")])
    assert world.call(gate, boom) == "kept"
    assert len(gate.asked) == 1


def test_answer_instead_of_a_failure(world):
    """An `Answer` from `failed` hides the error."""
    assert world.call(Scripted(failures=[Answer(7)]), boom) == 7


def test_answer_instead_of_a_value(world):
    """An `Answer` from `succeeded` replaces the value."""
    assert world.call(Scripted(successes=[Answer(7)]), double, 1) == 7


def test_instead_calls_the_function(world):
    """`Instead` calls its function with its arguments."""
    assert world.call(Scripted(failures=[Instead(double, 21)]), boom) == 42
    assert world.call(Scripted(successes=[Instead(double, 4)]), double, 1) == 8


def test_again_repeats_after_the_delay(world, clock):
    """`Again` sleeps on the policy's clock and calls once more, with the next attempt's number."""
    gate = Scripted(failures=[Again(3.0), None], clock=clock)
    with pytest.raises(ConnectionError):
        world.call(gate, boom)
    assert clock.slept == [3.0]
    assert [entry[0] for entry in gate.asked] == ["admit", "failed", "failed"]


def test_again_after_a_value(world, clock):
    """`Again` from `succeeded` repeats as well, and a later verdict concludes."""
    gate = Scripted(successes=[Again(0), Answer("done")], clock=clock)
    assert world.call(gate, double, 1) == "done"
    gate = Scripted(successes=[Again(0)], failures=[], clock=clock)
    assert world.call(gate, double, 2) == 4
    gate = Scripted(failures=[Again(0), Answer("rescued")], clock=clock)
    assert world.call(gate, boom) == "rescued"


def test_again_at_admission_begins_in_the_slow_path(world, clock):
    """`Again` at admission begins the call as a repeated one."""
    gate = Scripted(admits=[Again(2.0)], clock=clock)
    assert world.call(gate, double, 3) == 6
    assert clock.slept == [2.0]


def test_resume_may_end_the_call(world, clock):
    """An `Answer` from `resume` ends the call before another attempt."""

    class Ending(Again):
        def resume(self):
            return Answer("ended")

    assert world.call(Scripted(failures=[Ending(0)], clock=clock), boom) == "ended"


@pytest.mark.worlds("sync", reason="a loop takes these for its own end; the drivers are one program, see test_twins")
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_row_10_base_exceptions_pass_whatever_a_gate_says(world, kind):
    """`failed` hears a `BaseException`, and its verdict is not obeyed."""
    gate = Scripted(failures=[Answer("swallowed")])

    def stop():
        raise kind

    with pytest.raises(kind):
        world.call(gate, stop)
    assert gate.asked[-1] == ("failed", None, kind, 1)


def test_base_exceptions_pass_in_later_attempts():
    """Also in the attempts after the first."""
    outcomes = iter([ConnectionError(), KeyboardInterrupt()])
    gate = Scripted(failures=[Again(0), Answer("swallowed")])

    def stop():
        raise next(outcomes)

    with pytest.raises(KeyboardInterrupt):
        gate.call(stop)


def test_unknown_verdicts_are_named(world):
    """A verdict where it makes no sense is a `TypeError` that says which ones do."""

    class Odd(Verdict):
        pass

    with pytest.raises(TypeError, match="it may say Answer, Park, Lead, Stale or Again"):
        world.call(Scripted(admits=[Odd()]), double, 1)
    with pytest.raises(TypeError, match="it may say Again, Answer or Instead"):
        world.call(Scripted(failures=[Lead(None)]), boom)


def test_verbs_left_alone_are_left_out():
    """A gate without verbs costs its link only."""
    verbs = Silent().verbs()
    assert {verbs.admit, verbs.succeeded, verbs.failed, verbs.quick} == {None}
    assert drive(Silent(), double, SYSTEM_CLOCK)(2) == 4
    with pytest.raises(ConnectionError):
        drive(Silent(), boom, SYSTEM_CLOCK)()
    assert Silent().bind(double).__class__ is Silent


def test_no_cycle_outlives_a_concluded_call():
    """With gc off, the error is dead as soon as the call that hid it is over."""

    class Marked(ConnectionError):
        pass

    seen = []

    def marked():
        error = Marked()
        seen.append(weakref.ref(error))
        return error

    def fail():
        raise marked()

    gc.disable()
    try:
        assert resilience.Fallback(None).call(fail) is None
        retry = resilience.Retry(attempts=3, backoff=resilience.Fixed(0))
        assert resilience.Pipeline(resilience.Fallback(None), retry).call(fail) is None
        assert [ref() for ref in seen] == [None] * 4
    finally:
        gc.enable()


def test_a_failing_fallback_keeps_its_context(world):
    """`Instead` runs inside the `except` block."""

    def worse():
        raise ValueError("worse")

    with pytest.raises(ValueError, match="worse") as caught:
        world.call(Scripted(failures=[Instead(worse)]), boom)
    assert isinstance(caught.value.__context__, ConnectionError)


def test_tracebacks_name_the_policy():
    """A link's frame bears the kind of its policy."""
    with pytest.raises(ConnectionError) as caught:
        resilience.Pipeline(resilience.Retry(attempts=1), resilience.CircuitBreaker()).call(boom)
    names = [frame.name for frame in traceback.extract_tb(caught.tb)]
    assert "retry" in names
    assert "circuit_breaker" in names


def test_plain_function_with_an_awaitable_result():
    """A plain function that returns an awaitable is refused at the call, and the awaitable is closed."""
    closed = []

    async def work():
        return 1

    def plain():
        coroutine = work()
        closed.append(coroutine)
        return coroutine

    for policy in (resilience.Retry(attempts=1), resilience.Timeout(1), resilience.CircuitBreaker()):
        with pytest.raises(TypeError, match="its guard would end before the work begins"):
            policy(plain)()
    assert all(coroutine.cr_frame is None for coroutine in closed)


def test_row_31_recursion_through_one_policy(world):
    """A function that calls itself through its own guards, 60 deep, is a call like any other."""
    policy = resilience.Pipeline(resilience.Retry(), resilience.CircuitBreaker())
    guarded = []

    def down(depth):
        if not depth:
            return "bottom"
        return (yield guarded[0](depth - 1))

    guarded.append(policy(world.function(down)))
    assert world.run(guarded[0], 60) == "bottom"
