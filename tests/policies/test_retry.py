"""Retry: what is called again and what is given back, in every world."""

import pickle

import pytest
from tests.policies.failing import Failing, body_of

import resilience
from resilience import Fixed, Retry, events
from resilience.testing import FakeClock, Recorder


def test_attempts_counts_calls(world, clock):
    """`attempts=3` is three calls in all, with no sleep after the last."""
    failing = Failing(99)
    with pytest.raises(ConnectionError):
        world.call(Retry(attempts=3, backoff=Fixed(2), clock=clock), body_of(failing))
    assert failing.calls == 3
    assert clock.slept == [2, 2]


def test_success_after_failures(world, clock):
    """A later success is the value; the events tell the story."""
    failing = Failing(2)
    with Recorder() as recorder:
        assert world.call(Retry(attempts=4, backoff=[1, 5], clock=clock), body_of(failing)) == "rows"
    scheduled = recorder.of(events.RetryScheduled)
    assert [(event.attempt, event.delay) for event in scheduled] == [(1, 1), (2, 5)]
    assert isinstance(scheduled[0].error, ConnectionError)
    (succeeded,) = recorder.of(events.RetrySucceeded) or [None]
    assert clock.slept == [1, 5]
    assert succeeded.attempt == 3
    assert succeeded.elapsed == 6


def test_last_error_as_it_is_with_one_note_and_history(world, clock):
    """The last error is re-raised itself, with one note and its attempts."""
    failing = Failing(99)
    retry = Retry(attempts=2, backoff=Fixed(3), clock=clock, name="rates")
    with pytest.raises(ConnectionError) as caught:
        world.call(retry, body_of(failing))
    error = caught.value
    assert error.__notes__ == [f"resilience: {retry.name}: gave up after 2 attempts in 3 s (attempts)"]
    attempts = resilience.history(error)
    assert [(a.number, a.elapsed, a.delay) for a in attempts] == [(1, 0, 3), (2, 3, None)]
    assert attempts[-1].error is error
    assert attempts[0].error is not error


def test_note_and_history_are_replaced(clock):
    """One object raised again and again keeps one note and one history."""
    error = ConnectionError("the same")
    for _ in range(3):
        with pytest.raises(ConnectionError):
            Retry(attempts=2, backoff=Fixed(1), clock=clock).call(body_of(Failing(9, error)))
    assert len(error.__notes__) == 1
    assert len(resilience.history(error)) == 2


def test_history_is_bounded_and_pickles(clock):
    """The last 16 attempts are kept; the error stays picklable, texts standing in for errors."""
    with pytest.raises(OSError, match="down") as caught:
        Retry(attempts=40, backoff=Fixed(0), clock=clock).call(body_of(Failing(99, OSError)))
    assert len(resilience.history(caught.value)) == 16
    copy = pickle.loads(pickle.dumps(caught.value))
    assert "OSError" in str(resilience.history(copy)[0].error)


def test_row_12_no_growing_chains(clock):
    """Ten thousand failures of one object leave its traceback and its context as short as the first."""
    error = ConnectionError("kept")
    retry = Retry(attempts=2, backoff=Fixed(0), clock=clock)

    def depth():
        try:
            retry.call(body_of(Failing(9, error)))
        except ConnectionError as caught:
            length, link = 0, caught.__traceback__
            while link is not None:
                length, link = length + 1, link.tb_next
            error.__traceback__ = None
            return length, caught.__context__

    first = depth()
    assert [depth() for _ in range(1000)][-1] == first


def test_bad_results_are_retried_and_the_last_is_returned(world, clock):
    """`on_result` retries values; a last bad one is given as it is."""
    values = iter([1, 2, 3])
    retry = Retry(attempts=2, on_result=lambda value: value < 9, backoff=Fixed(1), clock=clock)
    assert world.call(retry, lambda: next(values)) == 2
    assert clock.slept == [1]
    values = iter([1, 10])
    assert world.call(retry, lambda: next(values)) == 10


def test_superseded_results_are_let_go_before_the_sleep(world, clock):
    """`on_superseded` hears each bad result that a retry replaces, before the sleep, never the one returned."""
    seen = []
    values = iter(["a", "b", "c"])
    retry = Retry(
        attempts=3,
        on_result=lambda value: True,
        on_superseded=lambda value: seen.append((value, clock.now())),
        backoff=Fixed(5),
        clock=clock,
    )
    assert world.call(retry, lambda: next(values)) == "c"
    assert seen == [("a", 0), ("b", 5)]


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot await")
def test_superseded_may_be_awaited(world, clock):
    """In an async call a coroutine function is awaited."""
    closed = []

    async def close(value):
        closed.append(value)

    retry = Retry(on_result=lambda value: value == "bad", on_superseded=close, backoff=Fixed(1), clock=clock)
    values = iter(["bad", "good"])
    assert world.call(retry, lambda: next(values)) == "good"
    assert closed == ["bad"]


def test_superseded_errors_are_not_disposed(world, clock):
    """An error has nothing to let go."""
    seen = []
    retry = Retry(on_result=lambda value: False, on_superseded=seen.append, backoff=Fixed(1), clock=clock)
    assert world.call(retry, body_of(Failing(1))) == "rows"
    assert seen == []


