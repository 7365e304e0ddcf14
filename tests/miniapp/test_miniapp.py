"""A miniapp tells how a real server is, in health and in sickness, and never raises for it."""

from __future__ import annotations

import datetime as dt
import time

import httpx2
import pytest
from tests.origins import (
    Origin,
    answer,
    black_hole,
    certificates,
    close_before_headers,
    closed_port,
    die_mid_body,
    drip,
    drip_headers,
    garbage,
    hang_before_headers,
    unavailable,
)
from tests.origins.twins import program

from resilience.config import Settings, SettingsError
from resilience.miniapp import AsyncMiniapp, Level, Miniapp, _miniapp


@pytest.mark.parametrize("status", [200, 204, 302, 401, 404, 429, 499])
def test_any_answer_below_500_is_online(watchers, status, quick):
    """With its status, its time, and when it was asked."""
    begun = dt.datetime.now(dt.UTC)
    with Origin(then=answer(status)) as origin:
        report = watchers.ask("status", origin.url, environment=quick)
    assert (report.online, report.http_status, report.error) == (True, status, None)
    assert 0 < report.response_time < 1
    assert begun <= report.checked_at <= dt.datetime.now(dt.UTC)
    assert str(report).startswith(f"online (HTTP {status}, ")


FAULTS = {
    "500": (answer(500), "HTTP 500"),
    "503": (answer(503), "HTTP 503"),
    "closed": (close_before_headers, "RemoteProtocolError: Server disconnected"),
    "half a body": (die_mid_body(), "RemoteProtocolError: peer closed"),
    "garbage": (garbage, "RemoteProtocolError: "),
    "hangs": (hang_before_headers, "no answer"),
    "drips": (drip(1000, every=0.05), "no answer"),
    "drips headers": (drip_headers(every=0.05), "no answer"),
}


@pytest.mark.parametrize(("step", "error"), FAULTS.values(), ids=FAULTS)
def test_a_service_that_is_ill_is_offline_and_nothing_is_raised(watchers, quick, step, error):
    """Why it is offline is told in a few words; it took no longer than it may."""
    begun = time.monotonic()
    limit = "300" if error.startswith("no answer") else "5000"
    with Origin(then=step) as origin:
        report = watchers.ask("status", origin.url, environment={**quick, "TIMEOUT_HTTP_REQUEST": limit})
    assert not report.online
    assert report.error.startswith(error)
    assert str(report).startswith(f"offline ({error}")
    assert time.monotonic() - begun < 4  # a drip would last for 50 s


@pytest.mark.parametrize("what", ["status", "health", "deployment"])
def test_a_service_that_is_away_is_reported_by_every_question(watchers, quick, what):
    """Refused, swallowed, unknown, distrusted."""
    with black_hole() as hole, Origin(tls=certificates.untrusted()) as distrusted:
        for url, told in (
            (f"http://127.0.0.1:{closed_port()}", "ConnectError: "),
            ("http://no-such-host.invalid", "ConnectError: "),
            (hole, "no answer"),
            (distrusted.url, "ConnectError: "),
        ):
            limit = "300" if url == hole else "5000"
            environment = {**quick, "TIMEOUT_HTTP_REQUEST": limit, "TIMEOUT_HEALTH_CHECK": limit}
            report = watchers.ask(what, url, environment=environment)
            assert report.error.startswith(told), url
            assert report.error.isprintable()
            assert report.last_known is None
            assert getattr(report, "online", False) is False
            assert getattr(report, "level", Level.UNHEALTHY) is Level.UNHEALTHY


def test_one_bad_answer_between_good_ones_is_not_noticed(watchers, quick):
    """It is retried: the service is online, and the time told is that of the good answer."""
    with Origin(answer(503), close_before_headers, then=answer()) as origin:
        report = watchers.ask("status", origin.url, environment=quick)
    assert (report.online, origin.count()) == (True, 3)


