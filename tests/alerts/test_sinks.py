"""Sinks: the log, functions, webhooks by real servers; broken ones harm nobody."""

import json
import logging
import threading
import time

import httpx
import pytest
from tests.alerts.figures import Figure
from tests.origins import closed_port
from tests.section_fields import documented, fields

import resilience as r
from resilience.alerts import Alert, Alerts, LogSink, Rule, Webhook

CANARY = "canary-7f3a"


def test_a_function_is_a_sink():
    """It gets the alert, and then its end."""
    told = []
    figure = Figure(told.append)
    figure.flip()
    figure.flip()
    assert [(alert.rule, alert.state, alert.severity) for alert in told] == [
        ("queue", "firing", "critical"),
        ("queue", "resolved", "critical"),
    ]
    assert figure.sink()["sent"] == 2


def test_the_log_has_a_line_for_each(caplog):
    """By severity; a recovery is info; the fields are there."""
    caplog.set_level(logging.INFO, "resilience.alerts")
    figure = Figure(LogSink())
    figure.flip()
    figure.flip()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("CRITICAL", "critical: queue is 9, above 5"),
        ("INFO", "resolved: queue is 5, no longer above 5"),
    ]
    assert caplog.records[0].alert["rule"] == "queue"


def test_a_broken_sink_harms_no_other_and_no_call(caplog):
    """One raises, one exits, one hangs; the last is told all the same."""
    gate, told = threading.Event(), []

    def broken(alert):
        raise ValueError(f"token={CANARY}")

    def leaving(alert):
        raise SystemExit(3)

    def hanging(alert):
        gate.wait(30)

    figure = Figure(broken, leaving, hanging, told.append)
    figure.alerts.check()
    ends = time.monotonic() + 20
    while not told:
        assert time.monotonic() < ends
        time.sleep(0.001)
    assert r.Retry(attempts=1).call(int, "7") == 7
    figure.alerts.flush(0.2)
    sinks = figure.alerts.told()["sinks"]
    assert [(one["failed"], one["error"], one["waiting"]) for one in sinks] == [
        (1, "ValueError", 0),
        (1, "SystemExit", 0),
        (0, None, 1),
        (0, None, 0),
    ]
    gate.set()
    assert figure.alerts.flush(20)
    assert CANARY not in caplog.text
    assert "broken did not take an alert: ValueError" in caplog.text


def test_what_waits_for_a_hanging_sink_is_bounded():
    """A hundred; the oldest go, counted."""
    gate, begun, told = threading.Event(), threading.Event(), []

    def slow(alert):
        begun.set()
        gate.wait(30)
        told.append(alert)

    figure = Figure(slow)
    for _ in range(150):
        figure.alerts.check()
        figure.value = 14 - figure.value
        assert begun.wait(20)
    assert figure.sink()["waiting"] <= 101
    gate.set()
    assert figure.alerts.flush(30)
    assert len(told) + figure.sink()["dropped"] == 150
    assert figure.sink()["dropped"] == 49
    assert [alert.state for alert in told] == ["firing", *["firing", "resolved"] * 50]


def test_with_no_thread_free_the_next_look_sends(monkeypatch):
    """Nothing is lost."""
    from resilience.alerts import _outbox

    told = []
    figure = Figure(told.append)
    size = _outbox.POOL.size
    monkeypatch.setattr(_outbox.POOL, "size", 0)
    figure.alerts.check()
    assert (told, figure.alerts.flush(0.1)) == ([], False)
    monkeypatch.setattr(_outbox.POOL, "size", size)
    assert figure.alerts.check() == ()
    assert figure.alerts.flush(20)
    assert len(told) == 1


def test_a_test_alert_goes_to_every_sink():
    """And says who took it."""

    def broken(alert):
        raise ValueError

    told = []
    alerts = Alerts(sinks=[told.append, broken, broken, Webhook(f"http://127.0.0.1:{closed_port()}")])
    found = alerts.test(20)
    assert [alert.rule for alert in told] == ["test"]
    assert list(found.values())[:3] == [None, "ValueError", "ValueError"]
    assert found["webhook 127.0.0.1"].endswith("Error")
    gate = threading.Event()
    assert list(Alerts(sinks=[lambda alert: gate.wait(20)]).test(0.05).values()) == ["not taken within 0.05 s"]
    gate.set()


