"""Retry: each line of its contract, in every world."""

import datetime as dt
import pickle
import warnings
from unittest import mock

import pytest

import resilience
from resilience import Exponential, Fixed, Pipeline, Retry, events
from resilience.testing import FakeClock, Recorder


class Failing:
    """Fails so many times, then gives its value; counts its calls."""

    def __init__(self, times, error=ConnectionError, value="rows"):
        self.left, self.error, self.value, self.calls = times, error, value, 0

    def __call__(self):
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error("down") if isinstance(self.error, type) else self.error
        return self.value


def body_of(failing):
    def body():
        return failing()

    return body


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


def test_max_elapsed_bounds_sleeps_and_attempts(world, clock):
    """No sleep that would end past `max_elapsed`; `attempts=None` leaves it the only bound."""
    failing = Failing(999)
    with pytest.raises(ConnectionError) as caught:
        world.call(Retry(attempts=None, max_elapsed=10, backoff=Fixed(3), clock=clock), body_of(failing))
    assert failing.calls == 4
    assert clock.now() == 9
    assert "(max_elapsed)" in caught.value.__notes__[0]


def test_row_13_no_sleep_past_the_deadline(world, clock):
    """A delay that would end past the deadline: the real error, now."""
    failing = Failing(99)

    def story():
        with resilience.deadline(5, clock=clock), pytest.raises(ConnectionError) as caught:
            yield world.method(retry)(world.function(body_of(failing)))
        assert "(deadline)" in caught.value.__notes__[0]

    retry = Retry(attempts=9, backoff=Fixed(2), clock=clock)
    world.session(story)
    assert failing.calls == 3
    assert clock.now() == 4


def test_row_13_no_attempt_past_the_deadline(world):
    """A sleep that overshoots: the next attempt is not begun, and the real error comes out."""
    clock = FakeClock()
    late = mock.Mock(side_effect=lambda event: clock.advance(4))
    retry = Retry(attempts=9, backoff=Fixed(2), clock=clock, on_retry=late)
    failing = Failing(99)

    def story():
        with resilience.deadline(5, clock=clock), pytest.raises(ConnectionError) as caught:
            yield world.method(retry)(world.function(body_of(failing)))
        assert "(deadline)" in caught.value.__notes__[0]

    world.session(story)
    assert failing.calls == 1


def test_bad_result_when_the_sleep_overshoots(world):
    """The same for a bad result: it is returned."""
    clock = FakeClock()
    retry = Retry(on_result=lambda value: True, backoff=Fixed(2), clock=clock, on_retry=lambda event: clock.advance(4))

    def story():
        with resilience.deadline(5, clock=clock):
            value = yield world.method(retry)(world.function(lambda: "bad"))
        assert value == "bad"

    world.session(story)


def test_a_call_past_the_deadline_is_not_begun(world, clock):
    """It raises `CallTimeoutError(reason="deadline passed")`, and a breaker outside does not count it."""
    breaker = resilience.CircuitBreaker(trip=resilience.Consecutive(1), clock=clock)
    policy = Pipeline(breaker, Retry(on=Exception, clock=clock))
    failing = Failing(0)

    def story():
        with resilience.deadline(0, clock=clock), pytest.raises(resilience.CallTimeoutError) as caught:
            yield world.method(policy)(world.function(body_of(failing)))
        assert caught.value.reason == "deadline passed"
        assert "allow more time" in str(caught.value)

    world.session(story)
    assert failing.calls == 0
    assert breaker.state == "closed"


def test_row_1_layers_do_not_multiply(world, clock):
    """Three nested retries on a dead callee make three calls, not 27."""
    failing = Failing(999)
    policy = Pipeline(*[Retry(attempts=3, backoff=Fixed(0)) for _ in range(3)], clock=clock)
    with Recorder() as recorder, pytest.raises(ConnectionError):
        world.call(policy, body_of(failing))
    assert failing.calls == 3
    assert len(recorder.of(events.RetrySuperseded)) == 2


