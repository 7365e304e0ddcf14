"""The process around: forks, exits, imports."""

import os
import subprocess
import sys
import threading
import time

import pytest

import resilience
from resilience import Cache, CircuitBreaker, Pipeline, Retry, RetryBudget, Timeout

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def in_child(function):
    """The exit code of a forked child: 0 if the function returned True.

    The child is not traced: in the parent another thread may just hold the lock of coverage's own data.
    """
    tracer = sys.gettrace()
    sys.settrace(None)
    child = os.fork()
    if child:
        sys.settrace(tracer)
    else:
        code = 1
        try:
            threading.settrace(None)
            code = 0 if function() else 2
        finally:
            os._exit(code)
    for _ in range(3000):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        threading.Event().wait(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "hung"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.stress
def test_row_60_a_fork_in_the_middle_of_threads():
    """Children forked while threads hold every lock work at once: no lock of the parent's is left held."""
    budget = RetryBudget()
    breaker = CircuitBreaker(trip=resilience.FailureRate(1.0, calls=10, min_calls=10))
    cache = Cache(ttl=0.0001)
    timeout = Timeout(30, thread=4)
    policy = Pipeline(cache, Retry(budget=budget), breaker)
    stop = threading.Event()

    def work():
        while not stop.is_set():
            policy.call(abs, 3)
            cache.set("a", 1)

    def check():
        resilience.CircuitBreaker.named("in the child")
        slow = timeout.call(abs, -2)
        return policy.call(abs, 3) == 3 and cache.get("b", 5) == 5 and slow == 2 and budget.balance() > 0

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    try:
        assert [in_child(check) for _ in range(10)] == [0] * 10
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.parametrize("held", ["circuit", "breaker", "budget", "timeout"])
def test_row_60_a_lock_that_is_held_in_the_parent_is_free_in_the_child(held):
    """Whoever holds it, nobody in the child does."""
    breaker, budget, timeout = CircuitBreaker(scope="instance"), RetryBudget(), Timeout(30)
    locks = {
        "circuit": breaker.circuit._lock,
        "breaker": breaker._instances._lock,
        "budget": budget._lock,
        "timeout": timeout._lock,
    }

    def check():
        breaker.open()
        return breaker.of(check) is not None and budget.balance() > 0 and timeout.snapshot().overran == 0

    with locks[held]:
        assert in_child(check) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_row_60_a_pool_of_the_parent_has_no_threads_in_the_child():
    """A thread that is idle in the parent is not there in the child, and one that is busy holds no place in it."""
    timeout, release = Timeout(30, thread=1), threading.Event()
    assert timeout.call(abs, -1) == 1
    while not timeout._threads._idle:
        time.sleep(0.001)
    assert in_child(lambda: timeout.call(abs, -2) == 2) == 0
    busy = threading.Thread(target=timeout.call, args=(release.wait, 30))
    busy.start()
    while not timeout._threads.busy:
        time.sleep(0.001)
    assert in_child(lambda: timeout.call(abs, -2) == 2) == 0
    release.set()
    busy.join(30)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_row_60_probes_of_the_parent_hold_no_slot_in_the_child(clock):
    """A half-open circuit's probes belong to the parent."""
    breaker = CircuitBreaker(clock=clock, scope="instance")
    breaker.open()
    clock.advance(40)
    permit = breaker.acquire()
    assert in_child(lambda: breaker.acquire() is not None) == 0
    permit.release()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_row_9_children_draw_different_jitter():
    """Two children do not draw the same delays."""
    from resilience._chance import chance

    chance()
    seen = []
    for _ in range(3):
        read, write = os.pipe()
        child = os.fork()
        if not child:
            os.write(write, repr([chance() for _ in range(3)]).encode())
            os._exit(0)
        os.waitpid(child, 0)
        seen.append(os.read(read, 1000))
        os.close(read)
        os.close(write)
    assert len(set(seen)) == 3


def run_python(code):
    return subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, timeout=60, check=False)


def test_row_62_exit_with_work_under_way():
    """Abandoned threads, permits and timers do not hold up, or speak at, the interpreter's end."""
    done = run_python(
        "import resilience, threading\n"
        "from resilience.testing import FakeClock\n"
        "clock = FakeClock()\n"
        "breaker = resilience.CircuitBreaker(clock=clock); breaker.open(); clock.advance(40)\n"
        "permit = breaker.acquire()\n"
        "try: resilience.Timeout(1, thread=True, clock=clock).call(threading.Event().wait)\n"
        "except TimeoutError: pass\n"
        "resilience.Timeout(30, thread=True).call(int)\n"
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_lazy_names():
    """`Cache` loads at its first use, an unknown name is an `AttributeError`, `dir` and `__all__` agree."""
    done = run_python(
        "import sys, resilience\n"
        "assert 'cachetools' not in sys.modules\n"
        "assert resilience.Cache is resilience.cache\n"
        "assert 'cachetools' in sys.modules\n"
        "assert all(hasattr(resilience, name) for name in resilience.__all__)\n"
        "try: resilience.Cash\n"
        "except AttributeError as error: assert 'Cash' in str(error)\n"
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert resilience.__getattr__("events").Event.__name__ == "Event"
    with pytest.raises(AttributeError, match="Cash"):
        resilience.Cash  # noqa: B018 - the look is the test


def test_decorator_names_are_the_classes():
    """The lower-case names are the same classes."""
    assert resilience.retry is resilience.Retry
    assert resilience.circuit_breaker is resilience.CircuitBreaker
    assert resilience.cache is resilience.Cache
    assert resilience.timeout is resilience.Timeout
    assert resilience.fallback is resilience.Fallback


@pytest.mark.skipif(sys.platform == "win32", reason="libfaketime is for POSIX; the clock is monotonic everywhere")
def test_row_20_wall_clock_steps_move_nothing(monkeypatch):
    """A wall clock that is set a day back or forth changes no state: only dumps read it."""
    import time

    breaker = CircuitBreaker()
    breaker.open()
    before = breaker.snapshot().open_for
    for step in (86_400, -86_400):
        monkeypatch.setattr(time, "time", lambda step=step: 1e9 + step)
        assert breaker.state == "open"
        assert abs(breaker.snapshot().open_for - before) < 5
