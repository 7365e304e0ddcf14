"""A monitor looks at many services, none of which delays another, and remembers what it saw."""

from __future__ import annotations

import time

import pytest
from tests.miniapp.monitors import check
from tests.origins import Origin, answer, closed_port, hang_before_headers, json_answer

import resilience
from resilience.miniapp import (
    AsyncMiniapp,
    DeploymentChanged,
    HealthChanged,
    Level,
    Miniapp,
    Monitor,
    StatusChanged,
)


def health(level):
    """A health answer."""
    return json_answer({"status": level})


def test_one_look_at_all_is_as_long_as_the_slowest(monitored, world):
    """Three that hang for half a second, one that is well and one that is away: half a second in all."""

    def story(monitor, *apps):
        begun = time.monotonic()
        snapshot = yield check(world, monitor)
        assert time.monotonic() - begun < 1.4
        online = [service.status.online for service in snapshot.services]
        assert online == [False, False, False, True, False]
        assert [service.name for service in snapshot.services] == [app.name for app in apps]

    with Origin(then=hang_before_headers) as hanging, Origin() as well:
        away = f"http://127.0.0.1:{closed_port()}"
        monitored(story, hanging.url, hanging.url, hanging.url, well.url, away)


def test_what_was_seen_is_remembered(monitored, world):
    """Uptime, response times, history, health and deployment of each service."""

    def story(monitor, app):
        for step in (answer(), answer(500), answer(), answer()):
            origin.at("/", then=step)
            yield check(world, monitor)
        (service,) = monitor.snapshot().services
        assert (service.uptime, service.checks) == (0.75, 4)
        assert [sample.online for sample in service.history] == [True, False, True, True]
        times = service.response_times
        assert 0 < times.p50 <= times.p95 <= times.p99 < 1
        assert (service.health.level, service.deployment.version) == (Level.HEALTHY, "1")
        assert service.deployments == ()

    origin = Origin().at("/health", then=health("pass")).at("/version", then=json_answer({"version": "1"}))
    with origin:
        monitored(story, origin.url)


def test_a_monitor_fills_the_cache(monitored, world, watchers):
    """Who asks the miniapp meanwhile gets what the monitor saw last, and no request is made."""

    def story(monitor, app):
        yield check(world, monitor)
        asked = origin.count()
        status = yield app.status()
        yield app.health()
        yield app.deployment()
        assert origin.count() == asked
        assert status is monitor.snapshot().services[0].status
        yield check(world, monitor)
        assert origin.count() == asked + 1
        assert (yield app.status()) is not status

    with Origin().at("/health", then=health("pass")).at("/version", then=json_answer({"version": "1"})) as origin:
        monitored(story, origin.url)


def test_every_change_is_told(monitored, world):
    """On- and offline, better and worse, another version; to the monitor's listeners and to everybody's."""
    heard, everywhere = [], []

    def story(monitor, app):
        monitor.listen(heard.append)
        for level, version, step in (
            ("pass", "1", answer()),
            ("fail", "1", answer()),
            ("fail", "2", answer(500)),
            ("pass", "2", answer()),
        ):
            origin.at("/health", then=health(level)).at("/version", then=json_answer({"version": version}))
            origin.at("/", then=step)
            yield check(world, monitor)
        (service,) = monitor.snapshot().services
        assert [(change.before.version, change.after.version) for change in service.deployments] == [("1", "2")]

    with Origin() as origin, resilience.listen(everywhere.append, StatusChanged, HealthChanged, DeploymentChanged):
        monitored(story, origin.url, environment={"MINIAPP_HEALTH_TTL_MS": "1", "TIMEOUT_HTTP_REQUEST": "10000"})
    told = [(type(event).__name__, event.policy) for event in heard]
    name = f"127.0.0.1:{origin.port}"
    kinds = ["HealthChanged", "StatusChanged", "StatusChanged", "HealthChanged", "DeploymentChanged"]
    assert told == [(kind, name) for kind in kinds]
    assert [event.online for event in heard if isinstance(event, StatusChanged)] == [False, True]
    assert heard[1].error == "HTTP 500"
    assert {event.key for event in heard} == {f"http://{name}"}
    assert everywhere == heard