@pytest.mark.parametrize(
    ("on", "ignore", "error", "calls"),
    [
        (ConnectionError, (), ConnectionError, 3),
        (ConnectionError, (), ValueError, 1),
        ((ConnectionError, ValueError), (), ValueError, 3),
        (OSError, ConnectionError, ConnectionError, 1),
        (OSError, ConnectionError, FileNotFoundError, 3),
        (lambda error: "down" in str(error), (), ValueError, 3),
        (lambda error: resilience.Failure(open_for=3), (), ValueError, 3),
        (Exception, lambda error: isinstance(error, ValueError), ValueError, 1),
        (resilience.FAILURES, (), TypeError, 1),
        (resilience.FAILURES, (), resilience.CircuitOpenError, 1),
        (Exception, (), resilience.CircuitOpenError, 1),
        (resilience.RejectedError, (), resilience.CircuitOpenError, 3),
        (resilience.UNAVAILABLE, (), resilience.CircuitOpenError, 3),
        ((), (), ValueError, 1),
    ],
)
def test_what_is_retried(clock, on, ignore, error, calls):
    """`on` by class, tuple or function; `ignore` beats it; refusals only for who names them."""
    failing = Failing(99, error)
    with pytest.raises(error):
        Retry(attempts=3, on=on, ignore=ignore, backoff=Fixed(0), clock=clock).call(body_of(failing))
    assert failing.calls == calls


@pytest.mark.parametrize(
    ("on", "group", "calls"),
    [
        (ConnectionError, ExceptionGroup("g", [ConnectionError(), ConnectionResetError()]), 2),
        (ConnectionError, ExceptionGroup("g", [ConnectionError(), ValueError()]), 1),
        (ConnectionError, ExceptionGroup("g", [ExceptionGroup("h", [ConnectionError()])]), 2),
        (ExceptionGroup, ExceptionGroup("g", [ConnectionError(), ValueError()]), 2),
        (resilience.FAILURES, ExceptionGroup("g", [ConnectionError(), TypeError()]), 1),
        (resilience.FAILURES, ExceptionGroup("g", [ConnectionError(), OSError()]), 2),
    ],
)
def test_row_11_groups_match_if_all_leaves_do(clock, on, group, calls):
    """A group of exceptions matches if all its leaves do, and comes out whole."""
    failing = Failing(99, group)
    with pytest.raises(ExceptionGroup) as caught:
        Retry(attempts=2, on=on, backoff=Fixed(0), clock=clock).call(body_of(failing))
    assert failing.calls == calls
    assert caught.value is group


@pytest.mark.worlds("sync", reason="a loop takes these for its own end; the drivers are one program, see test_twins")
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_row_10_base_exceptions_pass_at_once(world, clock, kind):
    """The four that are no failures end the call at once, without note or sleep."""
    failing = Failing(99, kind)
    with pytest.raises(kind):
        world.call(Retry(on=lambda error: True, clock=clock), body_of(failing))
    assert failing.calls == 1
    assert clock.slept == []


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
def test_row_10_cancellation_passes_at_once(world):
    """A cancelled call is over: no further attempt is made."""
    clock = FakeClock(autojump=False)
    calls = []

    def body():
        calls.append(1)
        yield clock.asleep(100)

    retry = Retry(on=lambda error: True, backoff=Fixed(0), clock=clock)
    guarded = retry(world.function(body))

    def story():
        yield guarded()

    async def cancelled():
        return await world.cancelled(story)

    import asyncio

    import trio

    came_out = asyncio.run(cancelled()) if world.name == "asyncio" else trio.run(cancelled)
    assert came_out
    assert calls == [1]


def test_what_callbacks_raise_goes_to_the_caller(world, clock):
    """`on`, `on_result`, `delay_from`, `on_retry`, a backoff function: their errors are the user's."""

    def broken(*args):
        raise ZeroDivisionError

    for option in ("on", "ignore", "delay_from", "on_retry", "backoff"):
        with pytest.raises(ZeroDivisionError):
            world.call(Retry(clock=clock, **{option: broken}), body_of(Failing(1)))
    with pytest.raises(ZeroDivisionError):
        world.call(Retry(clock=clock, on_result=broken), body_of(Failing(0)))


def test_on_retry_hears_the_event(world, clock):
    """`on_retry` gets the `RetryScheduled` event of each retry."""
    heard = []
    retry = Retry(on_retry=heard.append, backoff=Fixed(2), clock=clock, name="rates")
    world.call(retry, body_of(Failing(2)))
    assert [(event.policy, event.attempt, event.delay) for event in heard] == [(retry.name, 1, 2), (retry.name, 2, 2)]


def test_an_outcome_that_is_not_retried_at_a_later_attempt(clock):
    """A later attempt that raises something else: that error, with the attempts behind it."""
    outcomes = iter([ConnectionError(), ValueError("other")])

    def body():
        raise next(outcomes)

    with pytest.raises(ValueError, match="other") as caught:
        Retry(on=ConnectionError, backoff=Fixed(1), clock=clock).call(body)
    assert "not retried at attempt 2" in caught.value.__notes__[0]
    assert len(resilience.history(caught.value)) == 2
