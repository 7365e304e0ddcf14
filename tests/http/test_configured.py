"""Options from the settings, requests in the log, and what a response tells of its attempts."""

from __future__ import annotations

import logging

import httpx
import pytest
from tests.origins import Origin, answer, big, close_before_headers, drip

from resilience import CircuitBreaker, Consecutive, Fixed
from resilience.config import Settings, SettingsError
from resilience.http import Origins
from resilience.http._configured import options_of
from resilience.http._plan import Plan


def test_defaults_in_code_and_settings_are_the_same():
    """Whoever changes one must change the other."""
    plan, default = Origins.from_settings(Settings(environment={})).plan, Plan()
    assert plan.replace(backoff=default.backoff) == default
    chosen, built = plan.backoff, default.backoff
    assert [chosen.delay(n, 1.0) for n in (1, 2, 9)] == [built.delay(n, 1.0) for n in (1, 2, 9)]


def test_every_number_of_the_settings_arrives(package):
    """Milliseconds become seconds, 0 for the total means none, and each origin's breaker has the settings' numbers."""
    settings = Settings(
        environment={
            "RETRY_MAX_ATTEMPTS": "5",
            "RETRY_INITIAL_DELAY_MS": "200",
            "RETRY_MAX_DELAY_MS": "300",
            "RETRY_JITTER": "none",
            "RETRY_STATUS_CODES": "429,503",
            "TIMEOUT_HTTP_REQUEST": "2500",
            "TIMEOUT_TOTAL": "9000",
            "CIRCUIT_BREAKER_FAILURE_THRESHOLD": "2",
            "CIRCUIT_BREAKER_RESET_TIMEOUT_MS": "7000",
            "LOG_REQUESTS": "true",
        }
    )
    origins = Origins.from_settings(settings)
    plan = origins.plan
    assert (plan.attempts, plan.attempt_timeout, plan.total_timeout) == (5, 2.5, 9.0)
    assert plan.retry_statuses == {429, 503}
    assert [plan.backoff.delay(number, 0.5) for number in (1, 2)] == [0.2, 0.3]
    assert (plan.log_requests, plan.log_responses) == (True, False)
    breaker = origins.of(package.URL("http://origin/")).breaker
    assert (breaker.trip.failures, breaker.open_seconds(0)) == (2, 7.0)


def test_code_beats_the_global_settings_and_an_operator_beats_the_code():
    """Only who names the service overrules what the code says of it."""
    settings = Settings(environment={"RETRY_MAX_ATTEMPTS": "5", "RESILIENCE__SHOP__TIMEOUT__HTTP_REQUEST": "1000"})
    plan = Origins.from_settings(settings.service("shop"), attempts=2, attempt_timeout=30).plan
    assert (plan.attempts, plan.attempt_timeout) == (2, 1.0)


def test_a_name_is_no_settings():
    """The name of a service in the place of settings, and settings of one service with the name of another."""
    with pytest.raises(TypeError) as caught:
        Origins.from_settings("rates")
    allowed = "Settings or ServiceSettings, or None for the process's; a service's name goes to service="
    assert str(caught.value) == f"settings='rates': must be {allowed} (docs/http.md)"
    with pytest.raises(
        TypeError, match=r"^service='rates': must be None, for settings= is that of one service \(docs/"
    ):
        Origins.from_settings(Settings(environment={}).service("pay"), service="rates")


def test_a_setting_that_cannot_stand_is_named():
    """When it is used, with its variable."""
    with pytest.raises(SettingsError, match="RETRY_MAX_ATTEMPTS"):
        Origins.from_settings(Settings(environment={"RETRY_MAX_ATTEMPTS": "many"}))


def test_requests_are_logged_for_who_asks_and_without_secrets(users, caplog):
    """Each attempt, how it ended, the status: and not one word of userinfo, tokens or headers."""
    canary = "c4n4ry"
    caplog.set_level(logging.INFO, logger="resilience.http")

    def story(client):
        url = f"http://{canary}:{canary}@127.0.0.1:{origin.port}/a?token={canary}&page=2"
        yield client.get(url, headers={"Authorization": canary})

    with Origin(close_before_headers, then=answer()) as origin:
        users.run(story, backoff=Fixed(0), log_requests=True, log_responses=True)
    ours = [record.getMessage() for record in caplog.records if record.name == "resilience.http"]
    place = f"GET http://***@127.0.0.1:{origin.port}/a?token=***&page=2"
    assert ours[0] == f"{place}, attempt 1"
    assert ours[1].startswith(f"{place}: RemoteProtocolError in ")
    assert ours[2] == f"{place}, attempt 2"
    assert ours[3].startswith(f"{place}: 200 in ")
    assert canary not in "".join(ours)
    records = [record for record in caplog.records if record.name == "resilience.http"]
    assert [(one.resilience_method, one.resilience_attempt) for one in records] == [
        ("GET", number) for number in (1, 1, 2, 2)
    ]
    assert {one.resilience_url for one in records} == {place.removeprefix("GET ")}
    assert records[1].resilience_error == "RemoteProtocolError"
    assert records[3].resilience_status == 200
    assert records[3].resilience_duration >= 0
    assert canary not in "".join(f"{vars(one)}" for one in records)


