"""Event logging: a line per notable event, by severity, limited, with fields and without secrets."""

import logging

import pytest

import resilience as r
from resilience import _names, events, telemetry
from resilience.telemetry import _flood, _wording
from resilience.telemetry._tally import COUNTED, told

CANARY = "canary-7f3a"


def down(*_):
    raise ConnectionError(f"down with {CANARY}")


@pytest.fixture
def lines(caplog):
    """What was logged: `(level, message)`."""
    caplog.set_level(logging.DEBUG, logger="resilience.events")
    return lambda: [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "resilience.events"]


def test_a_line_per_event_by_severity(world, clock, lines, caplog):
    """Retry info, last attempt warning, circuit open error; the fields are attributes of the record."""
    breaker = r.CircuitBreaker("log-breaker", trip=r.Consecutive(2), clock=clock, random=lambda: 0.0)
    retry = r.Retry(attempts=2, backoff=r.Fixed(1), clock=clock)
    policy = r.Pipeline(retry, breaker, clock=clock)
    with telemetry.enable_logging():
        with pytest.raises(ConnectionError):
            world.call(policy, down)
        with pytest.raises(r.CircuitOpenError):
            world.call(breaker, down)
    with pytest.raises(r.CircuitOpenError):
        world.call(breaker, down)
    name = breaker.name
    assert lines() == [
        ("INFO", f"{retry.name}: attempt 1 failed (ConnectionError), the next in 1 s"),
        ("ERROR", f"{name}: from closed to open: failures, retry in 30 s"),
        ("WARNING", f"{retry.name}: gave up at attempt 2 (ConnectionError): attempts"),
        ("WARNING", f"{name}: refused a call: open, retry in 30 s"),
    ]
    first = next(one for one in caplog.records if one.name == "resilience.events")
    assert (first.resilience_event, first.resilience_policy) == ("RetryScheduled", retry.name)
    assert (first.resilience_attempt, first.resilience_delay, first.resilience_error) == (1, 1.0, "ConnectionError")


def test_an_outage_does_not_flood(clock, lines):
    """Five lines a minute of one kind and policy; then how many were left out, with the next one or at the end."""
    breaker = r.CircuitBreaker("flood", initial_state="isolated", clock=clock)
    other = r.CircuitBreaker("flood-other", initial_state="isolated", clock=clock)

    def refused(policy, times):
        for _ in range(times):
            with pytest.raises(r.CircuitOpenError):
                policy.call(down)

    with telemetry.enable_logging(clock=clock) as log:
        refused(breaker, 100)
        refused(other, 1)
        assert len(lines()) == 6
        clock.advance(60)
        refused(breaker, 1)
        assert lines()[6:] == [
            ("WARNING", f"{breaker.name}: 95 more CallRejected suppressed"),
            ("WARNING", f"{breaker.name}: refused a call: isolated"),
        ]
        refused(breaker, 7)
    assert lines()[-1] == ("WARNING", f"{breaker.name}: 3 more CallRejected suppressed")
    count = len(lines())
    log.close()
    assert len(lines()) == count


def test_enabling_it_again_writes_no_line_twice(clock, lines):
    """One for each logger: the last one closed ends it, and other options for the same logger are refused."""
    retry = r.Retry(attempts=1, name="log-twice", clock=clock)

    def gives_up():
        with pytest.raises(ConnectionError):
            retry.call(down)
        return len(lines())

    elsewhere = logging.getLogger("resilience.events.elsewhere")
    with telemetry.enable_logging() as first, telemetry.enable_logging(elsewhere):
        with telemetry.enable_logging() as second:
            assert gives_up() == 1
            second.close()
        assert gives_up() == 2
        with pytest.raises(ValueError, match=r"limit=7.*close\(\)"):
            telemetry.enable_logging(limit=7)
        first.close()
        assert gives_up() == 2
        with telemetry.enable_logging(limit=7):
            assert gives_up() == 3


def test_streams_of_the_flood_are_bounded(clock):
    """However many policies log, the table of what was told stays small."""
    flood = _flood.Flood(1, 60.0, clock.now)
    for number in range(10_000):
        assert flood.admit(number) == (True, 0)
    assert len(flood._streams) == 2000
    assert flood.admit(9_999) == (False, 0)
    assert flood.rest() == {9_999: 1}
    assert flood.rest() == {}


