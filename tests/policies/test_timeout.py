"""Timeout: each line of its contract, in every world."""

import asyncio
import contextvars
import threading
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


def test_row_26_threads_are_left_behind_and_counted():
    """With `thread=True` the caller goes on; the thread is counted until it ends."""
    clock = FakeClock()
    timeout = Timeout(2, thread=True, clock=clock)
    release, begun = threading.Event(), threading.Event()

    def hang():
        begun.set()
        release.wait(30)

    with pytest.raises(CallTimeoutError):
        timeout.call(hang)
    assert begun.wait(30)
    assert timeout.snapshot().abandoned == 1
    release.set()
    assert wait_until(lambda: timeout.snapshot().abandoned == 0)


def wait_until(condition):
    pause = threading.Event()
    for _ in range(5000):
        if condition():
            return True
        pause.wait(0.001)
    return False


def test_row_26_a_full_pool_refuses():
    """A pool full of abandoned calls is a `BulkheadFullError`, and frees up when they end."""
    clock = FakeClock()
    timeout = Timeout(1, thread=1, clock=clock)
    release = threading.Event()
    with pytest.raises(CallTimeoutError):
        timeout.call(release.wait, 30)
    with pytest.raises(resilience.BulkheadFullError, match="all 1 threads are busy"):
        timeout.call(int)
    release.set()
    assert wait_until(lambda: timeout._threads.busy == 0)
    assert timeout.call(int, "7") == 7


def test_thread_results_and_errors():
    """Values, `None`, errors and `BaseException`s come back from the thread."""
    timeout = Timeout(30, thread=True)
    assert timeout.call(int, "7") == 7
    assert timeout.call(lambda: None) is None
    with pytest.raises(ValueError, match="invalid literal"):
        timeout.call(int, "x")
    with pytest.raises(KeyboardInterrupt):
        timeout.call(lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert threading.current_thread().name != timeout.call(lambda: threading.current_thread().name)


def test_row_63_context_reaches_the_thread_and_does_not_leak():
    """The thread sees the caller's context variables; what it sets stays there."""
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("caller")

    def work():
        before = variable.get()
        variable.set("thread")
        return before, resilience.remaining() <= 30

    assert Timeout(30, thread=True).call(work) == ("caller", True)
    assert variable.get() == "caller"


def test_an_interrupted_wait_for_a_thread():
    """A wait that is broken off leaves the thread counted as abandoned."""
    timeout = Timeout(5, thread=True, clock=Interrupting())
    release = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        timeout.call(release.wait, 30)
    assert timeout.snapshot().abandoned == 1
    release.set()


class Interrupting(FakeClock):
    def idle(self, event):
        raise KeyboardInterrupt


def test_shutdown_ends_idle_threads():
    """`shutdown` lets the threads go and tells whether any is left; policies stay usable."""
    timeout = Timeout(30, thread=True)
    assert timeout.call(int, "1") == 1
    assert resilience.shutdown(5)
    release = threading.Event()
    with pytest.raises(CallTimeoutError):
        Timeout(1, thread=True, clock=FakeClock()).call(release.wait, 30)
    assert not resilience.shutdown(0)
    release.set()
    assert resilience.shutdown(5)
    assert timeout.call(int, "2") == 2
    with pytest.raises(ValueError, match="timeout=-1"):
        resilience.shutdown(-1)


def test_threads_are_used_again():
    """An idle thread takes the next call."""
    timeout = Timeout(30, thread=True)
    names = {timeout.call(threading.get_ident) for _ in range(5) if wait_until(lambda: timeout._threads.busy == 0)}
    assert len(names) <= 2


def test_idle_threads_leave(monkeypatch):
    """A thread that nobody needs ends by itself."""
    from resilience import _threads

    monkeypatch.setattr(_threads, "_IDLE_SECONDS", 0.001)
    pool = _threads.Threads(1, name="brief")
    done = threading.Event()
    pool.submit(contextvars.Context(), done.set)
    assert done.wait(30)
    assert wait_until(lambda: not any(thread.name == "brief" for thread in threading.enumerate()))


def test_work_that_raises_in_a_pool_is_shown(monkeypatch):
    """An error that nobody waits for goes to the thread's hook, and the place is free again."""
    import sys

    from resilience import _threads

    shown = []
    monkeypatch.setattr(sys, "excepthook", lambda *args: shown.append(args[0]))
    pool = _threads.Threads(1, name="raising")
    pool.submit(contextvars.Context(), lambda: 1 / 0)
    assert wait_until(lambda: pool.busy == 0)
    assert shown == [ZeroDivisionError]


def test_async_calls_ignore_the_pool(clock):
    """`thread=True` concerns plain functions only."""

    async def work():
        return threading.get_ident()

    assert asyncio.run(Timeout(5, thread=True, clock=clock).acall(work)) == threading.get_ident()


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
