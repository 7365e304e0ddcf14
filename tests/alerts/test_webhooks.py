"""Webhooks: what they send, and what they say of it."""

import json
import logging
import os

import httpx
import pytest
from tests.alerts.figures import Figure
from tests.origins import Origin, answer, unavailable

from resilience import config
from resilience.alerts import Alerts, Webhook

CANARY = "canary-7f3a"


def test_a_webhook_gets_documented_json():
    """By a real server: the table of docs/alerts.md and the body have the same fields."""
    import re
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text("utf-8")
    rows = set(re.findall(r"^\| `(\w+)` \| (?:str|int|float)", page, re.MULTILINE))
    with Origin(answer(204)) as origin:
        figure = Figure(Webhook(f"{origin.url}/hook", headers={"Authorization": "Bearer 7"}))
        figure.flip()
        figure.flip()
        first, second = origin.requests
    told = json.loads(first.body)
    assert told.keys() == rows
    assert (told["rule"], told["state"], told["value"], told["limit"]) == ("queue", "firing", 9.0, 5.0)
    assert (told["version"], told["pid"], told["text"]) == (1, os.getpid(), "critical: queue is 9, above 5")
    assert told["at"].endswith("Z")
    assert json.loads(second.body)["state"] == "resolved"
    assert first.header("authorization") == "Bearer 7"
    assert first.header("idempotency-key") != second.header("idempotency-key")


def test_a_webhook_may_have_a_body_of_its_own():
    """As chat services want it."""
    with Origin(answer(200)) as origin:
        Figure(Webhook(origin.url, body=lambda alert: {"text": str(alert)})).flip()
        (request,) = origin.requests
    assert json.loads(request.body) == {"text": "critical: queue is 9, above 5"}


def test_a_webhook_is_sent_again_by_the_guarded_client():
    """A 503 is retried with the same key; what is refused is not taken, and told by its status."""
    with Origin(unavailable("0"), answer(200), answer(404)) as origin:
        figure = Figure(Webhook(origin.url))
        figure.flip()
        assert len({request.header("idempotency-key") for request in origin.requests}) == 1
        assert len(origin.requests) == 2
        assert (figure.sink()["sent"], figure.sink()["failed"]) == (1, 0)
        figure.flip()
    assert (figure.sink()["failed"], figure.sink()["error"]) == (1, "HTTP 404")


@pytest.mark.parametrize(("status", "told"), [(204, None), (299, None), (300, "HTTP 300"), (404, "HTTP 404")])
def test_a_webhook_takes_with_any_2xx(status, told):
    """A redirect is not followed: it may lead anywhere."""
    webhook = Webhook("https://hooks.example", transport=httpx.MockTransport(lambda _: httpx.Response(status)))
    assert Alerts(sinks=[webhook]).test(20) == {"webhook hooks.example": told}


def test_row_58_requests_of_a_webhook_are_not_logged(caplog):
    """Not even when all requests are to be: its path is a secret, which no rule about parameters would know."""
    caplog.set_level(logging.DEBUG, "resilience")
    config.configure(logging={"requests": True, "responses": True})
    try:
        webhook = Webhook(
            f"https://hooks.example/{CANARY}", transport=httpx.MockTransport(lambda _: httpx.Response(400))
        )
        assert Alerts(sinks=[webhook]).test(30) == {"webhook hooks.example": "HTTP 400"}
    finally:
        config.configure()
    assert "did not take an alert" in caplog.text
    assert CANARY not in caplog.text