def test_row_1_also_through_a_new_error(world, clock):
    """`raise Other from error`, and an error that carries a marked response, hide nothing."""
    failing = Failing(999)
    inner = Retry(attempts=3, backoff=Fixed(0), clock=clock)
    outer = Retry(attempts=3, backoff=Fixed(0), clock=clock)
    guarded = inner(world.function(body_of(failing)))

    def explicit():
        try:
            yield guarded()
        except ConnectionError as error:
            raise RuntimeError("wrapped") from error

    def implicit():
        try:
            yield guarded()
        except ConnectionError:
            raise RuntimeError("wrapped")  # noqa: B904 - the implicit context is what is tested

    for number, wrapped in enumerate((explicit, implicit), 1):
        with pytest.raises(RuntimeError):
            world.run(outer(world.function(wrapped)))
        assert failing.calls == 3 * number

    class Response:
        """What a client's error carries."""

    class StatusError(Exception):
        def __init__(self, response):
            self.response = response

    from resilience._history import give_up

    calls = []

    def by_response():
        calls.append(1)
        response = Response()
        give_up(response)
        raise StatusError(response)

    with pytest.raises(StatusError):
        world.call(outer, by_response)
    assert len(calls) == 1


def test_a_hidden_context_is_another_story(clock):
    """`raise ... from None` says the new error is its own: it is retried."""
    failing = Failing(999)
    guarded = Retry(attempts=2, backoff=Fixed(0), clock=clock)(body_of(failing))

    def hiding():
        try:
            guarded()
        except ConnectionError:
            raise RuntimeError("fresh") from None

    with pytest.raises(RuntimeError):
        Retry(attempts=2, backoff=Fixed(0), clock=clock).call(hiding)
    assert failing.calls == 4


def test_a_mark_in_a_group_is_found(clock):
    """A group that holds an error some retry gave up on is not repeated."""
    failing = Failing(999)
    guarded = Retry(attempts=2, backoff=Fixed(0), clock=clock)(body_of(failing))

    def grouping():
        try:
            guarded()
        except ConnectionError as error:
            raise ExceptionGroup("g", [error]) from None

    with pytest.raises(ExceptionGroup):
        Retry(attempts=3, backoff=Fixed(0), clock=clock).call(grouping)
    assert failing.calls == 2


def test_retry_exhausted_repeats_all_the_same(clock):
    """`retry_exhausted=True` turns the rule off."""
    failing = Failing(999)
    outer = Retry(attempts=3, retry_exhausted=True, backoff=Fixed(0))
    with pytest.raises(ConnectionError):
        Pipeline(outer, Retry(attempts=3, backoff=Fixed(0)), clock=clock).call(body_of(failing))
    assert failing.calls == 9


def test_a_mark_of_an_earlier_life_counts_for_nothing(clock):
    """One error object raised again is retried again: `Mock(side_effect=error)` gets all its attempts each time."""
    target = mock.Mock(side_effect=ConnectionError("shared"))
    retry = Retry(attempts=3, backoff=Fixed(0), clock=clock)
    for calls in (3, 6):
        with pytest.raises(ConnectionError):
            retry.call(lambda: target())
        assert target.call_count == calls


def test_errors_without_a_dict_are_retried_too(clock):
    """An error that takes no attributes loses its history, nothing else."""
    error = ConnectionError("x")
    with pytest.raises(ConnectionError):
        Retry(attempts=2, backoff=Fixed(0), clock=clock).call(body_of(Failing(9, error)))
    from resilience import _history

    _history.remember(object(), [], "note")
    _history.give_up(object())
    assert resilience.history(ValueError()) == ()


@pytest.mark.parametrize(("chance", "delay"), [(0.0, 20.0), (1.0, 22.0)])
def test_server_delay_is_never_shortened(world, chance, delay):
    """A named delay is waited in full, with up to 10 % on top."""
    clock = FakeClock()
    retry = Retry(delay_from=lambda outcome: 20, backoff=Fixed(1), clock=clock, random=lambda: chance)
    assert world.call(retry, body_of(Failing(1))) == "rows"
    assert clock.slept == [delay]


def test_server_delay_outcome(clock):
    """`delay_from` sees value, error, attempt and elapsed; `None` leaves it to the backoff; the event tells."""
    seen = []

    def delay_from(outcome):
        seen.append((outcome.value, type(outcome.error), outcome.attempt, outcome.elapsed))
        return 8 if outcome.attempt == 1 else None

    with Recorder() as recorder, pytest.raises(ConnectionError):
        Retry(delay_from=delay_from, backoff=Fixed(1), clock=clock, random=lambda: 0).call(body_of(Failing(9)))
    assert seen == [(None, ConnectionError, 1, 0), (None, ConnectionError, 2, 8), (None, ConnectionError, 3, 9)]
    assert [event.server_delay for event in recorder.of(events.RetryScheduled)] == [True, False]


