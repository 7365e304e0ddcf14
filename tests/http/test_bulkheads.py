"""Clients that bound how many attempts are under way at one origin."""

import pytest
from tests.origins import Origin, answer

from resilience import AIMD, AdaptiveLimit, Bulkhead, BulkheadFullError, Fixed, Throttle
from resilience.http import Origins


def test_a_full_bulkhead_refuses_in_the_clients_own_errors(users):
    """The refusal is ours, an error of the package, no failure of the origin, and nothing is sent."""
    bulkhead = Bulkhead(1)

    def story(client):
        permit = bulkhead.acquire()
        with pytest.raises(BulkheadFullError) as caught:
            yield client.get(origin.url)
        permit.release()
        assert isinstance(caught.value, users.package.HTTPError)
        assert not isinstance(caught.value, users.package.RequestError)
        (state,) = client.snapshot().origins
        assert state.breaker.failures == 0
        assert origin.count() == 0
        assert (yield client.get(origin.url)).status_code == 200

    with Origin() as origin:
        users.run(story, bulkhead=bulkhead)
    assert bulkhead.snapshot().active == 0


def test_each_attempt_takes_a_place_and_gives_it_back(users):
    """Retries as well; a place is not held during the wait between them."""
    bulkhead = Bulkhead(1)

    def story(client):
        assert (yield client.get(origin.url)).status_code == 200
        assert origin.count() == 2

    with Origin(answer(503)) as origin:
        users.run(story, bulkhead=bulkhead, backoff=Fixed(0))
    assert (bulkhead.snapshot().admitted, bulkhead.snapshot().active) == (2, 0)


def test_a_bad_answer_teaches_an_adaptive_limit(users):
    """It is a failure there, and is given to the caller as it is all the same."""
    limit = AdaptiveLimit(AIMD(), initial=10)

    def story(client):
        response = yield client.get(origin.url)
        assert (response.status_code, response.content) == (503, b"full")
        assert limit.snapshot().dropped == 1
        assert (yield client.get(f"{origin.url}/missing")).status_code == 404
        assert limit.snapshot().dropped == 1

    with Origin(answer(503, b"full"), then=answer(404)) as origin:
        users.run(story, bulkhead=limit, attempts=1, breaker=None)


def test_each_origin_has_one_of_its_own(users):
    """Made by a function of the origin's label."""
    made = []

    def bulkhead(label):
        made.append(Throttle(name=label))
        return made[-1]

    def story(client):
        for url in (first.url, second.url, first.url):
            yield client.get(url)

    with Origin() as first, Origin() as second:
        users.run(story, bulkhead=bulkhead)
        assert [policy.name.partition("#")[0] for policy in made] == [first.url, second.url]


@pytest.mark.parametrize(("wrong", "kind"), [("five", "a Bulkhead"), (lambda label: 5, "a function that gives")])
def test_row_54_what_is_no_bulkhead_is_refused(wrong, kind):
    """By name, with what to give."""
    with pytest.raises(TypeError, match=f"bulkhead=.*must be {kind}"):
        Origins(bulkhead=wrong).of(__import__("httpx").URL("http://a/"))
