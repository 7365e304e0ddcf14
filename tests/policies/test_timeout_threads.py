"""Timeout with `thread=True`: the pool, what is left behind in it, and its context."""

import asyncio
import contextvars
import threading

import pytest

import resilience
from resilience import CallTimeoutError, Timeout
from resilience.testing import FakeClock


def test_row_26_threads_are_left_behind_and_counted():
    """With `thread=True` the caller goes on; the thread is counted until it ends."""
    clock = FakeClock()
    timeout = Timeout(2, thread=True, clock=clock)
    release, begun = threading.Event(), threading.Event()

    def hang():
        begun.set()
        release.wait(30)

    with pytest.raises(CallTimeoutError):
        timeout.call(hang)
    assert begun.wait(30)
    assert timeout.snapshot().abandoned == 1
    release.set()
    assert wait_until(lambda: timeout.snapshot().abandoned == 0)


def wait_until(condition):
    pause = threading.Event()
    for _ in range(5000):
        if condition():
            return True
        pause.wait(0.001)
    return False


def test_row_26_a_full_pool_refuses():
    """A pool full of abandoned calls is a `BulkheadFullError`, and frees up when they end."""
    clock = FakeClock()
    timeout = Timeout(1, thread=1, clock=clock)
    release = threading.Event()
    with pytest.raises(CallTimeoutError):
        timeout.call(release.wait, 30)
    with pytest.raises(resilience.BulkheadFullError, match="all 1 threads are busy"):
        timeout.call(int)
    release.set()
    assert wait_until(lambda: timeout._threads.busy == 0)
    assert timeout.call(int, "7") == 7


def test_thread_results_and_errors():
    """Values, `None`, errors and `BaseException`s come back from the thread."""
    timeout = Timeout(30, thread=True)
    assert timeout.call(int, "7") == 7
    assert timeout.call(lambda: None) is None
    with pytest.raises(ValueError, match="invalid literal"):
        timeout.call(int, "x")
    with pytest.raises(KeyboardInterrupt):
        timeout.call(lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert threading.current_thread().name != timeout.call(lambda: threading.current_thread().name)


def test_row_63_context_reaches_the_thread_and_does_not_leak():
    """The thread sees the caller's context variables; what it sets stays there."""
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("caller")

    def work():
        before = variable.get()
        variable.set("thread")
        return before, resilience.remaining() <= 30

    assert Timeout(30, thread=True).call(work) == ("caller", True)
    assert variable.get() == "caller"


def test_an_interrupted_wait_for_a_thread():
    """A wait that is broken off leaves the thread counted as abandoned."""
    timeout = Timeout(5, thread=True, clock=Interrupting())
    release = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        timeout.call(release.wait, 30)
    assert timeout.snapshot().abandoned == 1
    release.set()


class Interrupting(FakeClock):
    def idle(self, event):
        raise KeyboardInterrupt


def test_shutdown_ends_idle_threads():
    """`shutdown` lets the threads go and tells whether any is left; policies stay usable."""
    timeout = Timeout(30, thread=True)
    assert timeout.call(int, "1") == 1
    assert resilience.shutdown(5)
    release = threading.Event()
    with pytest.raises(CallTimeoutError):
        Timeout(1, thread=True, clock=FakeClock()).call(release.wait, 30)
    assert not resilience.shutdown(0)
    release.set()
    assert resilience.shutdown(5)
    assert timeout.call(int, "2") == 2
    with pytest.raises(ValueError, match="timeout=-1"):
        resilience.shutdown(-1)


def test_threads_are_used_again():
    """An idle thread takes the next call."""
    timeout = Timeout(30, thread=True)
    names = {timeout.call(threading.get_ident) for _ in range(5) if wait_until(lambda: timeout._threads.busy == 0)}
    assert len(names) <= 2


def test_idle_threads_leave(monkeypatch):
    """A thread that nobody needs ends by itself."""
    from resilience import _threads

    monkeypatch.setattr(_threads, "_IDLE_SECONDS", 0.001)
    pool = _threads.Threads(1, name="brief")
    done = threading.Event()
    pool.submit(contextvars.Context(), done.set)
    assert done.wait(30)
    assert wait_until(lambda: not any(thread.name == "brief" for thread in threading.enumerate()))


def test_work_that_raises_in_a_pool_is_shown(monkeypatch):
    """An error that nobody waits for goes to the thread's hook, and the place is free again."""
    import sys

    from resilience import _threads

    shown = []
    monkeypatch.setattr(sys, "excepthook", lambda *args: shown.append(args[0]))
    pool = _threads.Threads(1, name="raising")
    pool.submit(contextvars.Context(), lambda: 1 / 0)
    assert wait_until(lambda: pool.busy == 0)
    assert shown == [ZeroDivisionError]


def test_async_calls_ignore_the_pool(clock):
    """`thread=True` concerns plain functions only."""

    async def work():
        return threading.get_ident()

    assert asyncio.run(Timeout(5, thread=True, clock=clock).acall(work)) == threading.get_ident()
