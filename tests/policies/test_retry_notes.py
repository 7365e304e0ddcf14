"""Retry: what an error remembers, to the letter: its note, its attempts, and what becomes of those of others."""

import pytest

import resilience
from resilience import Fixed, Retry, RetryBudget, deadline, history
from resilience._history import Attempt
from resilience.testing import FakeClock


@pytest.fixture
def clock():
    return FakeClock(start=1000.0)


def failing_with(*outcomes):
    """A function that raises, or gives, one after the other, and then the last for ever."""
    left = list(outcomes)

    def body():
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return body


def raised(policy, body, kind=ConnectionError):
    with pytest.raises(kind) as caught:
        policy.call(body)
    return caught.value


def facts(error):
    return [(attempt.number, attempt.error, attempt.elapsed, attempt.delay) for attempt in history(error)]


def test_the_note_and_the_attempts(clock):
    """Numbers, errors, times since the call began, waits after each."""
    first, last = ConnectionError("first"), ConnectionError("last")
    policy = Retry(3, backoff=[2, 3], name="notes-plain", clock=clock)
    assert raised(policy, failing_with(first, OSError("second"), last)) is last
    assert last.__notes__ == ["resilience: notes-plain: gave up after 3 attempts in 5 s (attempts)"]
    assert [(number, str(error), elapsed, delay) for number, error, elapsed, delay in facts(last)] == [
        (1, "first", 0.0, 2.0),
        (2, "second", 2.0, 3.0),
        (3, "last", 5.0, None),
    ]
    assert history(last)[2].error is last
    assert first.__traceback__ is None


