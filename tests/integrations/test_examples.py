"""The programs under examples/ run; docs/outage.md walks through the larger one."""

from starlette.testclient import TestClient


def test_the_starlette_example_limits_and_tells_its_health():
    """Five greetings a second, then 429 with `Retry-After`; the probes answer."""
    from examples.starlette_app import app

    with TestClient(app) as client:
        answers = [client.get("/hello/ann") for _ in range(7)]
        assert answers[0].text == "hello ann"
        assert {answer.status_code for answer in answers[:5]} == {200}
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert client.get("/health/live").json() == {"status": "pass"}
        assert client.get("/health/ready").status_code == 200
