"""The checks that come with the library, each against the real thing."""

import asyncio
import sys
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
from tests.health.conftest import asked
from tests.origins import Origin, answer, closed_port, hang_before_headers

import resilience as r
from resilience import config, health
from resilience.health import HealthRegistry, Level
from resilience.health._machine import _verdict
from resilience.miniapp import AsyncMiniapp, Miniapp

CANARY = "canary-7f3a"


def result(check, **options):
    registry = HealthRegistry(ttl=0)
    registry.add("one", check, **options)
    return registry.report().checks[0]


def configured(**sections):
    config.configure(**sections)


@pytest.fixture(autouse=True)
def default_settings():
    yield
    config.configure()


# http


@pytest.mark.parametrize(
    ("status", "level"), [(200, "healthy"), (302, "healthy"), (399, "healthy"), (400, "unhealthy"), (503, "unhealthy")]
)
def test_http_is_judged_by_the_status(world, status, level):
    """Below 400 is healthy; a redirect is not followed, a 503 not retried."""
    with Origin(answer(status, headers={"Location": "/"})) as origin:
        registry = HealthRegistry(ttl=0)
        registry.add("shop", health.http(origin.url))
        (found,) = asked(world, registry).checks
        assert (found.level, found.detail, found.unit) == (level, f"HTTP {status}", "ms")
        assert len(origin.requests) == 1


def test_http_that_hangs_ends_with_its_timeout():
    """And its thread as well: the deadline is that of the connection."""
    with Origin(hang_before_headers) as origin:
        begun = time.monotonic()
        found = result(health.http(origin.url), timeout=0.3)
        assert (found.level, found.error) == ("unhealthy", "timeout")
        assert time.monotonic() - begun < 10


def test_http_slower_than_the_threshold_is_degraded():
    """`THRESHOLD_RESPONSE_TIME_MS`."""
    configured(threshold={"response_time_ms": 1})

    def slow(request):
        time.sleep(0.02)
        return httpx.Response(200)

    found = result(health.http("https://shop.example", transport=httpx.MockTransport(slow)))
    assert found.level is Level.DEGRADED
    assert "slower than 1 ms" in found.detail


def test_http_sends_what_it_was_told():
    """Method and headers."""
    seen = []

    def service(request):
        seen.append((request.method, request.headers["X-Key"]))
        return httpx.Response(200)

    check = health.http(
        "http://shop.example", method="HEAD", headers={"X-Key": "7"}, transport=httpx.MockTransport(service)
    )
    assert result(check).level is Level.HEALTHY
    assert seen == [("HEAD", "7")]


def test_row_58_a_url_with_a_password_is_never_shown():
    """Neither when it is refused, nor when nobody answers."""
    with pytest.raises(ValueError, match="url=") as refused:
        health.http(f"ftp://ann:{CANARY}@shop.example")
    assert CANARY not in str(refused.value)
    found = result(health.http(f"http://ann:{CANARY}@127.0.0.1:{closed_port()}/?token={CANARY}"))
    assert found.level is Level.UNHEALTHY
    assert CANARY not in repr(found)


# command


@pytest.mark.parametrize(("code", "level"), [(0, "healthy"), (3, "unhealthy")])
def test_a_command_is_judged_by_its_exit_code(code, level):
    """Zero is healthy; its output goes nowhere."""
    found = result(health.command([sys.executable, "-c", f"print('x' * 10**6); raise SystemExit({code})"]))
    assert (found.level, found.value, found.unit) == (level, code, "exit code")


def test_a_command_that_is_not_there_is_unhealthy():
    """It is an error of the check."""
    assert result(health.command(["/nowhere/at-all"])).error == "FileNotFoundError"


@pytest.mark.parametrize(("setting", "options"), [(1500, {"timeout": 20}), (20_000, {"timeout": 1.5})])
def test_a_command_that_hangs_is_killed_with_its_children(tmp_path, setting, options):
    """`TIMEOUT_SHELL_COMMAND` bounds it, a timeout of its own as well, and nothing of it is left."""
    configured(timeout={"shell_command": setting})
    file = tmp_path / "beats"
    beat = f"import time\nwhile True:\n    open({str(file)!r}, 'a').write('x'); time.sleep(0.02)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {beat!r}])"
    found = result(health.command([sys.executable, "-c", parent]), **options)
    assert (found.level, found.error) == ("unhealthy", "timeout")
    assert file.exists()
    time.sleep(0.3)
    size = file.stat().st_size
    time.sleep(0.3)
    assert file.stat().st_size == size


def test_no_shell_sees_a_command(tmp_path):
    """What a shell would do is an argument."""
    file = tmp_path / "made"
    check = health.command([sys.executable, "-c", "pass", f"; touch {file}", f"$(touch {file})"])
    assert result(check).level is Level.HEALTHY
    assert not file.exists()


# the machine