@pytest.mark.parametrize(
    ("options", "reason", "attempts"),
    [
        ({"attempts": 1}, "attempts", "1 attempt in 0 s"),
        ({"max_elapsed": 3}, "max_elapsed", "2 attempts in 2 s"),
        ({"budget": lambda clock: RetryBudget(0.0, min_per_second=0, clock=clock)}, "budget", "1 attempt in 0 s"),
        ({"delay_from": lambda outcome: Retry.STOP}, "stop", "1 attempt in 0 s"),
        ({"delay_from": lambda outcome: 61}, "server delay", "1 attempt in 0 s"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_why_it_gave_up(clock, options, reason, attempts):
    """Each reason in its words."""
    made = {name: value(clock) if name == "budget" else value for name, value in options.items()}
    policy = Retry(**{"attempts": 9, "backoff": Fixed(2), "name": f"notes-{reason[:6]}", "clock": clock} | made)
    error = raised(policy, failing_with(ConnectionError("down")))
    assert error.__notes__ == [f"resilience: {policy.name}: gave up after {attempts} ({reason})"]


def test_why_it_gave_up_at_the_deadline(clock):
    """Before a sleep that would not fit; and when time ran out in it."""
    policy = Retry(9, backoff=Fixed(2), name="notes-deadline", clock=clock)
    with deadline(5, clock=clock):
        error = raised(policy, failing_with(ConnectionError("down")))
    assert error.__notes__ == ["resilience: notes-deadline: gave up after 3 attempts in 4 s (deadline)"]
    assert [delay for *_, delay in facts(error)] == [2.0, 2.0, None]
    with deadline(2, clock=clock):
        error = raised(policy, failing_with(ConnectionError("down")))
    assert error.__notes__ == ["resilience: notes-deadline: gave up after 1 attempt in 0 s (deadline)"]


def test_a_later_attempt_that_is_not_retried(clock):
    """The note says at which, and after how long."""
    last = ValueError("fatal")
    policy = Retry(5, on=ConnectionError, backoff=Fixed(2), name="notes-other", clock=clock)
    assert raised(policy, failing_with(ConnectionError("down"), last), ValueError) is last
    assert last.__notes__ == ["resilience: notes-other: not retried at attempt 2 after 2 s"]
    assert [(number, elapsed, delay) for number, _, elapsed, delay in facts(last)] == [(1, 0.0, 2.0), (2, 2.0, None)]
    assert history(last)[1].error is last
    first = ValueError("at once")
    assert raised(policy, failing_with(first), ValueError) is first
    assert not hasattr(first, "__notes__")
    assert history(first) == ()


def test_notes_of_others_stay_and_ours_is_replaced(clock):
    """In their order; the newest of ours last."""
    error = ConnectionError("down")
    error.add_note("a note of its owner")
    inner = Retry(2, backoff=Fixed(0), name="notes-inner", clock=clock)
    outer = Retry(2, backoff=Fixed(0), name="notes-outer", retry_exhausted=True, clock=clock)
    raised(outer, inner(failing_with(error)))
    assert error.__notes__ == [
        "a note of its owner",
        "resilience: notes-outer: gave up after 2 attempts in 0 s (attempts)",
    ]


def test_of_many_attempts_the_last_sixteen_are_kept(clock):
    """Whatever their number; the notes between are bounded."""
    for attempts in (16, 17, 70, 200):
        policy = Retry(attempts, backoff=Fixed(1), clock=clock)
        error = raised(policy, failing_with(ConnectionError("down")))
        numbers = [attempt.number for attempt in history(error)]
        assert numbers == list(range(max(1, attempts - 15), attempts + 1))


def test_bad_results_have_no_error(clock):
    """A last error after bad results; a last bad result is given."""
    policy = Retry(3, on_result=lambda value: value == "bad", backoff=Fixed(1), clock=clock)
    error = raised(policy, failing_with("bad", "bad", ConnectionError("down")))
    assert [(number, cause) for number, cause, *_ in facts(error)] == [(1, None), (2, None), (3, error)]
    assert policy.call(failing_with("bad")) == "bad"
    assert policy.call(failing_with("bad", "good")) == "good"


def test_what_on_retry_hears(clock):
    """The event of each retry, with every field, also when nobody else listens."""
    heard = []
    policy = Retry(
        3,
        backoff=Fixed(2),
        on_retry=heard.append,
        on_result=lambda value: value == "bad",
        delay_from=lambda outcome: 3 if outcome.error is None else None,
        name="notes-heard",
        clock=clock,
        random=lambda: 0.0,
    )
    error = ConnectionError("down")
    assert policy.call(failing_with(error, "bad", "good")) == "good"
    at = {"policy": "notes-heard", "key": None}
    assert [event.as_dict() for event in heard] == [
        {**at, "at": 1000.0, "attempt": 1, "delay": 2.0, "elapsed": 0.0, "error": error, "server_delay": False},
        {**at, "at": 1002.0, "attempt": 2, "delay": 3.0, "elapsed": 2.0, "error": None, "server_delay": True},
    ]


def test_what_delay_from_is_asked(clock):
    """The outcome of each attempt: its number, its error or value, the time since the call began."""
    asked = []

    def delay_from(outcome):
        asked.append((outcome.attempt, outcome.error, outcome.value, outcome.elapsed))

    error = ConnectionError("down")
    policy = Retry(3, backoff=Fixed(2), on_result=lambda value: value == "bad", delay_from=delay_from, clock=clock)
    policy.call(failing_with(error, "bad", "good"))
    assert asked == [(1, error, None, 0.0), (2, None, "bad", 2.0)]


def test_the_jitter_of_a_named_delay(clock):
    """Up to a tenth; but half of the room that is left, at the most."""
    policy = Retry(2, delay_from=lambda outcome: 10, max_server_delay=10, clock=clock, random=lambda: 0.5)
    raised(policy, failing_with(ConnectionError("down")))
    assert clock.slept.pop() == pytest.approx(10.5)
    for room, wait in ((10.4, 10.2), (12.0, 10.5)):
        policy = Retry(2, delay_from=lambda outcome: 10, max_elapsed=room, clock=clock, random=lambda: 0.5)
        raised(policy, failing_with(ConnectionError("down")))
        assert clock.slept.pop() == pytest.approx(wait)


def test_values_that_a_retry_replaces_are_let_go(clock):
    """Each bad result once, in order; never the last, nor errors."""
    gone = []
    policy = Retry(4, backoff=Fixed(1), on_result=lambda value: value < 0, on_superseded=gone.append, clock=clock)
    assert policy.call(failing_with(-1, ConnectionError("down"), -2, -3)) == -3
    assert gone == [-1, -2]


def test_an_attempt_is_a_record():
    """With no delay, if it is not told."""
    assert Attempt(number=1, error=None, elapsed=2.0).delay is None
    assert resilience.history(ValueError()) == ()
