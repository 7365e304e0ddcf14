"""What a miniapp knows of a service's health and deployment, and keeps while the service is away."""

from __future__ import annotations

import re

import pytest
from tests.origins import (
    Origin,
    answer,
    gzip_bomb,
    json_answer,
    redirect,
)

from resilience.miniapp import Level

HEALTHY = {"status": "pass", "checks": {"db": {"status": "pass"}}}


def test_an_open_circuit_says_so_and_what_was_known(watchers, quick):
    """Five failures open it; after that nothing is asked, and the last good answer is there, marked stale."""

    def story(app):
        good = yield app.status()
        origin.play(then=answer(500))
        for _ in range(5):
            yield app.refresh()
        asked = origin.count()
        report = yield app.refresh()
        assert origin.count() == asked
        assert str(report).startswith("offline (circuit open, retry in ")
        known = report.last_known
        assert (known.stale, known.online, known.checked_at) == (True, True, good.checked_at)
        assert known.last_known is None
        health = yield app.health()
        assert str(health).startswith("unhealthy (circuit open, retry in ")
        deployment = yield app.deployment()
        assert deployment.error.startswith("circuit open, retry in ")

    with Origin() as origin:
        watchers.run(story, origin.url, environment=quick, attempts=1)


def test_health_is_read_with_its_parts(watchers, quick, skipping):
    """From the first path that is a health endpoint; it is remembered, so that the next time it is asked alone."""

    def story(app):
        health = yield app.health()
        assert (health.level, health.path, health.http_status) == (Level.HEALTHY, "/actuator/health", 200)
        assert [(part.name, part.level) for part in health.parts] == [("db", Level.HEALTHY)]
        first = origin.count()
        skipping.skipped += 31
        yield app.health()
        assert (first, origin.count()) == (3, 4)

    with Origin(then=answer(404)).at("/actuator/health", then=json_answer(HEALTHY)) as origin:
        watchers.run(story, origin.url, environment=quick, clock=skipping)


def test_an_unhealthy_answer_is_a_report_and_no_fault(watchers, quick, skipping):
    """A 503 with parts is asked once, is read, and opens no circuit, however often it is given."""

    def story(app):
        for _ in range(7):
            health = yield app.health()
            assert (health.level, health.error) == (Level.UNHEALTHY, "HTTP 503")
            assert [part.name for part in health.parts] == ["db", "mq"]
            skipping.skipped += 31
        (state,) = app.snapshot().origins
        assert (state.breaker.state, origin.count()) == ("closed", 7)

    down = json_answer({"status": "DOWN", "components": {"db": {"status": "DOWN"}, "mq": {"status": "UP"}}}, 503)
    with Origin().at("/health", then=down) as origin:
        watchers.run(story, origin.url, environment=quick, clock=skipping)


def test_slow_is_degraded(watchers, quick):
    """An answer that is well but late is not well."""

    def late(connection, request):
        connection.pause(0.15)
        json_answer(HEALTHY)(connection, request)

    with Origin(then=late) as origin:
        slow = watchers.ask("health", origin.url, environment={**quick, "THRESHOLD_RESPONSE_TIME_MS": "100"})
        fine = watchers.ask("health", origin.url, environment=quick)
    assert (slow.level, fine.level) == (Level.DEGRADED, Level.HEALTHY)
    assert int(re.match(r"slow: (\d+) ms", slow.error)[1]) >= 150


def test_without_a_health_endpoint_the_status_decides(watchers, quick):
    """Online is healthy; a health endpoint that does not let us in leaves doubt; a dead status page none."""
    with Origin(then=answer(404)) as origin:
        health = watchers.ask("health", origin.url, environment=quick)
    assert (health.level, health.path, health.error) == (Level.HEALTHY, None, None)
    with Origin(then=answer(404)).at("/healthz", then=answer(401)) as origin:
        health = watchers.ask("health", origin.url, environment=quick)
    assert (health.level, health.error) == (Level.DEGRADED, "/healthz answered 401")
    with Origin(then=answer(404)).at("/", then=answer(500)) as origin:
        health = watchers.ask("health", origin.url, environment=quick)
    assert (health.level, health.error) == (Level.UNHEALTHY, "HTTP 500")
    with Origin(then=redirect("https://elsewhere.invalid/login", 302)) as origin:
        health = watchers.ask("health", origin.url, environment=quick)
    assert health.level is Level.HEALTHY


