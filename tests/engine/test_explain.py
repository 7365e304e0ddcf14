"""Errors in plain words."""

import pytest

import resilience
from resilience import CallTimeoutError, CircuitBreaker, Fixed, Pipeline, RateLimitedError, Retry
from resilience.testing import FakeClock


def explained(policy, body):
    with pytest.raises(Exception) as caught:
        policy.call(body)
    return resilience.explain(caught.value)


def test_the_attempts_behind_an_error():
    """Each with its time, its error and the wait after it, and why there was no other."""

    def body():
        raise ConnectionError("reset\nby peer")

    policy = Retry(attempts=2, backoff=Fixed(2), name="fetch", clock=FakeClock())
    assert explained(policy, body) == (
        "ConnectionError: reset by peer\n"
        "  attempt 1, ended after 0 s: ConnectionError: reset by peer; then waited 2 s\n"
        "  attempt 2, ended after 2 s: this error; the last\n"
        f"  {policy.name}: gave up after 2 attempts in 2 s (attempts)"
    )


def test_a_refusal_and_what_opened_the_circuit():
    """Who refused, when to come again, and the failure behind it."""
    clock = FakeClock()
    breaker = CircuitBreaker(
        "payments", trip=resilience.Consecutive(1), reset_timeout=10, clock=clock, random=lambda: 0.0
    )

    def body():
        raise ConnectionError("down")

    explained(breaker, body)
    assert explained(breaker, body) == (
        f"CircuitOpenError: {breaker.name}: circuit open for 10 s more; the call was not made; try again then, or "
        "let a Fallback answer (docs/policies/circuit-breaker.md)\n"
        f"  refused by {breaker.name} (open); try again in 10 s\n"
        "behind it: ConnectionError: down"
    )


def test_a_timeout_and_a_refusal_that_knows_no_time():
    """A call that ran out of time was ended, not refused."""
    assert CallTimeoutError("slow", policy="total").explain() == "CallTimeoutError: slow\n  ended by total (timeout)"
    assert (
        RateLimitedError("no", policy="limit", reason="rate")
        .explain()
        .endswith("refused by limit (rate); nobody knows when it makes sense to try again")
    )


def test_bad_results_long_texts_and_rings():
    """A bad result has no error to name; a text of any length is cut; a ring of causes ends."""
    policy = Pipeline(Retry(attempts=2, on_result=bool, backoff=Fixed(0)), clock=FakeClock())
    answers = iter([True, ValueError("x" * 999)])

    def body():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    text = explained(policy, body)
    assert text.startswith("ValueError: " + "x" * 200 + "...\n")
    assert "attempt 1, ended after 0 s: a bad result; then waited 0 s" in text
    first, second = ValueError("a"), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert resilience.explain(first) == "ValueError: a\nbehind it: ValueError"


class Mute(Exception):
    """Cannot say what it is."""

    def __str__(self):
        raise LookupError


class Eager(Exception):
    """Has whatever it is asked for, and odd notes."""

    def __init__(self):
        self.__dict__["__notes__"] = 5

    def __getattr__(self, name):
        return lambda *_: name


@pytest.mark.parametrize(("error", "text"), [(Mute(), "Mute: <its text cannot be read>"), (Eager(), "Eager")])
def test_an_error_that_misbehaves_is_explained(error, text):
    """Who explains an error must not raise another one in its place."""

    def body():
        raise error

    assert resilience.explain(error) == text
    assert explained(Retry(attempts=2, backoff=Fixed(0)), body).startswith(text)


def test_an_error_of_ours_that_refuses_nothing():
    """It has no more to say than its text."""
    assert resilience.explain(resilience.ResilienceError("what it says")) == "ResilienceError: what it says"
