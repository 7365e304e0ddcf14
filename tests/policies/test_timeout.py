"""Timeout: expiry, cancellation and deadlines, in every world."""

import asyncio
import warnings

import pytest
import trio

import resilience
from resilience import CallTimeoutError, CircuitBreaker, Consecutive, Fixed, Pipeline, Retry, Timeout, events
from resilience.testing import FakeClock, Recorder

ASYNC = pytest.mark.worlds("asyncio", "trio", reason="a plain function cannot be ended from outside")


def sleeping(world, clock, seconds, value="late"):
    def body():
        yield world.sleep(clock, seconds)
        return value

    return world.function(body)


def native_sleep(world, seconds):
    return asyncio.sleep(seconds) if world.name == "asyncio" else trio.sleep(seconds)


@ASYNC
def test_expiry_is_a_call_timeout_error(world, clock):
    """The call is ended at its limit; the error is also a `TimeoutError`."""
    timeout = Timeout(5, clock=clock)
    with Recorder(events.CallTimedOut) as recorder, pytest.raises(CallTimeoutError) as caught:
        world.run(timeout(sleeping(world, clock, 100)))
    assert clock.now() == 5
    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.seconds, caught.value.policy, caught.value.reason) == (5, timeout.name, "timeout")
    assert recorder.events[0].seconds == 5
    assert timeout.snapshot().timed_out == 1


@ASYNC
def test_expiry_on_the_real_clock(world):
    """The same by the loop's own timers."""

    def body():
        yield native_sleep(world, 30)

    with pytest.raises(CallTimeoutError):
        world.run(Timeout(0.01)(world.function(body)))


def test_in_time_is_in_time(world, clock):
    """A call that ends in time is not touched."""
    timeout = Timeout(5, clock=clock)
    assert world.run(timeout(sleeping(world, clock, 4))) == "late"
    with pytest.raises(ConnectionError):
        world.call(timeout, lambda: (_ for _ in ()).throw(ConnectionError))
    assert timeout.snapshot().as_dict() == {
        "name": timeout.name,
        "seconds": 5.0,
        "timed_out": 0,
        "overran": 0,
        "abandoned": 0,
    }


@ASYNC
def test_inner_expiry_is_a_failure_outside(world, clock):
    """An expiry of our own inner timeout counts in a breaker and is retried."""
    breaker = CircuitBreaker(trip=Consecutive(2), clock=clock)
    policy = Pipeline(Retry(attempts=2, backoff=Fixed(0)), breaker, Timeout(1), clock=clock)
    with pytest.raises(CallTimeoutError):
        world.run(policy(sleeping(world, clock, 100)))
    assert breaker.state == "open"


@ASYNC
def test_row_25_a_callers_cancel_wins(world):
    """A cancellation from outside is a cancellation, not a timeout, and counts nothing."""
    clock = FakeClock(autojump=False)
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)
    guarded = Pipeline(breaker, Timeout(1), clock=clock)(sleeping(world, clock, 100))

    def story():
        yield guarded()

    async def main():
        return await world.cancelled(story)

    assert asyncio.run(main()) if world.name == "asyncio" else trio.run(main)
    assert breaker.state == "closed"