def test_what_is_deployed_is_told_by_documents_and_headers(watchers, quick):
    """The first document that tells something; headers fill in what it leaves out."""
    origin = Origin(then=answer(404, headers={"server": "nginx", "x-region": "fra"}))
    origin.at("/info", then=json_answer({"app": "shop"})).at("/actuator/info", then=json_answer({"version": "1.2"}))
    with origin:
        report = watchers.ask("deployment", origin.url, environment=quick)
        assert (report.version, report.server, report.region) == ("1.2", "nginx", "fra")
        assert str(report) == "version 1.2, region fra"
        only = watchers.ask("deployment", origin.url, environment=quick, deployment_paths=("/none",))
    assert (only.version, only.region, only.error, str(only)) == (None, "fra", None, "region fra")


def test_what_was_deployed_is_told_while_the_service_is_away(watchers, quick, skipping):
    """Stale, with the reason; when it is back, fresh again."""

    def story(app):
        assert (yield app.deployment()).version == "1"
        origin.refuse()
        skipping.skipped += 31
        gone = yield app.deployment()
        assert (gone.version, gone.stale, str(gone)) == ("1", True, "version 1 (stale)")
        assert gone.error.startswith("ConnectError")
        origin.listen()
        skipping.skipped += 31
        assert not (yield app.deployment()).stale

    with Origin().at("/version", then=json_answer({"version": "1"})) as origin:
        watchers.run(story, origin.url, environment=quick, clock=skipping)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_what_was_known_outlives_a_service_that_fails(watchers, quick, skipping, status):
    """A 5xx without a report is no answer to what is deployed, nor to how it was: both are there, stale."""

    def story(app):
        assert (yield app.deployment()).version == "7"
        assert (yield app.health()).level is Level.HEALTHY
        for path in ("/", "/version", "/health"):
            origin.at(path, then=answer(status))
        origin.play(then=answer(status))
        skipping.skipped += 31
        gone, health = (yield app.deployment()), (yield app.health())
        assert (str(gone), gone.error) == ("version 7 (stale)", f"HTTP {status}")
        assert (health.level, health.error) == (Level.UNHEALTHY, f"HTTP {status}")
        assert (health.last_known.level, health.last_known.stale) == (Level.HEALTHY, True)

    with Origin().at("/version", then=json_answer({"version": "7"})).at("/health", then=json_answer(HEALTHY)) as origin:
        watchers.run(story, origin.url, environment=quick, clock=skipping)


def test_a_service_that_fails_from_the_start_says_so(watchers, quick):
    """Nothing is known of what is deployed but why."""
    with Origin(then=answer(500)) as origin:
        report = watchers.ask("deployment", origin.url, environment=quick)
        assert (report.version, report.error, report.stale) == (None, "HTTP 500", False)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # httpx's own generators, under trio
def test_row_41_no_answer_takes_more_than_a_mebibyte(watchers, quick):
    """A bomb of a hundred mebibytes is an answer like any other: online, and nothing that could be read of it."""
    import tracemalloc

    with Origin(then=gzip_bomb(100 * 1024 * 1024)) as origin:
        tracemalloc.start()
        try:
            status = watchers.ask("status", origin.url, environment=quick)
            health = watchers.ask("health", origin.url, environment=quick)
            deployment = watchers.ask("deployment", origin.url, environment=quick)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (status.online, health.level, deployment.error) == (True, Level.HEALTHY, None)
    assert peak < 12 * 1024 * 1024
    assert all(request.header("accept-encoding") == "gzip, deflate" for request in origin.requests)
