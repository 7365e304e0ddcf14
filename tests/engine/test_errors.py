"""Errors: their tree, what they carry, and that they pickle."""

import copy
import pickle
import threading

import pytest

import resilience
from resilience import CircuitBreaker, errors
from resilience._outcome import duplicate

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ResilienceError)]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_pickle_whole(kind):
    """Type, text and every attribute survive; so they do a copy."""
    error = kind("what happened", policy="payments")
    error.retry_after = 2.5
    error.add_note("a note")
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(same) is kind
        assert str(same) == "what happened"
        assert same.__dict__ == error.__dict__
    assert kind.__doc__
    assert str(kind()) == str(kind())


def test_the_tree():
    """One base; refusals below it; a timeout is also Python's."""
    assert issubclass(resilience.CallTimeoutError, TimeoutError)
    for refusal in (resilience.CircuitOpenError, resilience.RateLimitedError, resilience.BulkheadFullError):
        assert issubclass(refusal, resilience.RejectedError)
    assert issubclass(resilience.RejectedError, resilience.ResilienceError)
    assert issubclass(resilience.ResilienceWarning, UserWarning)
    error = resilience.CallTimeoutError("late", seconds=3)
    assert (error.seconds, error.reason, repr(error)) == (3, "timeout", "CallTimeoutError('late')")


def test_each_refusal_is_a_new_instance(clock):
    """Two refusals are two errors, and neither's traceback grows."""
    breaker = CircuitBreaker(clock=clock)
    breaker.open()
    seen = []
    for _ in range(3):
        with pytest.raises(resilience.CircuitOpenError) as caught:
            breaker.call(int)
        depth, link = 0, caught.value.__traceback__
        while link is not None:
            depth, link = depth + 1, link.tb_next
        seen.append((caught.value, depth))
    assert len({id(error) for error, _ in seen}) == 3
    assert len({depth for _, depth in seen}) == 1


def test_row_12_ten_thousand_refusals_stay_short(clock):
    """The cause that refusals carry does not grow with them."""
    breaker = CircuitBreaker(trip=resilience.Consecutive(1), clock=clock)
    with pytest.raises(ConnectionError):
        breaker.call(lambda: (_ for _ in ()).throw(ConnectionError("first")))
    for _ in range(10_000):
        try:
            breaker.call(int)
        except resilience.CircuitOpenError as error:
            last = error
    assert str(last.__cause__) == "first"
    assert last.__cause__.__traceback__ is None
    assert last.__cause__.__context__ is None


def test_a_cause_that_cannot_be_copied(clock):
    """An error whose class needs more than its arguments is told by its text."""

    class Odd(ConnectionError):
        def __new__(cls, a, b):
            return super().__new__(cls, "odd")

        def __init__(self, a, b):
            super().__init__("odd")

    breaker = CircuitBreaker(trip=resilience.Consecutive(1), clock=clock)
    with pytest.raises(Odd):
        breaker.call(lambda: (_ for _ in ()).throw(Odd(1, 2)))
    with pytest.raises(resilience.CircuitOpenError) as caught:
        breaker.call(int)
    assert "odd" in str(caught.value.__cause__)


def test_errors_cross_processes_and_threads():
    """What a thread raised is what its caller sees."""
    seen = []

    def run():
        try:
            raise resilience.BulkheadFullError("full", policy="p", retry_after=1.0, reason="no slot")
        except resilience.RejectedError as error:
            seen.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen[0].reason == "no slot"


def test_an_error_whose_copy_is_something_else():
    """It has no duplicate: another class would be caught by another `except`."""

    class Odd(Exception):
        def __reduce__(self):
            return ValueError, ("odd",)

    assert duplicate(Odd()) is None
