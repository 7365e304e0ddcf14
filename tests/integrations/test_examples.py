"""The programs under examples/ run as a user would run them; docs/outage.md walks through the larger one."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

REPOSITORY = Path(__file__).parent.parent.parent
EXAMPLES = sorted(file.stem for file in (REPOSITORY / "examples").glob("*.py"))


@contextmanager
def started(*words, **variables):
    """A server in a process of its own, from the command that the example names; gives its address."""
    pytest.importorskip("uvicorn")
    command = [sys.executable, "-m", "uvicorn", "--port=0", *words]
    source = str(REPOSITORY / "src")
    server = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=os.environ | variables | {"PYTHONPATH": source},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    try:
        for line in server.stderr:
            said += line
            if found := re.search(r"running on (http://\S+)", line):
                yield found[1]
                break
        else:
            pytest.fail(said)
    finally:
        server.terminate()
        server.communicate(timeout=30)


def command_of(name):
    """What the docstring of an example says to type."""
    text = (REPOSITORY / "examples" / f"{name}.py").read_text("utf-8")
    return re.search(r"^ *(?:\w+=\S+ )*uvicorn (.*)$", text, re.MULTILINE)[1].split()


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_says_how_it_is_started(name):
    """And it is started so below: a new example needs a test of its own here."""
    assert f"examples.{name}:" in command_of(name)[-1]
    assert f"test_the_{name.removesuffix('_app')}_example" in Path(__file__).read_text("utf-8")


def test_the_starlette_example_limits_and_tells_its_health():
    """Five greetings a second, then 429 with `Retry-After`; the probes answer."""
    with started(*command_of("starlette_app")) as url, httpx.Client(base_url=url) as client:
        answers = [client.get("/hello/ann") for _ in range(12)]
        assert answers[0].text == "hello ann"
        refused = [answer for answer in answers if answer.status_code != 200]
        assert {answer.status_code for answer in refused} == {429}
        assert int(refused[0].headers["Retry-After"]) >= 1
        assert client.get("/health/live").json() == {"status": "pass"}
        assert client.get("/health/ready").status_code == 200


def test_the_fastapi_example_guards_its_dependency(broken_port):
    """Nobody listens where its stock should be: 502, then the circuit's 503 with `Retry-After`, told in the metrics."""
    for module in ("fastapi", "prometheus_client", "opentelemetry", "psutil"):
        pytest.importorskip(module)
    where = {"STOCK_URL": f"http://127.0.0.1:{broken_port}"}
    with started(*command_of("fastapi_app"), **where) as url, httpx.Client(base_url=url) as client:
        answers = [client.get("/stock/tea") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [502, 502, 502, 503, 503]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert 'policy="shop-stock"' in client.get("/metrics/").text
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 503


@pytest.fixture
def broken_port():
    """A port of this machine that nobody listens on, and nobody else gets meanwhile."""
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