def test_row_25_cancel_and_expiry_in_one_tick():
    """Both at once: the caller's cancel wins."""

    async def main():
        clock = FakeClock(autojump=False)

        async def hang():
            await clock.asleep(100)

        task = asyncio.create_task(Timeout(1, clock=clock).acall(hang))
        await asyncio.sleep(0)
        clock.advance(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    for _ in range(20):
        asyncio.run(main())


@ASYNC
def test_row_25_the_callees_own_timeout_error_passes(world, clock):
    """A `TimeoutError` that the callee raises is its own."""
    own = TimeoutError("mine")

    def body():
        raise own

    with pytest.raises(TimeoutError) as caught:
        world.call(Timeout(5, clock=clock), body)
    assert caught.value is own


@ASYNC
def test_row_25_nested_timeouts_blame_the_right_one(world, clock):
    """The one that expired is the one in the error, inner or outer."""
    for inner, outer, blamed in ((1, 9, "inner"), (9, 1, "outer")):
        policies = Timeout(outer, name="outer", clock=clock), Timeout(inner, name="inner", clock=clock)
        with pytest.raises(CallTimeoutError) as caught:
            world.run(Pipeline(*policies)(sleeping(world, clock, 100)))
        assert caught.value.policy.startswith(blamed)


@pytest.mark.worlds("asyncio", reason="trio's cancellation cannot be swallowed")
def test_a_callee_that_swallows_the_cancel(world, clock):
    """Its value counts: the call did return."""

    async def stubborn():
        try:
            await clock.asleep(100)
        except asyncio.CancelledError:
            return "anyway"

    assert world.run(Timeout(1, clock=clock)(stubborn)) == "anyway"


@pytest.mark.worlds("asyncio", "trio", reason="a plain function is not ended at all")
def test_a_call_that_moves_its_own_clock(world):
    """It returns in the step in which its time ends: its value counts, and nothing that follows is cancelled."""
    clock = FakeClock(autojump=False)

    def body():
        clock.advance(5)
        return "made it"

    guarded = Timeout(1, clock=clock)(world.function(body))

    def story():
        assert (yield guarded()) == "made it"
        yield native_sleep(world, 0)
        return "went on"

    assert world.session(story) == "went on"


@pytest.mark.worlds("asyncio", "trio", reason="a plain function is not ended at all")
@pytest.mark.parametrize("waits_first", [False, True])
def test_a_call_that_moves_its_own_clock_and_waits(world, waits_first):
    """What it awaits after its time is over is ended, whether it has waited before or not."""
    clock = FakeClock(autojump=False)

    def body():
        if waits_first:
            yield native_sleep(world, 0)
        clock.advance(5)
        yield native_sleep(world, 30)

    with pytest.raises(CallTimeoutError):
        world.run(Timeout(1, clock=clock)(world.function(body)))


def test_sync_is_cooperative(clock):
    """A late plain function: its result as it is, counted, told, and warned of once, naming `thread=True`."""
    timeout = Timeout(2, clock=clock)

    def late():
        clock.advance(3)
        return "late"

    with (
        Recorder(events.CallOverran) as recorder,
        pytest.warns(resilience.ResilienceWarning, match="thread=True") as caught,
    ):
        assert timeout.call(late) == "late"
        assert timeout.call(late) == "late"
    assert len(caught) == 1
    assert timeout.snapshot().overran == 2
    assert [(event.seconds, event.elapsed) for event in recorder.events] == [(2, 3), (2, 3)]


def test_the_deadline_reaches_in(world, clock):
    """Inside, `remaining()` tells; the nearest deadline wins; outside it is gone."""
    seen = []

    def body():
        seen.append(resilience.remaining())

    world.call(Pipeline(Timeout(10), Timeout(3), clock=clock), body)
    world.call(Pipeline(Timeout(3), Timeout(10), clock=clock), body)
    assert seen == [3, 3]
    assert resilience.remaining() == float("inf")
    assert resilience.current().deadline is None


def test_deadlines_nest(clock):
    """`deadline()` inside `deadline()`: the nearest wins, whichever is outside."""
    with resilience.deadline(5, clock=clock):
        with resilience.deadline(9, clock=clock):
            assert resilience.remaining() == 5
        with resilience.deadline(2, clock=clock):
            assert resilience.remaining() == 2
            assert resilience.current().deadline == 2
        assert resilience.remaining() == 5
    reused = resilience.deadline(1, clock=clock)
    with reused, reused:
        assert resilience.remaining() == 1


@ASYNC
def test_deadline_is_advice_that_a_timeout_enforces(world, clock):
    """A nearer `deadline()` is what a timeout inside enforces."""

    def story():
        with resilience.deadline(2, clock=clock), pytest.raises(CallTimeoutError):
            yield Timeout(50, clock=clock)(sleeping(world, clock, 100))()

    world.session(story)
    assert clock.now() == 2


def test_past_the_deadline_nothing_begins(world, clock):
    """A timeout whose outer deadline has passed begins nothing."""

    def story():
        with resilience.deadline(0, clock=clock), pytest.raises(CallTimeoutError) as caught:
            yield world.method(Timeout(5, clock=clock))(world.function(lambda: pytest.fail("called")))
        assert caught.value.reason == "deadline passed"

    world.session(story)


@pytest.mark.parametrize(
    "options",
    [
        {"seconds": 0},
        {"seconds": -1},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seconds": True},
        {"seconds": "2"},
        {"seconds": 10**400},
        {"seconds": 1, "thread": -1},
        {"seconds": 1, "thread": "yes"},
    ],
    ids=repr,
)
def test_row_54_bad_options_name_themselves(options):
    """Each bad option is refused by name."""
    option = list(options)[-1]
    with pytest.raises((ValueError, TypeError), match=f"{option}="):
        Timeout(**options)


def test_repr_says_whether_threads_are_used():
    """At a glance."""
    assert "2.5 s" in repr(Timeout(2.5))
    assert "in a thread" in repr(Timeout(1, thread=True))
    assert Timeout(1, thread=4).thread


def test_no_warning_for_calls_in_time():
    """A call in time warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Timeout(30).call(int, "1") == 1
