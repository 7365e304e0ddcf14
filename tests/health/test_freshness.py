"""How long a result is good for, and whose result counts."""

import asyncio
import threading
import time

from resilience.health import HealthRegistry, Level


def test_a_result_is_fresh_from_when_it_was_found(clock):
    """Not from when the check began: a slow one would never be given again."""
    registry, calls = HealthRegistry(ttl=10, timeout=60, clock=clock), []

    def slow():
        calls.append(1)
        clock.advance(30)

    registry.add("slow", slow)
    registry.report()
    clock.advance(9.9)
    registry.report()
    assert len(calls) == 1
    clock.advance(0.1)
    registry.report()
    assert len(calls) == 2


def test_a_result_of_a_run_that_was_given_up_is_not_heard():
    """A forked child begins anew, and what was begun before says nothing in it; who waited for it knows nothing good."""
    registry, gate, begun = HealthRegistry(ttl=60, timeout=20), threading.Event(), threading.Event()

    def check():
        begun.set()
        gate.wait(20)

    registry.add("slow", check, critical=False)
    reports = []
    thread = threading.Thread(target=lambda: reports.append(registry.report()))
    thread.start()
    assert begun.wait(20)
    registry.reset_after_fork()
    gate.set()
    thread.join(20)
    assert registry.known() is None
    (report,) = reports
    assert (report.level, report.checks) == (Level.UNHEALTHY, ())


def test_a_program_that_is_degraded_has_started():
    """And stays so: the startup probe asks nobody any more."""
    registry, levels = HealthRegistry(ttl=0), ["unhealthy", "degraded", "unhealthy"]
    registry.add("one", lambda: levels.pop(0))
    assert (registry.report("startup").level, registry.started) == (Level.UNHEALTHY, False)
    assert (registry.report("startup").level, registry.started) == (Level.DEGRADED, True)
    assert registry.report("startup").level is Level.HEALTHY
    assert levels == ["unhealthy"]


def test_row_42_nobody_waits_for_a_check_whose_loop_was_closed():
    """It can never end: who shares the run from a thread is told soon, not when its time is over."""
    registry = HealthRegistry(ttl=0, timeout=60)

    async def slow():
        await asyncio.sleep(60)

    registry.add("slow", slow)
    loop = asyncio.new_event_loop()
    task = loop.create_task(registry.areport())
    loop.run_until_complete(asyncio.sleep(0.05))
    reports = []
    thread = threading.Thread(target=lambda: reports.append(registry.report()), daemon=True)
    thread.start()
    ends = time.monotonic() + 20
    while len(registry.entries()[0].run._wakers) < 2 and time.monotonic() < ends:
        time.sleep(0.001)
    left = asyncio.all_tasks(loop)
    for each in left:
        each._log_destroy_pending = False
    loop.close()
    thread.join(20)
    assert [report.level for report in reports] == [Level.UNHEALTHY]
    assert not task.done()
    for each in left:
        each.get_coro().close()
