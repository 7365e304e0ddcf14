"""What is sent again, what is not, and after how long."""

from __future__ import annotations

import email.utils
import time

import pytest
from tests.origins import (
    Origin,
    answer,
    certificates,
    close_before_headers,
    closed_port,
    die_mid_body,
    die_mid_chunk,
    echo,
    garbage,
    reset_after_headers,
    reset_before_headers,
    unavailable,
)

from resilience import Fixed

FAULTS = {
    "reset": reset_before_headers,
    "close": close_before_headers,
    "reset after headers": reset_after_headers,
    "short body": die_mid_body(),
    "short chunk": die_mid_chunk,
    "garbage": garbage,
    **{str(status): answer(status) for status in (408, 429, 500, 502, 503, 504)},
}
EVERY_FAULT = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@EVERY_FAULT
def test_row_06_idempotent_requests_survive_every_fault(users, skipping, fault):
    """Two faults, then an answer: three requests, and the caller sees the answer. A body that dies counts as well."""

    def story(client):
        response = yield client.put(origin.url, content=b"data")
        assert (response.status_code, response.json()["size"]) == (200, 4)

    with Origin(fault, fault, then=echo()) as origin:
        users.run(story, clock=skipping, backoff=Fixed(0.5))
    assert (origin.count(), skipping.slept) == (3, [0.5, 0.5])


@EVERY_FAULT
def test_row_03_no_fault_makes_a_write_happen_twice(users, skipping, fault):
    """Whatever goes wrong once it was sent: the origin has seen it once, and the caller sees what went wrong."""

    def story(client):
        try:
            response = yield client.post(origin.url, content=b"data")
        except users.package.TransportError:
            return
        assert response.status_code >= 400

    with Origin(fault, then=echo()) as origin:
        users.run(story, clock=skipping)
    assert (origin.count(), skipping.slept) == (1, [])


@EVERY_FAULT
def test_row_03_a_key_makes_a_write_repeatable(users, skipping, fault):
    """With an `Idempotency-Key` the server knows the second one for what it is: the same key each time."""

    def story(client):
        response = yield client.post(origin.url, content=b"data", headers={"Idempotency-Key": "8e03"})
        assert response.status_code == 200

    with Origin(fault, then=echo()) as origin:
        users.run(story, clock=skipping)
    assert [request.header("idempotency-key") for request in origin.requests] == ["8e03", "8e03"]


def test_a_request_of_which_not_a_byte_was_sent_may_be_sent_again(users, skipping):
    """The origin is down when a POST comes and up after the first wait: it is sent once, and answered."""
    with Origin(then=echo()) as origin:
        origin.refuse()
        skipping.on_sleep = origin.listen

        def story(client):
            response = yield client.post(origin.url, content=b"data")
            assert response.json()["size"] == 4

        users.run(story, clock=skipping)
        assert (origin.count(), len(skipping.slept)) == (1, 1)


def test_the_last_error_is_the_clients_own(users, skipping):
    """After the last attempt the caller gets httpx's error, with what was tried; nobody sleeps after it."""

    def story(client):
        with pytest.raises(users.package.ConnectError) as caught:
            yield client.get(f"http://127.0.0.1:{closed_port()}/")
        assert "3 attempts" in caught.value.__notes__[0]
        assert caught.value.request.url.path == "/"

    users.run(story, clock=skipping)
    assert len(skipping.slept) == 2


def test_the_last_bad_answer_is_given_back(users, skipping):
    """An answer is no error of ours: the third 502 arrives as it is, with its body."""

    def story(client):
        response = yield client.get(origin.url)
        assert (response.status_code, response.text) == (502, "bad gateway")

    with Origin(then=answer(502, "bad gateway")) as origin:
        users.run(story, clock=skipping)
    assert origin.count() == 3


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 409, 501, 505, 507])
def test_other_answers_are_answers(users, skipping, status):
    """Not retried: neither success nor the client's own mistakes nor what the server cannot do."""

    def story(client):
        response = yield client.get(origin.url)
        assert response.status_code == status

    with Origin(then=answer(status)) as origin:
        users.run(story, clock=skipping, max_server_delay=5)
    assert origin.count() == 1


def test_bad_certificates_and_urls_are_not_tried_again(users, skipping):
    """The same again would fail again."""

    def story(client):
        with pytest.raises(users.package.ConnectError):
            yield client.get(origin.url)
        with pytest.raises(users.package.UnsupportedProtocol):
            yield client.get("ftp://example.org/")

    with Origin(tls=certificates.untrusted()) as origin:
        users.run(story, clock=skipping, verify=certificates.trusting())
    assert skipping.slept == []


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date", "asctime"])
def test_retry_after_is_waited_for_and_never_cut_short(users, skipping, status, form):
    """In seconds or as a date, at least as long as asked and at most a tenth longer, and the circuit lets it through."""
    now = 1_900_000_000
    spelled = {
        "seconds": "7",
        "date": email.utils.formatdate(now + 7, usegmt=True),
        "asctime": time.asctime(time.gmtime(now + 7)),
    }[form]
    # The server's own clock counts, whatever ours says.
    headers = {"retry-after": spelled, "date": email.utils.formatdate(now, usegmt=True)}
    with Origin(answer(status, headers=headers), then=answer(200)) as origin:
        assert users.get(origin.url, clock=skipping).status_code == 200
    (slept,) = skipping.slept
    assert 7 <= slept <= 7.7


@pytest.mark.parametrize("value", ["61", "86400", "9999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 100])
def test_row_07_a_wait_beyond_the_limit_is_no_wait(users, skipping, value):
    """The answer is given back at once as it is, header and all; nobody sleeps."""
    with Origin(then=unavailable(value)) as origin:
        response = users.get(origin.url, clock=skipping)
    assert (response.status_code, response.headers["retry-after"], response.text) == (503, value, "later")
    assert (origin.count(), skipping.slept) == (1, [])


@pytest.mark.parametrize("value", ["-5", "NaN", "soon", "", "Fri, 31 Dec 1999 23:59:59 GMT", "0"])
def test_row_07_nonsense_and_the_past_mean_the_ordinary_wait_or_none(users, skipping, value):
    """A header that names no delay leaves the backoff; one that names the past asks for none."""
    with Origin(unavailable(value), then=answer(200)) as origin:
        assert users.get(origin.url, clock=skipping, backoff=Fixed(0.25)).status_code == 200
    assert skipping.slept in ([0.25], [0.0], [])
    assert origin.count() == 2


def test_a_wait_beyond_the_deadline_is_no_wait(users, skipping, world):
    """Sleeping past the caller's deadline helps nobody: the answer, now."""
    from resilience import deadline

    def story(client):
        with deadline(5):
            response = yield client.get(origin.url)
        assert response.status_code == 503

    with Origin(then=unavailable("10")) as origin:
        users.run(story, clock=skipping)
    assert (origin.count(), skipping.slept) == (1, [])
