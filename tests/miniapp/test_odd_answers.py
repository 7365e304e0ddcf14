"""Odd addresses, redirects that lead nowhere, and a miniapp that is closed while it is asked."""

from __future__ import annotations

import threading

import httpx
import pytest
from tests.origins import (
    Origin,
    answer,
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


@pytest.mark.parametrize("pages", [("/",), ("/", "/a"), ("/", "/a", "/b", "/c")])
def test_pages_that_lead_to_each_other_are_not_well(watchers, quick, pages):
    """Nobody gets to see them."""
    origin = Origin(then=answer(404))
    for page, following in zip(pages, (*pages[1:], f"{pages[0]}#top"), strict=True):
        origin.at(page, then=redirect(following, 302))
    with origin:
        health = watchers.ask("health", origin.url, environment=quick)
    assert (health.level, health.error) == (Level.DEGRADED, "redirects in a circle, or too often")


def test_pages_that_lead_on_without_end_are_not_well(watchers, quick):
    """Also where each is another, or sets another cookie."""
    asked = []

    def lead_on(request):
        asked.append(request.url.path)
        if request.url.path.startswith("/health") or "livez" in request.url.path:
            return httpx.Response(404)
        return httpx.Response(302, headers={"location": f"/page{len(asked)}", "set-cookie": "seen=1"})

    transport = httpx.MockTransport(lead_on)
    health = watchers.ask(
        "health", "http://shop.example", environment=quick, transport=transport, health_paths=("/health",)
    )
    assert (health.level, health.error) == (Level.DEGRADED, "redirects in a circle, or too often")
    assert len(asked) == 12


def test_a_page_that_leads_to_another_is_judged_by_that(watchers, quick):
    """A login page is well; one that fails is not, and neither is one that hangs."""
    origin = Origin(then=answer(404)).at("/", then=redirect("/login")).at("/login", then=answer(200))
    with origin:
        health = watchers.ask("health", origin.url, environment=quick)
        assert (health.level, health.error) == (Level.HEALTHY, None)
        origin.at("/login", then=answer(500))
        health = watchers.ask("health", origin.url, environment=quick)
    assert (health.level, health.error) == (Level.UNHEALTHY, "HTTP 500")


def test_a_page_that_only_asks_for_a_cookie_is_well(watchers, quick):
    """It leads to itself once, to see that the cookie comes back."""

    def ask_for_cookie(request):
        if request.url.path != "/":
            return httpx.Response(404)
        if "cookie" in request.headers:
            return httpx.Response(200)
        return httpx.Response(302, headers={"location": "/", "set-cookie": "seen=1"})

    transport = httpx.MockTransport(ask_for_cookie)
    health = watchers.ask("health", "http://shop.example", environment=quick, transport=transport)
    assert (health.level, health.error) == (Level.HEALTHY, None)


@pytest.mark.parametrize(
    ("base", "location", "is_followed"),
    [
        ("http://shop.example", "https://shop.example/", True),
        ("https://shop.example", "http://shop.example/", False),
        ("http://shop.example:8080", "https://shop.example/", False),
        ("http://shop.example", "http://shop.example:8080/", False),
        ("http://shop.example", "https://elsewhere.example/", False),
    ],
)
def test_what_is_meant_for_the_service_goes_nowhere_else(watchers, quick, base, location, is_followed):
    """Its own origin is followed to, and its host over TLS: both get the credentials anyway."""
    asked = []

    def lead_away(request):
        asked.append(str(request.url))
        return httpx.Response(404) if request.url.path != "/" else httpx.Response(302, headers={"location": location})

    transport = httpx.MockTransport(lead_away)
    health = watchers.ask("health", base, environment=quick, transport=transport, auth=("ann", "pw"))
    assert (location in asked) is is_followed
    assert health.level is (Level.DEGRADED if is_followed else Level.HEALTHY)


def test_closing_while_it_is_asked_is_told_as_that():
    """By no error of a socket that was taken away."""
    with Origin(then=hang_before_headers) as origin:
        app = Miniapp(origin.url, settings=Settings(environment={"TIMEOUT_HTTP_REQUEST": "2000"}), attempts=1)
        timer = threading.Timer(0.2, app.close)
        timer.start()
        report = app.status()
        timer.join()
    assert (report.online, report.error) == (False, "closed")
