"""The registry: checks run together in every world, and none delays another."""

import asyncio
import threading
import time

import pytest
from tests.health.conftest import asked

import resilience as r
from resilience.health import HealthRegistry, Level

CANARY = "canary-7f3a"


def test_plain_and_async_checks_run_in_every_world(world, registry):
    """An async one in a plain thread has a loop of its own."""
    seen = []

    @registry.check
    def plain():
        seen.append("plain")

    @registry.check("awaited", critical=False)
    async def _():
        seen.append("awaited")

    if world.name == "trio":
        registry.remove("awaited")
    report = asked(world, registry)
    assert report.level is Level.HEALTHY
    assert sorted(seen) == sorted(check.name for check in report.checks)
    assert plain() is None


def test_a_check_that_hangs_delays_no_other_beyond_its_timeout(world):
    """Twenty quick ones and one that hangs end together, within the timeout of that one; it holds one thread, not more."""
    registry, gate = HealthRegistry(timeout=0.3, ttl=0), threading.Event()
    registry.add("hangs", lambda: gate.wait(20))
    for number in range(20):
        registry.add(f"quick {number}", lambda: None)
    try:
        threads = threading.active_count()
        begun = time.monotonic()
        first = asked(world, registry)
        assert time.monotonic() - begun < 5
        again = [asked(world, registry) for _ in range(3)]
        assert time.monotonic() - begun < 10
        assert threading.active_count() - threads < 25
    finally:
        gate.set()
    for report in (first, *again):
        assert report.level is Level.UNHEALTHY
        assert [check.error for check in report.checks] == ["timeout", *[None] * 20]
    assert first.checks[0].detail == "no answer within 0.3 s"


@pytest.mark.worlds("asyncio", "trio", reason="only tasks are cancelled")
def test_an_async_check_that_hangs_is_cancelled(world, registry):
    """At its timeout, and the next report begins it anew."""
    ended = []

    def hang():
        try:
            yield world.sleep(r._world.SYSTEM_CLOCK, 20)
        finally:
            ended.append("cancelled")

    registry.add("hangs", world.function(hang), timeout=0.05)

    def story():
        for _ in range(2):
            report = yield registry.areport()
            assert report.checks[0].error == "timeout"

    world.session(story)
    assert ended == ["cancelled"] * 2


def test_what_comes_after_the_timeout_is_not_heard(clock):
    """The answer stays `timeout` until the check has ended and is asked anew."""
    clock.autojump = False
    registry, gate, begun = HealthRegistry(timeout=5, ttl=0, clock=clock), threading.Event(), threading.Event()
    calls = []

    def slow():
        calls.append(1)
        begun.set()
        gate.wait(20)

    registry.add("slow", slow)
    reports = []
    thread = threading.Thread(target=lambda: reports.append(registry.report()))
    thread.start()
    assert begun.wait(20)
    clock.advance(5)
    thread.join(20)
    assert registry.report().checks[0].error == "timeout"
    assert len(calls) == 1
    gate.set()
    until(lambda: registry.entries()[0].run.done)
    assert registry.known().checks[0].error == "timeout"
    assert registry.report().checks[0].error is None
    assert [report.checks[0].error for report in reports] == ["timeout"]


def until(condition):
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.001)


def test_a_result_is_given_again_for_its_ttl(world, clock):
    """Then it is asked anew; a ttl of its own beats the registry's."""
    clock.autojump = False
    registry, calls = HealthRegistry(ttl=10, clock=clock), []
    registry.add("long", lambda: calls.append("long"))
    registry.add("short", lambda: calls.append("short"), ttl=1)

    def story():
        report = registry.areport if world.is_async else registry.report
        for seconds in (0, 0.9, 0.2, 9):
            clock.advance(seconds)
            yield report()

    world.session(story)
    assert sorted(calls) == ["long"] * 2 + ["short"] * 3


def test_those_who_ask_meanwhile_share_the_run():
    """Eight threads, one call."""
    registry, gate, calls = HealthRegistry(ttl=60), threading.Event(), []

    def slow():
        calls.append(1)
        gate.wait(20)

    registry.add("slow", slow)
    reports = []
    threads = [threading.Thread(target=lambda: reports.append(registry.report())) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: calls)
    gate.set()
    for thread in threads:
        thread.join(20)
    assert [report.level for report in reports] == [Level.HEALTHY] * 8
    assert len(calls) == 1


