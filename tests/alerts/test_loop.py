"""Alerts that look by themselves: a thread that begins, ends, and survives what goes wrong."""

import os
import subprocess
import sys
import threading
import time

import pytest

import resilience as r
from resilience.alerts import Alerts, Rule
from resilience.testing import FakeClock


def until(condition):
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.001)


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "resilience-alerts" and thread.daemon]


class Source:
    """Counts the looks; gives what a test sets, or raises it."""

    def __init__(self):
        self.looks, self.value = 0, {"queue": 1}

    def __call__(self):
        self.looks += 1
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def made(source, told, **options):
    return Alerts(Rule("queue", "queue", above=5), sinks=[told.append], source=source, **options)


def test_it_looks_each_interval(clock):
    """On the clock that it is given, until the end of the block."""
    clock.autojump = False
    source, told = Source(), []
    with made(source, told, interval=10, clock=clock) as alerts:
        until(lambda: source.looks == 1)
        source.value = {"queue": 9}
        step(clock, 10)
        until(lambda: told)
        assert source.looks == 2
        assert alerts.start() is alerts
        step(clock, 9)
        assert source.looks == 2
    assert [alert.state for alert in told] == ["firing"]
    looks = source.looks
    clock.advance(100)
    assert source.looks == looks


def test_a_look_that_takes_long_does_not_put_off_the_next(clock):
    """The interval is from one beginning to the next."""
    clock.autojump = False
    source = Source()

    def slow():
        clock.advance(4)
        return source()

    with made(slow, [], interval=10, clock=clock):
        until(lambda: source.looks == 1)
        step(clock, 6)
        until(lambda: source.looks == 2)


def step(clock, seconds):
    """Once the loop waits for the clock, move it."""
    until(lambda: clock._timers)
    clock.advance(seconds)


def test_what_a_look_raises_is_logged_and_the_next_look_happens(caplog):
    """By its class."""
    source, told = Source(), []
    source.value = ValueError("token=7")
    with made(source, told, interval=0.001):
        until(lambda: source.looks > 2)
        source.value = {"queue": 9}
        until(lambda: told)
    assert "a look at the rules raised ValueError" in caplog.text
    assert "token" not in caplog.text


def test_shutdown_ends_it_and_it_may_begin_again():
    """`resilience.shutdown()` knows of it."""
    source, told = Source(), []
    alerts, others = made(source, told), set(threads())
    alerts.start(interval=60)
    until(lambda: source.looks == 1)
    assert r.shutdown(20)
    until(lambda: not [one for one in set(threads()) - others if "Loop" in repr(getattr(one, "_target", ""))])
    with alerts.start(interval=0.001):
        until(lambda: source.looks > 3)
    assert alerts.close(20)


def test_closing_waits_for_a_look_no_longer_than_it_is_told():
    """A source that hangs is left to its daemon thread."""
    gate = threading.Event()
    alerts = Alerts(Rule("a", "a", above=1), sinks=[], source=lambda: gate.wait(30) and {})
    alerts.start()
    begun = time.monotonic()
    assert not alerts.close(0.1)
    assert time.monotonic() - begun < 5
    gate.set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_row_60_a_forked_child_has_no_thread_until_it_starts_one():
    """And can, though the parent held every lock."""
    source, told = Source(), []
    alerts = made(source, told)
    with alerts, alerts._lock, alerts._evaluation._lock, alerts._outboxes[0]._lock:
        child = os.fork()
        if child == 0:
            source.value = {"queue": 9}
            fresh = alerts._loop is None
            alerts.start(interval=0.001)
            until(lambda: told)
            os._exit(0 if fresh and alerts.close(20) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_row_62_a_program_that_never_closes_it_ends_at_once():
    """Daemon threads hold nobody up."""
    code = (
        "import time; from resilience.alerts import *; "
        "alerts = Alerts(Rule('a', 'totals.calls', above=-1), sinks=[lambda alert: time.sleep(60)]).start(); "
        "time.sleep(0.3)"
    )
    begun = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert time.monotonic() - begun < 30


@pytest.mark.stress
def test_many_threads_look_at_once():
    """Each change is told once."""
    value, told = {"queue": 9}, []
    alerts = Alerts(Rule("queue", "queue", above=5), sinks=[told.append], source=lambda: dict(value), clock=FakeClock())
    for number in (9, 1, 9, 1):
        value["queue"] = number
        workers = [threading.Thread(target=alerts.check) for _ in range(16)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(20)
    assert alerts.flush(20)
    assert [alert.state for alert in told] == ["firing", "resolved"] * 2
