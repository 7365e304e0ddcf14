"""What circuit breakers of ours and of the peers do."""

import asyncio
import threading
import time

TITLE = "Circuit breaker"
_SOON = 0.05


def resilience():
    import resilience as r

    return r.CircuitBreaker(trip=r.Consecutive(2), reset_timeout=_SOON)


def pybreaker():
    from pybreaker import CircuitBreaker

    return CircuitBreaker(fail_max=2, reset_timeout=_SOON)


def with_tornado():
    """The way of pybreaker for coroutine functions, which needs Tornado."""
    breaker = pybreaker()

    def guard(function):
        return breaker(__pybreaker_call_async=asyncio.iscoroutinefunction(function))(function)

    return guard


def with_exclude():
    from pybreaker import CircuitBreaker

    return CircuitBreaker(fail_max=2, reset_timeout=_SOON, exclude=[KeyboardInterrupt])


def circuitbreaker():
    from circuitbreaker import CircuitBreaker

    return CircuitBreaker(failure_threshold=2, recovery_timeout=_SOON)


def interlock():
    from interlock import CircuitBreaker
    from interlock.config import Config

    config = Config(
        minimum_number_of_calls=2, window_size=2, wait_duration_in_open=_SOON, permitted_calls_in_half_open=1
    )
    return CircuitBreaker(name="probe", config=config)


def pyresilience():
    from pyresilience import CircuitBreakerConfig, resilient

    return resilient(
        circuit_breaker=CircuitBreakerConfig(failure_threshold=2, recovery_timeout=_SOON, success_threshold=1)
    )


LIBRARIES = {
    "resilience": resilience,
    "pybreaker": pybreaker,
    "circuitbreaker": circuitbreaker,
    "interlock-cb": interlock,
    "pyresilience": pyresilience,
}


def guarded(breaker, function):
    """The function behind this breaker, by whatever way it offers."""
    if not callable(breaker):  # pybreaker's own decorator guards no coroutine functions
        raise TypeError("no decorator")
    return breaker(function)


def open_it(call):
    """Let a guarded function fail until it is not called any more."""
    for _ in range(4):
        try:
            call(ConnectionError("down"))
        except Exception:  # the state is what matters
            pass


async def until_it_may_close(call, reached):
    """Let a guarded coroutine function open its circuit, and wait until a probe is due."""
    for _ in range(4):
        try:
            await call(ConnectionError("down"))
        except Exception:  # the state is what matters
            pass
    assert len(reached) < 4, "it guards no coroutine functions: a circuit that never opens has no probes"
    await asyncio.sleep(2 * _SOON)
    reached.clear()


def is_open(call, reached):
    """Is a further call refused?"""
    before = len(reached)
    try:
        call(None)
    except Exception:  # a refusal of any kind
        pass
    return len(reached) == before


def plain(breaker):
    """A guarded plain function that raises what it is given, and a list of the calls that reached it."""
    reached = []

    def body(error):
        reached.append(1)
        if error is not None:
            raise error
        return "ok"

    return guarded(breaker, body), reached


def one_for_plain_and_async(library):
    """Failures of an `async def` open the circuit for a `def`, too."""
    breaker = library()

    async def abody():
        raise ConnectionError

    afunction = guarded(breaker, abody)

    async def main():
        for _ in range(3):
            try:
                await afunction()
            except Exception:  # the state is what matters
                pass

    asyncio.run(main())
    call, reached = plain(breaker)
    return is_open(call, reached)


def calls_run_side_by_side(library):
    """Twenty threads whose calls take 20 ms do not wait for each other."""
    slow = guarded(library(), lambda: time.sleep(0.02))
    threads = [threading.Thread(target=slow) for _ in range(20)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return time.perf_counter() - begun < 0.2


def one_probe_at_a_time(library):
    """Of fifty tasks that come when the circuit may close, one is let through."""
    breaker, reached = library(), []

    async def abody(error):
        reached.append(1)
        if error is not None:
            raise error
        await asyncio.sleep(0.02)

    call = guarded(breaker, abody)

    async def main():
        await until_it_may_close(call, reached)
        await asyncio.gather(*(call(None) for _ in range(50)), return_exceptions=True)

    asyncio.run(main())
    return len(reached) == 1


def one_thread_probes(library):
    """Of ten threads that come when the circuit may close, one at a time is let through."""
    breaker, running, most = library(), [], []

    def body(error):
        if error is not None:
            raise error
        running.append(1)
        most.append(len(running))
        time.sleep(0.01)
        running.pop()

    call = guarded(breaker, body)
    open_it(call)
    time.sleep(2 * _SOON)
    threads = [threading.Thread(target=call, args=(None,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return max(most) == 1


def a_cancelled_probe_gives_its_place_back(library):
    """After a probe was cancelled, the next one is let through."""
    breaker, reached = library(), []

    async def abody(error):
        reached.append(1)
        if error is not None:
            raise error
        await asyncio.sleep(0.2 if len(reached) == 1 else 0)

    call = guarded(breaker, abody)

    async def main():
        await until_it_may_close(call, reached)
        probe = asyncio.ensure_future(call(None))
        await asyncio.sleep(0.01)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        await asyncio.sleep(2 * _SOON)
        await asyncio.gather(call(None), return_exceptions=True)

    asyncio.run(main())
    return len(reached) == 2


def ctrl_c_is_no_failure(library):
    """`KeyboardInterrupt` comes out as it is, and does not open the circuit."""
    call, reached = plain(library())
    for _ in range(4):
        try:
            call(KeyboardInterrupt())
        except KeyboardInterrupt:
            continue
        except BaseException:
            return False
    return not is_open(call, reached)


def late_results_change_nothing(library):
    """A call that began before the circuit opened fails after it has closed again: it does not count."""
    breaker = library()
    call, reached = plain(breaker)
    go = threading.Event()

    def slow():
        go.wait(0.5)  # not for ever: one that runs its calls one by one keeps us out meanwhile
        raise ConnectionError("late")

    late = guarded(breaker, slow)

    def quietly():
        try:
            late()
        except Exception:  # the state is what matters
            pass

    threads = [threading.Thread(target=quietly) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.02)
    open_it(call)
    time.sleep(2 * _SOON)
    call(None)
    go.set()
    for thread in threads:
        thread.join(30)
    return not is_open(call, reached)


ROWS = (
    one_for_plain_and_async,
    calls_run_side_by_side,
    one_probe_at_a_time,
    a_cancelled_probe_gives_its_place_back,
    ctrl_c_is_no_failure,
    late_results_change_nothing,
)
NOTES = {
    ("one_for_plain_and_async", "pybreaker"): ("with Tornado", lambda: one_for_plain_and_async(with_tornado)),
    ("one_probe_at_a_time", "pybreaker"): ("threads only", lambda: one_thread_probes(pybreaker)),
    ("ctrl_c_is_no_failure", "pybreaker"): ("with `exclude=`", lambda: ctrl_c_is_no_failure(with_exclude)),
    ("a_cancelled_probe_gives_its_place_back", "pybreaker"): (
        "with Tornado",
        lambda: a_cancelled_probe_gives_its_place_back(with_tornado),
    ),
}
