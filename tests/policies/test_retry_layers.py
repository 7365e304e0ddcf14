"""Retry: within another retry, what is given up on is not repeated."""

from unittest import mock

import pytest
from tests.policies.failing import Failing, body_of

import resilience
from resilience import Fixed, Pipeline, Retry, events
from resilience.testing import Recorder


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
