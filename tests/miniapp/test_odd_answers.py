"""Odd addresses, redirects that lead nowhere, and a miniapp that is closed while it is asked."""

from __future__ import annotations

import threading

import httpx
import pytest
from tests.origins import (
    Origin,
    hang_before_headers,
    redirect,
)

from resilience.config import Settings
from resilience.miniapp import Level, Miniapp


@pytest.mark.parametrize("what", ["status", "health", "deployment"])
def test_an_address_that_cannot_be_asked_is_a_report(world, watchers, quick, what):
    """The resolver's UnicodeError, as a proxy's or a transport's own address brings it up, is no exception here."""

    def fail(request):
        return "a..b".encode("idna")

    transport = httpx.MockTransport(fail)
    report = watchers.ask(what, "http://shop.example", environment=quick, transport=transport)
    assert report.error.startswith("Unicode")
    assert getattr(report, "online", False) is False


@pytest.mark.parametrize("location", ["http://[::1", "http:///x", "mailto:ann", "http://a..b/", "/\x7f"])
def test_a_location_that_cannot_be_read_is_an_answer(watchers, quick, location):
    """It is not followed, so it need not be read."""
    with Origin(then=redirect(location, 302)) as origin:
        report = watchers.ask("status", origin.url, environment=quick)
    assert (report.online, report.http_status, report.error) == (True, 302, None)


def test_a_page_that_leads_to_itself_is_not_well(watchers, quick):
    """Nobody gets to see it."""
    with Origin(then=redirect("/#top", 302)) as origin:
        health = watchers.ask("health", origin.url, environment=quick)
    assert (health.level, health.error) == (Level.DEGRADED, "redirects to itself")


def test_closing_while_it_is_asked_is_told_as_that():
    """By no error of a socket that was taken away."""
    with Origin(then=hang_before_headers) as origin:
        app = Miniapp(origin.url, settings=Settings(environment={"TIMEOUT_HTTP_REQUEST": "2000"}), attempts=1)
        timer = threading.Timer(0.2, app.close)
        timer.start()
        report = app.status()
        timer.join()
    assert (report.online, report.error) == (False, "closed")
