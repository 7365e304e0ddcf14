"""Hedged requests: which, how many, and what becomes of the answers that lose."""

from __future__ import annotations

import io
import time

import pytest
from tests.origins import Origin, answer, close_before_headers, unavailable

import resilience
from resilience import Hedge, Quantile, RetryBudget

SOON = 0.05


def slow(step, seconds=1.0):
    """A step that comes late."""

    def late(connection, request):
        if connection.pause(seconds):
            step(connection, request)

    return late


def hedges(client):
    """The snapshot of the one hedge of the one origin."""
    (origin,) = client.snapshot().origins
    (hedge,) = origin.hedges
    return hedge


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_row_28_a_slow_request_is_hedged(users, method):
    """A second request overtakes the first."""

    def story(client):
        begun = time.monotonic()
        response = yield client.request(method, origin.url)
        assert response.headers["answer"] == "second"
        assert response.extensions["resilience"]["attempts"] == 2
        assert time.monotonic() - begun < 1.5
        assert hedges(client).wins == (0, 1)

    with Origin(slow(answer(headers={"answer": "first"}), 2), answer(headers={"answer": "second"})) as origin:
        users.run(story, hedge=Hedge(SOON))


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_row_28_writes_are_not_hedged(users, method):
    """Not even those that a retry may repeat: of two DELETEs one finds nothing."""

    def story(client):
        response = yield client.request(method, origin.url)
        assert response.text == "first"

    with Origin(slow(answer(body="first"), 0.2), answer(body="second")) as origin:
        users.run(story, hedge=Hedge(SOON))
        assert origin.count() == 1


@pytest.mark.parametrize(
    "options",
    [{"headers": {"Idempotency-Key": "8e03"}}, {"extensions": {"resilience": {"idempotent": True}}}],
    ids=["key", "word"],
)
def test_row_28_writes_are_hedged_on_the_callers_word(users, options):
    """An `Idempotency-Key`, or `idempotent=True`; both requests carry the whole body."""

    def story(client):
        response = yield client.post(origin.url, content=b"x" * 1000, **options)
        assert response.text == "second"

    with Origin(slow(answer(body="first")), answer(body="second")) as origin:
        users.run(story, hedge=Hedge(SOON))
        assert [request.body_size for request in origin.requests] == [1000, 1000]


def test_row_28_a_body_that_two_cannot_read_is_not_hedged(users):
    """A file, which a retry would rewind, and a one-shot stream."""

    def story(client):
        bodies = [one_shot(users)] if users.world.is_async else [io.BytesIO(b"x" * 1000), one_shot(users)]
        for content in bodies:
            response = yield client.request("QUERY", origin.url, content=content)
            assert response.status_code == 200
        assert origin.count() == len(bodies)

    with Origin(then=slow(answer(), 0.2)) as origin:
        users.run(story, hedge=Hedge(SOON))


def one_shot(users):
    """A body of this world that can be read once."""
    if not users.world.is_async:
        return iter([b"x"])

    async def pieces():
        yield b"x"

    return pieces()


def test_a_form_with_fields_in_memory_is_hedged(users):
    """What is in memory can be sent twice at once."""

    def story(client):
        response = yield client.post(origin.url, data={"a": "1"}, headers={"Idempotency-Key": "1"})
        assert response.text == "second"

    with Origin(slow(answer(body="first")), answer(body="second")) as origin:
        users.run(story, hedge=Hedge(SOON))


def test_row_28_a_fast_bad_status_does_not_win(users):
    """A 503 is no answer while another may come."""

    def story(client):
        response = yield client.get(origin.url)
        assert (response.status_code, response.text) == (200, "first")

    with Origin(slow(answer(body="first"), 0.3), unavailable()) as origin:
        users.run(story, hedge=Hedge(SOON), attempts=1)


def test_row_28_an_early_fault_launches_the_next_at_once(users):
    """Long before the delay."""

    def story(client):
        response = yield client.get(origin.url)
        assert response.text == "second"

    with Origin(close_before_headers, answer(body="second")) as origin:
        users.run(story, hedge=Hedge(30), attempts=1)


def test_row_28_retry_after_is_a_pushback(users):
    """Who asks for time gets no hedge; the retry outside waits as it was told."""

    def story(client):
        response = yield client.get(origin.url)
        assert response.status_code == 503
        assert hedges(client).hedged == 0

    with Origin(unavailable("30")) as origin:
        users.run(story, hedge=Hedge(0.5), max_server_delay=1)
        assert origin.count() == 1


def test_all_bad(users):
    """The first bad answer is the request's, and the other one is closed."""

    def story(client):
        response = yield client.get(origin.url)
        assert (response.status_code, response.text) == (503, "one")

    with Origin(unavailable(body=b"one"), unavailable(body=b"two")) as origin:
        users.run(story, hedge=Hedge(30), attempts=1)
        assert origin.count() == 2