def test_a_stream_that_begins_anew_drives_out_no_other(clock):
    """It has a place already, and what was suppressed in another is not forgotten for it."""
    flood = _flood.Flood(1, 60.0, clock.now)
    for number in (*range(2000), 0):
        flood.admit(number)
    clock.advance(60)
    assert flood.admit(1) == (True, 0)
    assert flood.admit(0) == (True, 1)


def test_structlog_gets_the_fields_as_its_own(clock):
    """With the extra, through structlog's own test kit."""
    structlog = pytest.importorskip("structlog")
    retry = r.Retry(attempts=1, name="structured", clock=clock)
    kept, raises = structlog.testing.capture_logs(), pytest.raises(ConnectionError)
    with kept as logs, telemetry.enable_logging(structlog=True), raises:
        retry.call(down)
    assert logs == [
        {
            "event": f"{retry.name}: gave up at attempt 1 (ConnectionError): attempts",
            "log_level": "warning",
            "kind": "RetryGaveUp",
            "policy": retry.name,
            "attempt": 1,
            "elapsed": 0.0,
            "reason": "attempts",
            "error": "ConnectionError",
        }
    ]


@pytest.mark.parametrize("kind", sorted(COUNTED, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_every_event_has_words_and_a_level(kind):
    """Each class that is recorded can be told, whatever its optional fields hold."""
    needed = {name: 1 for name in kind._fields if not hasattr(kind, name)}
    needed.update({name: "open" for name in ("old", "new", "reason") if name in needed}, policy="p")
    event = kind(**needed)
    assert _wording.words_of(event, told(event, 0.0)).isprintable()
    assert _wording.level_of(event) in {logging.INFO, logging.WARNING, logging.ERROR}
    assert set(_wording.LEVELS) == set(COUNTED)


def test_row_58_no_argument_or_text_of_an_error_is_logged(clock, caplog):
    """A canary in arguments, results and errors stands in no line and in no field."""
    caplog.set_level(logging.DEBUG)
    policy = r.Pipeline(r.Fallback(CANARY), r.Retry(attempts=2, backoff=r.Fixed(0)), r.CircuitBreaker(), clock=clock)
    with telemetry.enable_logging():
        assert policy.call(down, CANARY) == CANARY
    assert caplog.records
    assert CANARY not in "".join(f"{vars(one)}" for one in caplog.records)


def test_row_59_a_forged_line_is_escaped(clock, caplog):
    """Line ends, escapes and direction marks from wherever they come do not reach the log."""
    nasty = "x\r\nERROR root: forged\x1b[2J\u202e"
    caplog.set_level(logging.INFO, logger="resilience.events")
    breaker = r.CircuitBreaker(clock=clock)
    breaker.name = nasty
    with telemetry.enable_logging():
        breaker.tell(events.CallRejected, reason=nasty, key=nasty)
        breaker.tell(events.CacheLoadFailed, error=type(nasty, (Exception,), {})())
    refused, failed = caplog.records
    assert refused.getMessage().isprintable()
    assert refused.resilience_policy.isprintable()
    assert refused.resilience_key.isprintable()
    assert failed.getMessage().isprintable()
    assert failed.resilience_error.isprintable()


def test_row_60_a_child_has_its_own_count_and_lock(clock, lines, monkeypatch):
    """What a forked child resets, done here: a lock that was held is free, and the parent's rest is not told twice."""
    breaker = r.CircuitBreaker("log-child", initial_state="isolated", clock=clock)
    monkeypatch.setattr(_names, "_LIVE", {})
    with telemetry.enable(clock=clock) as recorder, telemetry.enable_logging(clock=clock, limit=1) as log:
        for _ in range(3):
            with pytest.raises(r.CircuitOpenError):
                breaker.call(down)
        with log._lines._flood._lock, recorder._lock:
            _names._reset_all()
            with pytest.raises(r.CircuitOpenError):
                breaker.call(down)
        assert recorder.all_events()[breaker.name]["events"] == {"refused": {"isolated": 1}}
    assert len(lines()) == 2


@pytest.mark.parametrize("options", [{"limit": 0}, {"per": -1}, {"structlog": "yes"}], ids=str)
def test_row_54_wrong_options_of_the_log_are_refused(options):
    """By name."""
    with pytest.raises((ValueError, TypeError), match=next(iter(options))):
        telemetry.enable_logging(**options)