def test_answers_are_cached_for_a_while_and_offline_ones_for_a_second(watchers, quick, skipping):
    """Ten looks at a good answer are one request; a bad one is asked again after a second."""

    def story(app):
        first = yield app.status()
        for _ in range(9):
            assert (yield app.status()) is first
        assert origin.count() == 1
        origin.play(then=answer(500))
        yield app.refresh()
        failed = origin.count()
        for _ in range(10):
            assert not (yield app.status()).online
        assert origin.count() == failed
        origin.play(then=answer())
        skipping.skipped += 1.1
        assert (yield app.status()).online
        skipping.skipped += 11
        yield app.status()
        assert origin.count() == failed + 2

    with Origin() as origin:
        watchers.run(story, origin.url, environment=quick, clock=skipping, attempts=1)


def test_hangs_open_the_circuit_too(watchers, quick):
    """The limit of the question is that of the attempt: a service that hangs has failed, not the caller's patience."""

    def story(app):
        for _ in range(5):
            yield app.refresh()
        report = yield app.refresh()
        assert report.error.startswith("circuit open")
        assert origin.count() == 5

    with Origin(then=hang_before_headers) as origin:
        watchers.run(story, origin.url, environment={**quick, "TIMEOUT_HTTP_REQUEST": "400"})


def test_headers_auth_and_a_path_in_the_url_are_used(watchers, quick):
    """Every request carries them; paths stand below that of the URL."""
    options = {"headers": {"X-Team": "shop"}, "auth": ("ann", "pw"), "status_path": "/ping"}
    with Origin() as origin:
        watchers.ask("status", f"{origin.url}/app", environment=quick, **options)
    (request,) = origin.requests
    assert (request.path, request.header("x-team")) == ("/app/ping", "shop")
    assert request.header("authorization").startswith("Basic ")


def test_httpx2_serves_as_well(world, watchers, quick):
    """The transport that is given decides which package is underneath."""
    kind = httpx2.AsyncHTTPTransport if world.is_async else httpx2.HTTPTransport
    with Origin(answer(503), then=answer()) as origin:
        report = watchers.ask("status", origin.url, environment=quick, transport=kind())
    assert (report.online, origin.count()) == (True, 2)


def test_one_service_has_settings_of_its_own(watchers, quick):
    """By its name; what is set for it beats what the code says."""
    environment = {**quick, "RESILIENCE__SHOP__RETRY__MAX_ATTEMPTS": "2"}
    with Origin(then=answer(500)) as origin:
        watchers.ask("status", origin.url, environment=environment, name="shop", attempts=9)
        assert origin.count() == 2
        watchers.ask("status", origin.url, environment=environment, name="cart")
        assert origin.count() == 5


def test_many_who_ask_at_once_are_one_request(watchers, quick, world):
    """Twenty callers, in threads or tasks, get the same report."""

    def story(app):
        if world.is_async:
            return (yield in_tasks(world, [app.status] * 20))
        return world.together(*[app.status] * 20)

    def slow(connection, request):
        connection.pause(0.1)
        answer()(connection, request)

    with Origin(then=slow) as origin:
        reports = watchers.run(story, origin.url, environment=quick)
    assert (len(reports), len(set(map(id, reports))), origin.count()) == (20, 1, 1)