def test_a_retry_around_a_hedge(users, skipping):
    """Both attempts failed; the retry makes two more."""

    def story(client):
        response = yield client.get(origin.url)
        assert response.text == "third"

    with Origin(unavailable(), unavailable(), answer(body="third")) as origin:
        users.run(story, hedge=Hedge(30), attempts=2, clock=skipping)
        assert origin.count() == 3


def test_row_28_budgeted_by_the_origins_budget(users):
    """With nothing left the request goes on alone."""
    budget = RetryBudget(0, min_per_second=0)

    def story(client):
        response = yield client.get(origin.url)
        assert response.text == "first"
        assert hedges(client).refused == 1

    with Origin(slow(answer(body="first"), 0.2), answer(body="second")) as origin:
        users.run(story, hedge=Hedge(SOON), budget=budget)
        assert (budget.refused, origin.count()) == (1, 1)


def test_a_hedge_may_have_a_budget_of_its_own(users):
    """Then the origin's is not asked."""
    own = RetryBudget(1, min_per_second=0)

    def story(client):
        response = yield client.get(origin.url)
        assert response.text == "second"

    with Origin(slow(answer(body="first")), answer(body="second")) as origin:
        users.run(story, hedge=Hedge(SOON, budget=own), budget=RetryBudget(0, min_per_second=0))
        assert own.granted == 1


def test_the_retrys_books_are_kept_once(users):
    """One request earns what one request earns, hedged or not."""
    budget = RetryBudget(0.5, min_per_second=0)

    def story(client):
        yield client.get(origin.url)
        (state,) = client.snapshot().origins
        assert state.budget == budget.balance() == 0.5

    with Origin() as origin:
        users.run(story, hedge=Hedge(30), budget=budget)


def test_row_27_the_losers_response_is_closed(users):
    """A streamed answer that comes too late gives its connection back: the pool of two serves twenty more requests."""

    def story(client):
        for _ in range(20):
            response = yield users.stream(client, "GET", origin.url)
            assert response.status_code == 200
            yield users.read(response)
            yield users.close(response)

    limits = users.package.Limits(max_connections=2)
    with Origin(then=slow(answer(), 0.01)) as origin:
        users.run(story, hedge=Hedge(0), limits=limits, timeout=5, budget=None)
        assert origin.count() >= 20


def test_row_27_a_cancelled_loser_counts_for_nothing(users):
    """The breaker hears of the winner only."""

    def story(client):
        yield client.get(origin.url)
        (state,) = client.snapshot().origins
        assert (state.breaker.state, state.breaker.failures, state.attempts, state.requests) == ("closed", 0, 2, 1)

    with Origin(slow(answer(), 0.3), answer()) as origin:
        users.run(story, hedge=Hedge(SOON))


def test_each_origin_learns_for_itself(users):
    """One pattern, an estimate for each origin."""

    def story(client):
        for _ in range(3):
            yield client.get(one.url)
        yield client.get(two.url)
        snapshots = [origin.hedges[0] for origin in client.snapshot().origins]
        assert [(hedge.calls, hedge.delay is None) for hedge in snapshots] == [(3, False), (1, True)]

    with Origin() as one, Origin() as two:
        users.run(story, hedge=Hedge(Quantile(min_calls=3)))


def test_one_request_may_differ(users):
    """`hedge` is an option of a request like the others."""

    def story(client):
        response = yield client.get(origin.url, extensions={"resilience": {"hedge": Hedge(SOON)}})
        assert response.text == "second"
        response = yield client.get(origin.url)
        assert response.text == "third"

    with Origin(slow(answer(body="first")), answer(body="second"), slow(answer(body="third"), 0.2)) as origin:
        users.run(story)
        assert origin.count() == 3


def test_an_own_judgement_is_obeyed(users):
    """`on` and `on_result` of the hedge beat what HTTP says."""

    def story(client):
        response = yield client.get(origin.url)
        assert response.text == "rows"

    with Origin(answer(body=""), answer(body="rows")) as origin:
        hedge = Hedge(30, on=OSError, on_result=lambda response: response.headers["content-length"] == "0")
        users.run(story, hedge=hedge)


def test_the_deadline_ends_all_attempts(users):
    """Nobody waits past it."""

    def story(client):
        with resilience.deadline(0.3), pytest.raises(resilience.CallTimeoutError):
            yield client.get(origin.url)

    with Origin(then=slow(answer(), 5)) as origin:
        begun = time.monotonic()
        users.run(story, hedge=Hedge(SOON), attempts=1)
        assert time.monotonic() - begun < 4


@pytest.mark.parametrize("wrong", [0.5, True, "0.5", Quantile()])
def test_wrong_options_are_named(users, wrong):
    """With what is right."""
    with pytest.raises(TypeError, match="hedge=.*must be a Hedge or None, e.g. hedge=Hedge"):
        users.transport(users.inner(), hedge=wrong)
