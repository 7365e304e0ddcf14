"""Options of transports, clients and single requests, and what they refuse."""

from __future__ import annotations

import pytest
from tests.origins import Origin, answer, close_before_headers, die_mid_body

from resilience import CircuitBreaker, Fixed, RetryBudget
from resilience.http import Origins
from resilience.http._plan import RETRY_STATUSES, Plan


def ask(users, origin, extension, method="GET", **options):
    """One request with this extension; what came of it, and how many the origin saw."""

    def story(client):
        response = yield client.request(method, origin.url, extensions={"resilience": extension})
        return response.status_code

    options.setdefault("backoff", Fixed(0))
    status = users.run(story, **options)
    return status, origin.count()


def test_one_request_may_have_its_own_numbers(users):
    """More attempts, other statuses, the caller's word: for this request alone."""
    with Origin(then=answer(502)) as origin:
        assert ask(users, origin, {"attempts": 5}) == (502, 5)
    with Origin(answer(404), then=answer(200)) as origin:
        assert ask(users, origin, {"retry_statuses": {404}}) == (200, 2)
    with Origin(answer(500), then=answer(200)) as origin:
        assert ask(users, origin, {"idempotent": True}, "POST") == (200, 2)
    with Origin(answer(500), then=answer(200)) as origin:
        assert ask(users, origin, {"idempotent": False}) == (500, 1)
    with Origin(answer(500), then=answer(200)) as origin:
        assert ask(users, origin, True) == (200, 2)


def test_one_request_may_go_without_any_guard(users):
    """`False`: no retry, no breaker, no state; `guarded: False` leaves out the breaker alone."""
    with Origin(then=answer(503)) as origin:
        assert ask(users, origin, False) == (503, 1)
        opened = CircuitBreaker("own", initial_state="open")
        assert ask(users, origin, {"guarded": False, "attempts": 1}, breaker=opened) == (503, 2)
        assert ask(users, origin, False, breaker=opened) == (503, 3)


@pytest.mark.parametrize(
    ("extension", "complaint"),
    [
        ({"attempt": 1}, "did you mean 'attempts'"),
        ({"attempts": 0}, "attempts=0"),
        ({"attempts": True}, "attempts=True"),
        ({"attempt_timeout": float("nan")}, "attempt_timeout=nan"),
        ({"max_server_delay": -1}, "max_server_delay=-1"),
        ({"retry_statuses": "503"}, "retry_statuses='503'"),
        ({"retry_statuses": [200]}, "retry_statuses=200"),
        ({"verdict": "footers"}, "verdict='footers'"),
        ({"idempotent": "yes"}, "idempotent='yes'"),
        ({"guarded": None}, "guarded=None"),
        ({1: 2}, "1 is no option of a request"),
        ("off", "resilience='off'"),
    ],
)
def test_row_54_nonsense_is_refused_before_a_byte_is_sent(users, extension, complaint):
    """The message names the option, the value and what there is."""
    with Origin() as origin:
        with pytest.raises((TypeError, ValueError), match=complaint):
            ask(users, origin, extension)
        assert origin.count() == 0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"atempts": 1}, "did you mean 'attempts'"),
        ({"attempts": 0}, "attempts=0"),
        ({"total_timeout": 0}, "total_timeout=0"),
        ({"backoff": "fast"}, "backoff"),
        ({"breaker": "none"}, "breaker='none'"),
        ({"budget": 5}, "budget"),
        ({"max_origins": 0}, "max_origins=0"),
        ({"name": "a\nb"}, "name="),
        ({"clock": 5}, "clock=5: must have now"),
        ({"random": 5}, "random=5"),
    ],
)
def test_row_54_options_are_checked_when_they_are_given(options, complaint):
    """Not at the first request."""
    with pytest.raises((TypeError, ValueError), match=complaint):
        Origins(**options)


def test_makers_are_checked_when_they_are_asked(package):
    """A function that gives no breaker is told so."""
    with pytest.raises(TypeError, match="gives a CircuitBreaker"):
        Origins(breaker=lambda origin: None).of(package.URL("http://origin/"))


def test_defaults_are_those_of_the_contract():
    """Three attempts, the six statuses, ten seconds each; 501 and 505 are never retried, whoever asks."""
    plan = Plan()
    assert (plan.attempts, plan.attempt_timeout, plan.total_timeout, plan.max_server_delay) == (3, 10.0, None, 60.0)
    assert plan.retry_statuses == RETRY_STATUSES == {408, 429, 500, 502, 503, 504}
    assert plan.changed({"retry_statuses": [500, 501, 505]}).retry_statuses == {500}


def test_what_is_given_is_used(users):
    """A breaker of one's own maker, a budget that is shared, no breaker, no budget, a name."""
    budget = RetryBudget(0, min_per_second=0)
    with Origin(then=answer(500)) as origin:
        assert ask(users, origin, None, budget=budget) == (500, 1)
        assert budget.refused == 1
        assert ask(users, origin, None, budget=None, breaker=None) == (500, 4)

    def story(client):
        yield client.get(origin.url)
        (state,) = client.snapshot().origins
        assert state.origin == f"shop http://127.0.0.1:{origin.port}"
        assert state.breaker.name.startswith("a breaker")
        return state

    with Origin() as origin:
        state = users.run(story, name="shop", breaker=lambda name: CircuitBreaker("a breaker"))
    assert (state.requests, state.attempts) == (1, 1)


def test_verdicts_at_the_headers_leave_the_body_to_its_reader(users):
    """With `verdict="headers"` a body that dies is no failure, and no reason for another attempt."""

    def story(client):
        with pytest.raises(users.package.RemoteProtocolError):
            yield client.get(origin.url)
        (state,) = client.snapshot().origins
        assert (state.breaker.failures, state.attempts) == (0, 1)

    with Origin(then=die_mid_body()) as origin:
        users.run(story, verdict="headers")


def test_a_transport_tells_what_does_not_fit(package, guards):
    """The wrong world, the other package, a guard around a guard, options beside `origins`."""
    with pytest.raises(TypeError, match=f"{package.__name__}.BaseTransport"):
        guards.ResilientTransport(package.AsyncHTTPTransport())
    with pytest.raises(TypeError, match="AsyncBaseTransport"):
        guards.AsyncResilientTransport(package.HTTPTransport())
    with pytest.raises(TypeError, match="guarded already"):
        guards.ResilientTransport(guards.ResilientTransport())
    with pytest.raises(TypeError, match="guarded already"):
        guards.Client(transport=guards.ResilientTransport())
    with pytest.raises(TypeError, match=r"give attempts to Origins\(\) instead"):
        guards.ResilientTransport(origins=Origins(), attempts=2)
    with pytest.raises(TypeError, match=r"give attempts to Origins\(\) instead"):
        guards.Client(origins=Origins(), attempts=2)
    for kind in (guards.ResilientTransport, guards.Client, guards.AsyncClient):
        with pytest.raises(TypeError, match="origins=5: must be an Origins"):
            kind(origins=5)
    with pytest.raises(TypeError, match="unheard_of"):
        guards.Client(unheard_of=1)


def test_switched_off_in_tests_nothing_is_guarded(users):
    """Inside `resilience.testing.disabled()` each request goes straight out, past an open circuit too."""
    from resilience.testing import disabled

    opened = CircuitBreaker("own", initial_state="open")
    with disabled(), Origin(close_before_headers, then=answer(503)) as origin:
        with pytest.raises(users.package.RemoteProtocolError):
            ask(users, origin, None, breaker=opened)
        assert ask(users, origin, None, breaker=opened) == (503, 2)
