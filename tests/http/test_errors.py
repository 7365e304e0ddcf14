"""Errors that a client raises are ours and httpx's at once, and below neither of the classes that SDKs repeat."""

from __future__ import annotations

import copy
import pickle

import pytest
from tests.origins import Origin, answer, closed_port

from resilience import CircuitBreaker, CircuitOpenError, Consecutive, RejectedError, ResilienceError
from resilience import errors as ours

NAMES = ["CircuitOpenError", "RateLimitedError", "BulkheadFullError", "RejectedError", "CallTimeoutError"]


@pytest.mark.parametrize("name", NAMES)
def test_each_error_is_ours_and_an_http_error_and_nothing_in_between(package, guards, name):
    """`except httpx.HTTPError` goes on working; `RequestError` would make an SDK send the request again."""
    kind = getattr(guards, name)
    assert issubclass(kind, getattr(ours, name))
    assert issubclass(kind, package.HTTPError)
    assert not issubclass(kind, package.RequestError)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "duplicate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"]
)
def test_each_error_can_be_copied_and_pickled(package, guards, name, duplicate):
    """Class, text, fields and the request survive."""
    fields = {"policy": "p"} if name == "CallTimeoutError" else {"policy": "p", "retry_after": 2.5, "reason": "open"}
    error = getattr(guards, name)("no", **fields)
    error.request = package.Request("GET", "https://example.org/")
    twin = duplicate(error)
    assert (type(twin), str(twin), twin.policy) == (type(error), "no", "p")
    assert getattr(twin, "retry_after", None) == getattr(error, "retry_after", None)
    assert twin.request.url == "https://example.org/"


def test_an_open_circuit_is_an_http_error_with_its_cause(users, skipping):
    """It says for how long, what opened it, and for which request it was raised."""

    def story(client):
        url = f"http://127.0.0.1:{closed_port()}/"
        with pytest.raises(users.package.ConnectError):
            yield client.get(url)
        with pytest.raises(users.package.HTTPError) as caught:
            yield client.get(url)
        error = caught.value
        assert isinstance(error, CircuitOpenError)
        assert (error.reason, error.request.url) == ("open", url)
        assert error.retry_after > 9
        assert isinstance(error.__cause__, users.package.ConnectError)

    breaker = CircuitBreaker("own", trip=Consecutive(1), reset_timeout=10)
    users.run(story, clock=skipping, breaker=breaker, attempts=1)


def test_refusals_are_not_retried(users, skipping):
    """Nobody waits in front of an open circuit, and no budget pays for it."""

    def story(client):
        for _ in range(3):
            with pytest.raises(RejectedError):
                yield client.get(origin.url)

    breaker = CircuitBreaker("own", initial_state="open")
    with Origin() as origin:
        users.run(story, clock=skipping, breaker=breaker)
    assert (origin.count(), skipping.slept) == (0, [])


def test_a_refusal_leaves_no_frames_behind(users, skipping):
    """A thousand refusals in a row: the traceback of the last is as deep as that of the first."""

    def depth(error):
        count, frame = 0, error.__traceback__
        while frame is not None:
            count, frame = count + 1, frame.tb_next
        return count

    def story(client):
        depths = []
        for _ in range(200):
            with pytest.raises(CircuitOpenError) as caught:
                yield client.get("http://origin/")
            depths.append(depth(caught.value))
            assert caught.value.__context__ is None or depth(caught.value.__context__) < 60
        assert len(set(depths)) == 1

    breaker = CircuitBreaker("own", initial_state="open", clock=skipping)
    users.run(story, transport=users.mock(lambda request: None), clock=skipping, breaker=breaker)


def test_errors_of_the_transport_stay_what_they_are(users, skipping):
    """An error that is not ours is neither changed nor wrapped."""

    class OddError(Exception):
        """Raised by a transport that somebody wrote."""

    def odd(request):
        raise OddError("odd")

    def story(client):
        with pytest.raises(OddError) as caught:
            yield client.get("http://origin/")
        assert not isinstance(caught.value, ResilienceError)

    users.run(story, transport=users.mock(odd), clock=skipping)
    assert skipping.slept == []


def test_a_refusal_from_within_is_flavoured_too(users, skipping):
    """A policy of ours inside the inner transport refuses: it goes through as it is, as an `HTTPError`, uncounted."""

    def refuse(request):
        raise ours.BulkheadFullError("full", policy="inner", reason="full")

    def story(client):
        with pytest.raises(users.guards.BulkheadFullError) as caught:
            yield client.get("http://origin/")
        assert (caught.value.policy, caught.value.reason) == ("inner", "full")
        (state,) = client.snapshot().origins
        assert (state.breaker.failures, state.attempts) == (0, 1)

    users.run(story, transport=users.mock(refuse), clock=skipping)


def test_row_58_no_error_shows_a_secret(users, skipping):
    """Userinfo, query and headers of a request appear in no message, note or representation of ours."""
    canary = "c4n4ry"

    def story(client):
        with Origin(then=answer(500)) as origin:
            url = f"http://{canary}:{canary}@127.0.0.1:{origin.port}/{canary}?token={canary}"
            for _ in range(2):
                try:
                    yield client.get(url, headers={"Authorization": canary})
                except CircuitOpenError as error:
                    shown = [str(error), repr(error), *getattr(error, "__notes__", ())]
                    assert canary not in " ".join(shown)
            assert canary not in repr(client.snapshot())
            assert canary not in repr(client._transport)

    users.run(story, clock=skipping, attempts=1, breaker=CircuitBreaker("own", trip=Consecutive(1)))
