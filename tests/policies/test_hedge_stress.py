"""Thousands of hedges leave nothing behind."""

import asyncio
import gc
import threading
from pathlib import Path

import pytest
from tests.policies.hedged import Closable, real_sleep, settle_sync

import resilience
from resilience import Hedge

WITH_TASKS = pytest.mark.worlds("asyncio", "trio", reason="threads have a test of their own")


def open_files():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.stress
@WITH_TASKS
def test_row_27_ten_thousand_hedges_leave_nothing(world):
    """No task, no thread, no descriptor, no error that nobody retrieved."""
    hedge = Hedge(0)

    async def body():
        if resilience.current().attempt == 1:
            await real_sleep(world, 0)
            raise ConnectionError("a loser's error")
        return Closable()

    async def main():
        threads, files = threading.active_count(), open_files()
        for _ in range(10_000):
            assert (await hedge.acall(body)).closed == 0
        for _ in range(5):
            await real_sleep(world, 0)
        tasks = len(asyncio.all_tasks()) - 1 if world.name == "asyncio" else 0
        return tasks, max(0, threading.active_count() - threads), open_files() - files

    assert world.run(main) == (0, 0, 0)
    snapshot = hedge.snapshot()
    assert (snapshot.calls, snapshot.hedged, snapshot.running) == (10_000, 10_000, 0)
    gc.collect()


@pytest.mark.stress
def test_row_27_hedged_threads_leave_nothing():
    """Four threads hedge at once; at the end nothing runs, and every value that was not given is closed."""
    hedge, made, lock = Hedge(0), [], threading.Lock()

    def body():
        value = Closable()
        with lock:
            made.append(value)
        return value

    def many():
        given.extend(hedge.call(body) for _ in range(500))

    given = []
    workers = [threading.Thread(target=many) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    settle_sync(hedge)
    assert resilience.shutdown(5)
    assert len(given) == 2000
    assert not any(value.closed for value in given)
    assert {value.closed for value in made if value not in given} <= {1}
