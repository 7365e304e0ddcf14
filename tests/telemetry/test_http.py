"""A request of the HTTP layer is one call under one label, however many attempts and timeouts it has."""

import json

import httpx

import resilience as r
from resilience import telemetry
from resilience.http import Client

SECRET = "canary-7f3a"


def test_a_request_is_one_call(recorder):
    """Two attempts, a timeout for each and one for all: one call, one retry, and no word of the URL's secrets."""
    answers = iter([httpx.Response(503, text=SECRET), httpx.Response(200, text=SECRET)])
    inner = httpx.MockTransport(lambda request: next(answers))
    with Client(transport=inner, total_timeout=20, attempt_timeout=5, backoff=r.Fixed(0)) as client:
        url = f"https://ann:{SECRET}@example.org/{SECRET}?token={SECRET}"
        assert client.get(url, headers={"Authorization": SECRET}).status_code == 200
        (label,) = recorder.all_calls()
        assert label.startswith("https://example.org:443")
        assert recorder.calls(label)["outcomes"]["success"] == 1
        assert recorder.all_events()[label]["events"] == {"retries": 1, "recovered": 1}
        assert SECRET not in json.dumps(telemetry.snapshot())