@pytest.mark.worlds("asyncio", "trio", reason="only tasks are cancelled")
def test_who_leaves_harms_nobody(world):
    """A report that is cancelled leaves the run to the others, and the next report works."""
    registry, calls = HealthRegistry(ttl=0, timeout=5), []

    def slow():
        calls.append(1)
        yield world.sleep(r._world.SYSTEM_CLOCK, 0.2)

    registry.add("slow", world.function(slow))

    def leave():
        yield registry.areport()

    def story():
        gone = yield world.cancelled(leave)
        report = yield registry.areport()
        assert gone
        assert (report.level, calls) == (Level.HEALTHY, [1])

    world.session(story)


def test_row_42_a_loop_that_ends_under_a_check_leaves_nothing_behind():
    """Three loops one after the other, the first closed without a word."""
    registry, calls = HealthRegistry(ttl=0, timeout=30), []

    async def slow():
        calls.append(1)
        if len(calls) == 1:
            await asyncio.sleep(60)

    registry.add("slow", slow)
    loop = asyncio.new_event_loop()
    task = loop.create_task(registry.areport())
    loop.run_until_complete(asyncio.sleep(0.05))
    left = asyncio.all_tasks(loop)
    for each in left:
        each._log_destroy_pending = False
    loop.close()
    for _ in range(2):
        assert asyncio.run(registry.areport()).level is Level.HEALTHY
    assert len(calls) == 3
    assert not task.done()
    for each in left:
        each.get_coro().close()


def test_a_check_runs_without_the_deadline_and_context_of_who_asks(registry):
    """It is shared by others; its own timeout is the deadline inside."""
    seen = []
    registry.add("looks", lambda: seen.append(r.remaining()), timeout=7)
    with r.deadline(0.5):
        registry.report()
    assert 0.5 < seen[0] <= 7


def test_timeouts_come_from_the_settings(registry, monkeypatch):
    """`TIMEOUT_HEALTH_CHECK`, unless the check or the registry has one."""
    from resilience import config

    seen = []
    registry.add("looks", lambda: seen.append(r.remaining()))
    monkeypatch.setenv("TIMEOUT_HEALTH_CHECK", "2000")
    config.reload()
    try:
        registry.report()
    finally:
        monkeypatch.delenv("TIMEOUT_HEALTH_CHECK")
        config.reload()
    registry.report()
    assert 1 < seen[0] <= 2 < seen[1] <= 5


def test_each_probe_asks_its_checks():
    """Readiness by default, liveness only where it is asked for; the startup probe stays passed."""
    registry, seen = HealthRegistry(ttl=0), []
    well = {"database": False}

    @registry.check
    def database():
        seen.append("database")
        return well["database"]

    registry.add("loop", lambda: seen.append("loop"), probes=["live"])
    assert registry.report("live").level is Level.HEALTHY
    assert seen == ["loop"]
    assert registry.report("ready").level is Level.UNHEALTHY
    assert registry.report("startup").level is Level.UNHEALTHY
    assert not registry.started
    well["database"] = True
    assert registry.report("startup").level is Level.HEALTHY
    well["database"] = False
    seen.clear()
    assert registry.report("startup").level is Level.HEALTHY
    assert (registry.started, seen) == (True, [])
    assert registry.report("ready").level is Level.UNHEALTHY


def test_no_thread_free_is_told_as_an_error(registry, monkeypatch):
    """And ends at once."""
    from resilience.health import _run

    monkeypatch.setattr(_run.POOL, "size", 0)
    registry.add("one", lambda: None)
    (check,) = registry.report().checks
    assert (check.level, check.error) == ("unhealthy", "BulkheadFullError")


@pytest.mark.stress
def test_many_threads_ask_at_once():
    """Every report is complete, whatever is added and removed meanwhile."""
    registry, wrong = HealthRegistry(ttl=0), []
    registry.add("stays", lambda: None)

    def ask():
        for _ in range(20):
            report = registry.report()
            if report.level is not Level.HEALTHY:
                wrong.append(report)

    def change(number):
        for _ in range(20):
            registry.add(f"comes {number}", lambda: None)
            registry.remove(f"comes {number}")

    threads = [threading.Thread(target=ask) for _ in range(6)]
    threads += [threading.Thread(target=change, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