def test_row_59_a_request_cannot_forge_a_line(users, caplog):
    """Its method is the user's text as well, and so is what a transport says of it."""
    caplog.set_level(logging.INFO, logger="resilience.http")
    nasty = "PUT\r\nall is well \x1b[31m"

    def story(client):
        with pytest.raises(users.package.HTTPError):
            yield client.request(nasty, origin.url)

    with Origin() as origin:
        users.run(story, log_requests=True, log_responses=True)
    ours = [record for record in caplog.records if record.name == "resilience.http"]
    assert len(ours) == 2
    assert all(record.getMessage().startswith(r"PUT\r\nALL IS WELL \x1b[31M http://") for record in ours)
    assert all(record.getMessage().isprintable() and record.resilience_method.isprintable() for record in ours)


def test_nothing_is_logged_unasked(users, caplog):
    """The default is silence."""
    caplog.set_level(logging.INFO, logger="resilience.http")
    with Origin() as origin:
        users.get(origin.url)
    assert [record for record in caplog.records if record.name == "resilience.http"] == []


def test_a_response_tells_of_its_attempts(users, skipping):
    """How many there were, and how long the last one took to its headers, without the waits before it."""

    def story(client):
        response = yield client.get(origin.url)
        told = response.extensions["resilience"]
        assert told["attempts"] == 3
        assert 0 < told["response_time"] < 5

    with Origin(answer(500), answer(500), then=answer()) as origin:
        users.run(story, clock=skipping, backoff=Fixed(50))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # httpx's own generators, under trio
def test_who_wants_no_more_than_so_much_gets_no_more(users):
    """The rest of a body is left where it is, and the connection with it."""

    def story(client):
        request = client.build_request("GET", origin.url, extensions={"resilience.read_at_most": 100_000})
        response = yield client.send(request, stream=True)
        pieces = yield users.pieces(response)
        assert 100_000 <= sum(map(len, pieces)) < 500_000
        (state,) = client.snapshot().origins
        assert state.breaker.failures == 0

    with Origin(then=big(50_000_000)) as origin:
        users.run(story)


def test_the_time_of_an_attempt_covers_a_body_that_is_read_in_part(users):
    """A drip is ended by the attempt's limit as in a body that is read whole."""

    def story(client):
        request = client.build_request("GET", origin.url, extensions={"resilience.read_at_most": 100_000})
        with pytest.raises(users.guards.CallTimeoutError):
            yield client.send(request, stream=True)

    with Origin(then=drip(1000, every=0.05)) as origin:
        users.run(story, attempt_timeout=0.2, attempts=1)


@pytest.fixture
def process(monkeypatch):
    """A function that sets variables and reloads the process's settings, which are put back at the end."""
    from resilience import config

    def change(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return config.reload()

    config.settings()
    yield change
    monkeypatch.undo()
    config.reload()


def test_a_reload_reaches_what_lives(users, process):
    """Attempts, limits and the breakers' numbers change in place; what is counted stays, what the code says stays."""

    def story(client):
        yield client.get(origin.url)
        process(RETRY_MAX_ATTEMPTS="2", CIRCUIT_BREAKER_FAILURE_THRESHOLD="4", TIMEOUT_HTTP_REQUEST="700")
        assert (origins.plan.attempts, origins.plan.attempt_timeout) == (2, 3.0)
        yield client.get(origin.url)
        (state,) = client.snapshot().origins
        assert (state.breaker.failures, state.breaker.state, origin.count()) == (3, "closed", 3)
        yield client.get(origin.url)
        (state,) = client.snapshot().origins
        assert (state.breaker.state, origin.count()) == ("open", 4)

    process(RETRY_MAX_ATTEMPTS="1", RETRY_INITIAL_DELAY_MS="0")
    origins = Origins.from_settings(attempt_timeout=3)
    with Origin(then=answer(500)) as origin:
        users.run(story, origins=origins)


def test_a_breaker_of_the_codes_own_is_left_alone(process, package):
    """A reload has no say in what the code has made itself; without any breaker there is nothing to change."""
    own = CircuitBreaker("own", trip=Consecutive(7))
    mine, none = Origins.from_settings(breaker=own), Origins.from_settings(breaker=None)
    for origins in (mine, none):
        origins.of(package.URL("http://origin/"))
    process(CIRCUIT_BREAKER_FAILURE_THRESHOLD="3")
    assert own.trip.failures == 7
    assert none.of(package.URL("http://origin/")).breaker is None


def test_settings_that_were_given_are_not_followed(process):
    """Who gives a reading of his own keeps it."""
    origins = Origins.from_settings(Settings(environment={}))
    process(RETRY_MAX_ATTEMPTS="9")
    assert origins.plan.attempts == 3


def test_decorrelated_jitter_from_the_settings():
    """A documented value of RETRY_JITTER works for clients too."""
    for initial, kind in (("100", "Decorrelated"), ("0", "Exponential")):
        settings = Settings(environment={"RETRY_JITTER": "decorrelated", "RETRY_INITIAL_DELAY_MS": initial})
        assert type(options_of(settings, {})["backoff"]).__name__ == kind


def test_what_is_configured_can_be_seen():
    """Whoever wonders whether a variable arrived prints the origins."""
    settings = Settings(environment={"RESILIENCE__SHOP__RETRY__MAX_ATTEMPTS": "5", "TIMEOUT_HTTP_REQUEST": "2500"})
    origins = Origins.from_settings(settings, service="shop", total_timeout=9)
    assert repr(origins) == "<Origins 'shop': 5 attempts, 2.5 s each, 9 s in all; 0 met>"
    origins.of(httpx.URL("https://shop.example/"))
    assert repr(origins).endswith("; 1 met>")
    assert repr(Origins(attempts=1, attempt_timeout=None)) == "<Origins: 1 attempt; 0 met>"