@contextmanager
def busy():
    """Keep a processor busy."""
    ends = threading.Event()
    thread = threading.Thread(target=lambda: all(not ends.is_set() for _ in range(10**9)))
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


@pytest.mark.parametrize("kind", ["cpu", "memory", "disk"])
def test_the_machine_is_judged_by_the_thresholds(kind):
    """From the threshold on it is degraded, and unhealthy only from where one says so."""
    make = getattr(health, kind)
    configured(threshold={f"{kind}_percent": 0.001})
    with busy():
        found = result(make())
        assert (found.level, found.unit) == ("degraded", "percent")
        assert f"{kind} {found.value:.3g} %, the threshold is 0.001 %" == found.detail
        assert result(make(unhealthy=0.001)).level is Level.UNHEALTHY
        found = result(make(percent=99.9))
        assert (found.level is Level.HEALTHY) == (found.value < 99.9)


def test_a_threshold_that_is_met_counts():
    """From it on, not beyond it."""
    levels = [_verdict("disk", used, 90.0, 95.0).level for used in (89.9, 90.0, 94.9, 95.0)]
    assert levels == ["healthy", "degraded", "degraded", "unhealthy"]
    assert _verdict("disk", 100.0, 90.0, None).level == "degraded"


def test_a_disk_that_is_not_there_is_unhealthy(tmp_path):
    """It is an error of the check."""
    assert result(health.disk(str(tmp_path / "gone"))).error == "FileNotFoundError"


# what there is already


def test_a_breaker_is_judged_by_its_state(clock):
    """Open is unhealthy, half-open degraded; nobody is asked."""
    circuit = r.CircuitBreaker("health-breaker", trip=r.Consecutive(1), reset_timeout=10, clock=clock)
    check = health.breaker(circuit)
    assert result(check).level is Level.HEALTHY
    with pytest.raises(ConnectionError):
        circuit.call(fail)
    assert result(check).level is Level.UNHEALTHY
    assert "open" in result(check).detail
    clock.advance(12)
    assert result(check).level is Level.DEGRADED
    with circuit.isolate():
        assert result(check).level is Level.UNHEALTHY


def fail():
    raise ConnectionError("down")


def test_a_miniapp_tells_its_health(world):
    """Sync ones in a thread, async ones in the loop."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"status": "warn"}))
    kind = AsyncMiniapp if world.is_async else Miniapp
    app = kind("https://shop.example", transport=transport)
    registry = HealthRegistry(ttl=0)
    registry.add("shop", health.miniapp(app))
    assert asked(world, registry).level is Level.DEGRADED


class Client:
    def __init__(self, answer):
        self.answer = answer

    def ping(self):
        return self.answer() if callable(self.answer) else self.answer


class AsyncClient:
    async def ping(self):
        return True


async def pong():
    return b"PONG"


@pytest.mark.parametrize(
    ("check", "level"),
    [
        (health.ping(Client(b"PONG")), "healthy"),
        (health.ping(Client(None)), "healthy"),
        (health.ping(Client(0)), "healthy"),
        (health.ping(Client(False)), "unhealthy"),
        (health.ping(Client(fail)), "unhealthy"),
        (health.ping(AsyncClient()), "healthy"),
        (health.ping(pong), "healthy"),
        (health.ping(Client(pong), is_async=True), "healthy"),
        (health.ping(Client(pong)), "unhealthy"),
    ],
    ids=range(9),
)
def test_a_ping_is_well_unless_it_says_false_or_raises(check, level):
    """What gives an awaitable without looking like it must be said so."""
    assert result(check).level == level
    registry = HealthRegistry(ttl=0)
    registry.add("one", check)
    assert asyncio.run(registry.areport()).checks[0].level == level


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: health.http(7), "url="),
        (lambda: health.http("http://"), "url="),
        (lambda: health.http("http://a", method="POST"), "method="),
        (lambda: health.http("http://a", transport=7), "transport=7"),
        (lambda: health.tcp("", 80), "host=''"),
        (lambda: health.tcp("a", 70000), "port=70000"),
        (lambda: health.tcp("a", "80"), "port='80'"),
        (lambda: health.command("rm -rf /"), "argv="),
        (lambda: health.command([]), "argv="),
        (lambda: health.command(["a\0b"]), "argv="),
        (lambda: health.cpu(0), "percent=0"),
        (lambda: health.memory(101), "percent=101"),
        (lambda: health.disk("/", unhealthy=True), "unhealthy=True"),
        (lambda: health.breaker(object()), "circuit="),
        (lambda: health.miniapp(object()), "app="),
        (lambda: health.ping(object()), "target="),
    ],
    ids=range(16),
)
def test_row_54_bad_options_of_checks_are_refused(make, named):
    """When they are made, not when they are asked."""
    with pytest.raises((TypeError, ValueError), match=named):
        make()