@pytest.mark.parametrize("paths", [("/version",), ("/", "/version")])
def test_what_was_deployed_is_stale_while_it_fails(monitored, world, paths):
    """Whether all of the service fails or only what tells the version; back on the same one, nothing has changed."""

    def story(monitor, app):
        for status in (200, 500, 200):
            origin.at("/version", then=json_answer({"version": "7"}, status))
            for path in paths:
                if status == 500:
                    origin.at(path, then=answer(status))
                elif path == "/":
                    origin.at(path, then=answer())
            yield check(world, monitor)
            (service,) = monitor.snapshot().services
            told = (str(service.deployment), service.deployment.error)
            assert told == (("version 7", None) if status == 200 else ("version 7 (stale)", "HTTP 500"))
        assert service.deployments == ()

    with Origin() as origin:
        monitored(story, origin.url, environment={"MINIAPP_HEALTH_TTL_MS": "1", "TIMEOUT_HTTP_REQUEST": "10000"})


def test_a_closed_miniapp_is_no_outage(monitored, world, watchers):
    """It is our end, not the service's: neither uptime nor history knows of it."""

    def story(monitor, app):
        yield check(world, monitor)
        yield watchers.close(app)
        yield check(world, monitor)
        (service,) = monitor.snapshot().services
        assert (service.uptime, service.checks, service.status.online) == (1.0, 1, True)
        assert str((yield app.refresh())) == "offline (closed)"

    with Origin() as origin:
        monitored(story, origin.url)


def test_a_different_server_is_no_different_deployment(monitored, world):
    """Behind a balancer each answer comes from another machine."""

    def story(monitor, app):
        for server in ("a", "b"):
            origin.at("/version", then=json_answer({"version": "1", "server": server}))
            yield check(world, monitor)
        (service,) = monitor.snapshot().services
        assert (service.deployment.server, service.deployments) == ("b", ())

    with Origin() as origin:
        monitored(story, origin.url, environment={"MINIAPP_HEALTH_TTL_MS": "1", "TIMEOUT_HTTP_REQUEST": "10000"})


def test_a_look_that_fails_itself_ends_nothing(monitored, world, caplog):
    """A mistake of ours, or of a listener, is logged; the next look follows."""

    def story(monitor, app):
        original = app.refresh
        app.refresh = lambda: 1 / 0
        snapshot = yield check(world, monitor)
        assert snapshot.services[0].status is None
        app.refresh = original
        monitor.listen(lambda event: 1 / 0)
        for step in (answer(), answer(500)):
            origin.at("/", then=step)
            snapshot = yield check(world, monitor)
        assert snapshot.services[0].checks == 2

    with Origin() as origin:
        monitored(story, origin.url)
    assert [record.levelname for record in caplog.records if record.name == "resilience.miniapp"] == ["ERROR"]


def test_kinds_and_ways_must_fit(quick):
    """All sync with `with`, or all async with `async with`; nothing else."""
    sync, asynchronous = Miniapp("http://a"), AsyncMiniapp("http://a")
    for apps in ((), (sync, asynchronous), ("http://a",)):
        with pytest.raises(TypeError, match="miniapps="):
            Monitor(*apps)
    with pytest.raises(ValueError, match="miniapps=.*each given once"):
        Monitor(sync, sync)
    with pytest.raises(TypeError, match="use async with"), Monitor(asynchronous):
        pass
    with pytest.raises(TypeError, match=r"use acheck\(\)"):
        Monitor(asynchronous).check()
    with pytest.raises(ValueError, match="interval="):
        Monitor(sync, interval=0)
    with pytest.raises(TypeError, match="clock=5"):
        Monitor(sync, clock=5)
    with pytest.raises(TypeError, match=r"use check\(\)"):
        Monitor(sync).acheck().send(None)
    assert repr(Monitor(sync, interval=5)) == "<Monitor of 'a' each 5 s>"
    sync.close()