def test_row_7_server_delay_beyond_reach_means_no_retry(world, clock):
    """Longer than `max_server_delay`, or than the deadline: the outcome, now; and `STOP` likewise."""
    for delay, reason in ((61, "server delay"), (float("inf"), "server delay"), (Retry.STOP, "stop")):
        failing = Failing(9)
        with Recorder(events.RetryGaveUp) as recorder, pytest.raises(ConnectionError):
            world.call(Retry(delay_from=lambda outcome, d=delay: d, clock=clock), body_of(failing))
        assert recorder.events[0].reason == reason
        assert failing.calls == 1
    failing = Failing(9)

    def story():
        with resilience.deadline(5, clock=clock), pytest.raises(ConnectionError):
            yield world.method(Retry(delay_from=lambda outcome: 6, clock=clock))(world.function(body_of(failing)))

    world.session(story)
    assert failing.calls == 1
    assert clock.slept == []
    assert repr(Retry.STOP) == "Retry.STOP"
    assert pickle.loads(pickle.dumps(Retry.STOP)) is Retry.STOP


def test_server_jitter_stays_inside_the_deadline(clock):
    """The jitter on top of a named delay is cut, the delay is not."""
    retry = Retry(delay_from=lambda outcome: 10, clock=clock, random=lambda: 1.0, backoff=Fixed(0))
    with resilience.deadline(10.5, clock=clock):
        assert retry.call(body_of(Failing(1))) == "rows"
    assert clock.slept == [10.25]


@pytest.mark.parametrize("delay", [-1, float("nan"), True, "5"])
def test_nonsense_from_delay_from_goes_to_the_caller(clock, delay):
    """What `delay_from` gives is checked, and the error names it."""
    with pytest.raises((ValueError, TypeError), match="delay_from"):
        Retry(delay_from=lambda outcome: delay, clock=clock).call(body_of(Failing(1)))


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


def test_current_attempt(world, clock):
    """`current().attempt` is the innermost retry's, also inside a nested one, and 1 outside."""
    seen = []

    def body():
        seen.append(resilience.current().attempt)
        raise ConnectionError

    inner = Retry(attempts=2, backoff=Fixed(0), clock=clock)
    outer = Retry(attempts=2, retry_exhausted=True, backoff=Fixed(0), clock=clock)
    with pytest.raises(ConnectionError):
        world.call(Pipeline(outer, inner), body)
    assert seen == [1, 2, 1, 2]
    assert resilience.current().attempt == 1


def test_iteration(world, clock):
    """`for attempt in retry: with attempt:` repeats the block as a call would be."""
    numbers = []

    def block(attempt):
        numbers.append((attempt.number, resilience.current().attempt))
        if attempt.number < 3:
            raise ConnectionError

    drive_block(world, Retry(backoff=Fixed(4), clock=clock), block)
    assert numbers == [(1, 1), (2, 2), (3, 3)]
    assert clock.slept == [4, 4]


def drive_block(world, retry, block):
    async def over():
        async for attempt in retry:
            with attempt:
                block(attempt)

    if world.is_async:
        import asyncio

        import trio

        return asyncio.run(over()) if world.name == "asyncio" else trio.run(over)
    for attempt in retry:
        with attempt:
            block(attempt)
    return None


def test_iteration_raises_the_last_error(world, clock):
    """The last error comes out of the block, noted; an error that is not retried at once."""

    def fail(attempt):
        raise ConnectionError

    with pytest.raises(ConnectionError) as caught:
        drive_block(world, Retry(attempts=2, backoff=Fixed(1), clock=clock), fail)
    assert "after 2 attempts" in caught.value.__notes__[0]

    def wrong(attempt):
        raise TypeError

    with pytest.raises(TypeError):
        drive_block(world, Retry(clock=clock), wrong)


def test_iteration_ends_with_break_and_interrupts(clock):
    """`break` ends it; a `KeyboardInterrupt` passes; an unused attempt is an error that shows how to write it."""
    retry = Retry(clock=clock)
    for attempt in retry:
        with attempt:
            break
    with pytest.raises(KeyboardInterrupt):
        for attempt in retry:
            with attempt:
                raise KeyboardInterrupt
    with pytest.raises(RuntimeError, match="with attempt:"):
        for attempt in retry:
            pass