async def in_tasks(world, functions):
    """Their values, called at once in the loop that runs."""
    from tests.conftest import _in_nursery, _in_tasks

    return await (_in_tasks if world.name == "asyncio" else _in_nursery)(functions, [None] * len(functions))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"base_url": "ftp://x"}, "base_url="),
        ({"base_url": "shop.example"}, "base_url="),
        ({"base_url": None}, "base_url=None: must be a URL"),
        ({"base_url": "http://a..b"}, "base_url='http://a..b': must be a URL"),
        ({"base_url": "http://a b"}, "base_url="),
        ({"base_url": "http://[::1"}, "base_url="),
        ({"base_url": "http://127.0.0.1:99999"}, "base_url=.* port below 65536, not 99999"),
        ({"settings": 5}, "settings=5: must be Settings"),
        ({"headers": 5}, "headers=5: must be a mapping"),
        ({"headers": {"a": 5}}, "headers='<dict>': must be a mapping"),
        ({"status_path": None}, "status_path=None: must be a path"),
        ({"status_path": "/a\x00"}, "status_path=.* without control characters"),
        ({"status_path": "https://b.example/ping"}, "status_path=.* must be a path below base_url, e.g. '/health'"),
        ({"health_paths": ("http:/health",)}, "health_paths=.* must be a path below base_url"),
        ({"health_paths": ("//b.example/health",)}, "health_paths=.* must be a path below base_url"),
        ({"health_paths": ("/a\n",)}, "health_paths=.* without control characters"),
        ({"health_paths": 5}, "health_paths=5"),
        ({"health_paths": "/health"}, "health_paths="),
        ({"deployment_paths": [1]}, "deployment_paths="),
        ({"atempts": 1}, "did you mean 'attempts'"),
        ({"name": "a\nb"}, "name="),
    ],
)
@pytest.mark.parametrize("kind", [Miniapp, AsyncMiniapp])
def test_row_54_nonsense_is_refused_when_it_is_given(kind, options, complaint):
    """With the option's name."""
    with pytest.raises((TypeError, ValueError), match=complaint):
        kind(**{"base_url": "http://x", "settings": Settings(environment={}), **options})


def test_a_setting_that_cannot_stand_is_named():
    """Before anything is asked."""
    with pytest.raises(SettingsError, match="MINIAPP_STATUS_TTL_MS"):
        Miniapp("http://x", settings=Settings(environment={"MINIAPP_STATUS_TTL_MS": "soon"}))


def test_twins_differ_in_await_alone():
    """The program that plays a flow, and the one that reports, are the same for threads and tasks."""
    assert program(Miniapp._play) == program(AsyncMiniapp._play)
    assert program(_miniapp._report) == program(_miniapp._areport)
    assert program(Miniapp.refresh) == program(AsyncMiniapp.refresh)


def test_a_reload_reaches_a_miniapp(watchers, monkeypatch, skipping):
    """How long answers are kept and how long they may take change in place, also for one service alone."""
    from resilience import config

    def story(app):
        monkeypatch.setenv("RESILIENCE__SHOP__MINIAPP__STATUS_TTL_MS", "90000")
        config.reload()
        yield app.status()
        skipping.skipped += 60
        yield app.status()
        assert origin.count() == 1
        origin.play(then=hang_before_headers)
        monkeypatch.setenv("RESILIENCE__SHOP__TIMEOUT__HTTP_REQUEST", "200")
        config.reload()
        begun = time.monotonic()
        report = yield app.refresh()
        assert not report.online
        assert time.monotonic() - begun < 5  # by default 10

    config.settings()
    with Origin() as origin:
        try:
            watchers.run(story, origin.url, settings=None, name="shop", clock=skipping, attempts=1)
        finally:
            monkeypatch.undo()
            config.reload()


def test_its_name_is_its_host_unless_it_has_one():
    """Without userinfo."""
    settings = Settings(environment={})
    with Miniapp("http://ann:pw@shop.example:8080/a", settings=settings) as app:
        assert (app.name, repr(app)) == ("shop.example:8080", "<Miniapp 'shop.example:8080'>")
    with Miniapp("http://shop.example", name="shop", settings=settings) as app:
        assert app.name == "shop"


def test_reports_tell_no_secret(watchers, quick):
    """Userinfo and tokens of the URL stand in no report."""
    canary = "c4n4ry"
    url = f"http://{canary}:{canary}@127.0.0.1:{closed_port()}/{canary}"
    for what in ("status", "health", "deployment"):
        report = watchers.ask(what, url, environment=quick)
        assert canary not in f"{report} {report!r}"
    with Origin(then=unavailable("60")) as origin:
        report = watchers.ask("status", origin.url.replace("//", f"//{canary}:{canary}@"), environment=quick)
    assert canary not in f"{report} {report!r}"