def test_what_was_taken_before_is_no_answer_to_a_test():
    """One that waited was delivered, the test was not."""
    gate, told = threading.Event(), []

    def sink(alert):
        assert gate.wait(20)
        told.append(alert)
        if alert.rule == "test":
            raise ValueError

    figure = Figure(sink)
    figure.alerts.check()
    threading.Timer(0.05, gate.set).start()
    assert list(figure.alerts.test(20).values()) == ["ValueError"]
    assert [alert.rule for alert in told] == ["queue", "test"]


def test_the_section_is_as_documented():
    """Every field of the page, and no other; in the snapshot while the alerts live."""
    figure = Figure(list, name="section")
    figure.flip()
    known = r.snapshot()["sections"]["alerts"]
    known = json.loads(json.dumps(known, allow_nan=False))
    for array in ("rules", "active", "recent", "sinks"):
        known[array] = [one for one in known[array] if one.get("rule", one.get("name")) in {"section", "list"}]
    assert known["firing"] >= 1
    recent = fields(known["recent"][0])
    assert {path for path in fields(known, end={"recent"}) if path != "recent"} | {"recent[]"} == documented("alerts")
    assert recent == fields(known["active"][0])
    assert known["rules"][0]["figure"].endswith("<lambda>")


def test_row_58_no_secret_is_in_what_is_sent_logged_or_shown(caplog):
    """The webhook's URL, its headers, the texts of errors."""
    caplog.set_level(logging.DEBUG, "resilience")
    breaker = r.CircuitBreaker("alerts-secret", trip=r.Consecutive(1))
    sent = []

    def service(request):
        sent.append(request.content.decode())
        return httpx.Response(500)

    url = f"https://ann:{CANARY}@hooks.example/T0/{CANARY}?token={CANARY}"
    webhook = Webhook(url, headers={"Authorization": CANARY}, transport=httpx.MockTransport(service))
    alerts = Alerts(Rule("open", "policies.*.state.state", equals="open"), sinks=[webhook, LogSink()])
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    alerts.check()
    assert alerts.flush(30)
    assert sent
    shown = [repr(webhook), repr(alerts), json.dumps(r.snapshot()), caplog.text, *sent]
    assert [text for text in shown if CANARY in text] == []
    with pytest.raises(ValueError, match="url=") as refused:
        Webhook(f"ftp://{CANARY}@a")
    assert CANARY not in str(refused.value)


def fail():
    raise ConnectionError(f"down with {CANARY}")


def test_row_59_odd_names_are_one_line(caplog):
    """Labels from outside are escaped."""
    caplog.set_level(logging.INFO, "resilience.alerts")
    sent, nasty = [], "a\r\nb\x1b[31m\u202ec"

    def service(request):
        sent.append(request.content.decode())
        return httpx.Response(200)

    webhook = Webhook("https://a.example", transport=httpx.MockTransport(service))
    alerts = Alerts(Rule("odd", lambda known: {nasty: 9, "b": nasty}, above=5), sinks=[webhook, LogSink()], source=dict)
    alerts.check()
    assert alerts.flush(20)
    (record,) = caplog.records
    assert record.getMessage().isprintable()
    assert json.loads(sent[0])["label"].isprintable()


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Webhook(7), "url="),
        (lambda: Webhook("hooks.example"), "url="),
        (lambda: Webhook("https://a", transport=7), "transport=7"),
        (lambda: Webhook("https://a", body=7), "body=7"),
        (lambda: LogSink(7), "logger=7"),
    ],
)
def test_row_54_bad_sinks_are_refused(make, named):
    """When they are made."""
    with pytest.raises((TypeError, ValueError), match=named):
        make()


def test_an_alert_reads_well():
    """With and without a label."""
    fields = {"severity": "warning", "limit": 90.0, "condition": "above 90", "since": 0.0, "at": 1.0}
    firing = Alert(rule="disk", label="/", state="firing", value=97.25, **fields)
    assert str(firing) == "warning: disk of / is 97.25, above 90"
    assert str(firing.replace(state="resolved", value=None)) == "resolved: disk of / is gone, no longer above 90"
    opened = firing.replace(rule="circuit", label="pay", value="open", limit="open", condition="equal to open for 30 s")
    assert str(opened) == "warning: circuit of pay is open for 30 s"
    assert str(opened.replace(condition="equal to open")) == "warning: circuit of pay is open"
    assert str(opened.replace(state="resolved", value="closed")).endswith("is closed, no longer equal to open for 30 s")
    assert str(firing.replace(label="", value="open")) == "warning: disk is open, above 90"