def test_iteration_inside_another_attempt(clock):
    """A block inside a later attempt begins at its own first attempt."""
    numbers = []

    def body():
        for attempt in Retry(backoff=Fixed(0), clock=clock):
            with attempt:
                numbers.append(attempt.number)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        Retry(attempts=2, backoff=Fixed(0), clock=clock).call(body)
    assert numbers == [1, 1]


def test_iteration_needs_no_result():
    """`on_result` has nothing to judge in a block."""
    with pytest.raises(TypeError, match="a block returns nothing"):
        iter(Retry(on_result=bool))


def test_an_outcome_that_is_not_retried_at_a_later_attempt(clock):
    """A later attempt that raises something else: that error, with the attempts behind it."""
    outcomes = iter([ConnectionError(), ValueError("other")])

    def body():
        raise next(outcomes)

    with pytest.raises(ValueError, match="other") as caught:
        Retry(on=ConnectionError, backoff=Fixed(1), clock=clock).call(body)
    assert "not retried at attempt 2" in caught.value.__notes__[0]
    assert len(resilience.history(caught.value)) == 2


def test_row_15_a_sync_sleep_inside_a_loop_warns_once(clock):
    """A sync retry that must sleep on a running loop's thread says so, once."""
    import asyncio

    retry = Retry(backoff=Fixed(0.001), name="blocking")

    async def main():
        for _ in range(2):
            retry.call(body_of(Failing(1)))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
    (warning,) = caught
    assert issubclass(warning.category, resilience.ResilienceWarning)
    assert "blocking" in str(warning.message)
    assert "acall" in str(warning.message)


def test_durations_may_be_timedeltas(clock):
    """Durations are seconds or `timedelta`."""
    minute = dt.timedelta(minutes=1)
    with pytest.raises(ConnectionError):
        Retry(backoff=Fixed(minute), max_elapsed=2 * minute, clock=clock).call(body_of(Failing(9)))
    assert clock.slept == [60, 60]


BAD = [
    {"attempts": 0},
    {"attempts": -1},
    {"attempts": True},
    {"attempts": 2.0},
    {"attempts": "3"},
    {"attempts": None},
    {"on": 3},
    {"on": "ConnectionError"},
    {"on": KeyboardInterrupt},
    {"on": (ConnectionError, 3)},
    {"ignore": 3},
    {"on_result": 3},
    {"backoff": "fast"},
    {"backoff": 3},
    {"backoff": []},
    {"backoff": [-1]},
    {"backoff": iter([1, 2])},
    {"delay_from": 3},
    {"max_server_delay": -1},
    {"max_server_delay": float("nan")},
    {"max_elapsed": 0},
    {"max_elapsed": float("inf")},
    {"max_elapsed": True},
    {"budget": 3},
    {"retry_exhausted": 1},
    {"on_retry": 3},
    {"on_superseded": 3},
    {"name": 3},
    {"name": "two\nlines"},
    {"name": ""},
    {"clock": 3},
    {"random": 3},
]


@pytest.mark.parametrize("options", BAD, ids=repr)
def test_row_54_bad_options_name_themselves(options):
    """Each bad option is refused at construction by name, value and what is allowed."""
    (option, value), *_ = options.items()
    with pytest.raises((ValueError, TypeError)) as caught:
        Retry(**options)
    assert option in str(caught.value)
    if not hasattr(value, "__next__"):
        assert repr(value).strip("[]") in str(caught.value)


@pytest.mark.parametrize("option", ["on", "ignore", "on_result", "delay_from", "on_retry", "backoff"])
def test_coroutine_functions_are_refused_as_logic(option):
    """A coroutine function there would be true whatever it answers."""

    async def answer(*args):
        return False

    with pytest.raises(TypeError, match="nobody would await"):
        Retry(**{option: answer})


def test_snapshot_and_repr():
    """What it is, at a glance."""
    retry = Retry(attempts=4, name="rates-retry", budget=resilience.RetryBudget(min_per_second=1))
    assert retry.snapshot().as_dict() == {"name": "rates-retry", "attempts": 4, "max_elapsed": None, "balance": 10.0}
    assert repr(retry) == f"<Retry 'rates-retry' attempts=4 backoff={Exponential()!r}>"
    assert "max_elapsed=5" in repr(Retry(attempts=None, max_elapsed=5))
