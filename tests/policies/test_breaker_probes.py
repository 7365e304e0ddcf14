"""Circuit breaker: half-open, its probes, their slots and leases."""

import asyncio
import gc
import threading

import pytest
from tests.policies.breakers import fail, failing, fine, opened

from resilience import CircuitBreaker, CircuitOpenError, Consecutive, FailureRate, events
from resilience.testing import FakeClock, Recorder


def test_half_open_when_due_with_no_timer(world, clock):
    """`state` tells half-open when it is due; one probe that succeeds closes it."""
    breaker = opened(clock)
    clock.advance(29.9)
    assert breaker.state == "open"
    clock.advance(0.1)
    assert breaker.state == "half-open"
    assert world.call(breaker, fine) == "fine"
    assert breaker.state == "closed"


def test_a_failing_probe_reopens(world, clock):
    """The first failing probe reopens a breaker that trips on failures in a row."""
    breaker = opened(clock)
    clock.advance(30)
    failing(world, breaker, 1)
    assert breaker.state == "open"
    assert breaker.snapshot().failed_recoveries == 1


def test_n_probes_close_it(clock):
    """With n probes, n successes close it, and n run at once."""
    breaker = opened(clock, half_open_max_calls=3)
    clock.advance(30)
    permits = [breaker.acquire() for _ in range(3)]
    with pytest.raises(CircuitOpenError, match="3 of 3 probes under way") as caught:
        breaker.acquire()
    assert caught.value.retry_after == 30
    for permit in permits[:2]:
        permit.success()
    assert breaker.state == "half-open"
    permits[2].success()
    assert breaker.state == "closed"


def test_probes_of_a_rate(clock):
    """It reopens once the failures reach the trip's rate, and stays half-open below it."""
    breaker = opened(clock, trip=FailureRate(0.5), half_open_max_calls=4)
    clock.advance(30)
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    assert breaker.state == "half-open"
    for _ in range(3):
        breaker.call(fine)
    assert breaker.state == "half-open"
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    assert breaker.state == "open"


@pytest.mark.parametrize("count", [1, 3])
def test_row_17_exactly_n_probes(count):
    """Ten thousand tasks at the flip: exactly n go through while the probes run."""

    async def main():
        clock = FakeClock()
        breaker = opened(clock, half_open_max_calls=count)
        clock.advance(30)
        gate = asyncio.Event()
        begun = 0

        async def probe():
            nonlocal begun
            begun += 1
            await gate.wait()

        tasks = [asyncio.create_task(breaker.acall(probe)) for _ in range(10_000)]
        while sum(task.done() for task in tasks) < 10_000 - count:
            await asyncio.sleep(0)
        assert begun == count
        gate.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(outcome, CircuitOpenError) for outcome in outcomes) == 10_000 - count

    asyncio.run(main())


@pytest.mark.stress
def test_row_17_exactly_n_probes_in_threads():
    """Two hundred threads at the flip: exactly two go through."""
    clock = FakeClock()
    breaker = opened(clock, half_open_max_calls=2)
    clock.advance(30)
    gate, begun, refused = threading.Event(), [], []

    def one():
        try:
            breaker.call(lambda: (begun.append(1), gate.wait(30)))
        except CircuitOpenError:
            refused.append(1)

    threads = [threading.Thread(target=one) for _ in range(200)]
    for thread in threads:
        thread.start()
    while len(refused) < 198:
        gate.wait(0.001)
    gate.set()
    for thread in threads:
        thread.join(30)
    assert (len(begun), len(refused)) == (2, 198)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_row_10_and_16_base_exceptions_return_the_slot(clock, kind):
    """A probe that ends by a `BaseException` is neither success nor failure, and its slot is free."""
    breaker = opened(clock)
    clock.advance(30)

    def stop():
        raise kind

    for _ in range(3):
        with pytest.raises(kind):
            breaker.call(stop)
        assert breaker.state == "half-open"
    assert breaker.call(fine) == "fine"


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
def test_row_16_a_cancelled_probe_comes_back(world):
    """A cancelled probe gives its slot back and counts nothing."""
    clock = FakeClock(autojump=False)
    breaker = opened(clock)
    clock.advance(30)

    def hang():
        yield clock.asleep(1000)

    guarded = breaker(world.function(hang))

    def story():
        yield guarded()

    import trio

    async def main():
        return await world.cancelled(story)

    assert asyncio.run(main()) if world.name == "asyncio" else trio.run(main)
    assert breaker.state == "half-open"
    breaker.acquire().success()
    assert breaker.state == "closed"


def test_row_16_an_ignored_probe_comes_back(world, clock):
    """An error that is ignored is neither success nor failure."""
    breaker = opened(clock, ignore=LookupError)
    clock.advance(30)

    def missing():
        raise KeyError("missing")

    for _ in range(3):
        with pytest.raises(KeyError):
            world.call(breaker, missing)
    assert breaker.state == "half-open"
    world.call(breaker, fine)
    assert breaker.state == "closed"


def test_row_16_a_probe_that_never_returns_loses_its_lease(clock):
    """After its lease the slot is free; the late result of the same epoch still counts."""
    breaker = opened(clock, lease=7)
    clock.advance(30)
    hanging = breaker.acquire()
    clock.advance(6.9)
    with pytest.raises(CircuitOpenError) as caught:
        breaker.acquire()
    assert caught.value.retry_after == pytest.approx(0.1)
    clock.advance(0.1)
    with Recorder(events.ProbeLost) as recorder:
        second = breaker.acquire()
    assert recorder.events[0].reason == "lease"
    hanging.success()
    assert breaker.state == "closed"
    second.success()
    assert breaker.state == "closed"


@pytest.mark.parametrize(("reset_timeout", "lease"), [(30, 30), (0.2, 1)])
def test_default_lease(clock, reset_timeout, lease):
    """The lease is the reset timeout, at least a second."""
    breaker = opened(clock, reset_timeout=reset_timeout)
    clock.advance(reset_timeout)
    probe = breaker.acquire()
    with pytest.raises(CircuitOpenError) as caught:
        breaker.acquire()
    assert caught.value.retry_after == lease
    probe.release()


def test_row_16_a_collected_probe_comes_back(clock):
    """A permit that is dropped unsettled gives its slot back."""
    breaker = opened(clock)
    clock.advance(30)
    permit = breaker.acquire()
    with pytest.raises(CircuitOpenError):
        breaker.acquire()
    del permit
    gc.collect()
    with Recorder(events.ProbeLost) as recorder:
        breaker.acquire().success()
    assert recorder.events[0].reason == "collected"
    assert breaker.state == "closed"


def test_finalizers_take_no_lock(clock):
    """A probe that is collected while its own circuit's lock is held does not hang."""
    breaker = opened(clock)
    clock.advance(30)
    permit = breaker.acquire()
    cycle = [permit]
    cycle.append(cycle)
    del permit, cycle
    with breaker.circuit.locked():
        gc.collect()
    assert breaker.acquire() is not None


def test_row_18_results_of_an_earlier_epoch_count_nowhere(clock):
    """A call begun before the trip neither closes nor reopens the half-open circuit; an event tells of it."""
    breaker = CircuitBreaker(trip=Consecutive(2), clock=clock, random=lambda: 0.0)
    early, late = breaker.acquire(), breaker.acquire()
    for _ in range(2):
        with pytest.raises(ConnectionError):
            breaker.call(fail)
    clock.advance(30)
    probe = breaker.acquire()
    with Recorder(events.LateResult) as recorder:
        early.success()
        late.failure(ConnectionError())
    assert [event.success for event in recorder.events] == [True, False]
    assert breaker.state == "half-open"
    probe.success()
    assert breaker.state == "closed"
    assert breaker.snapshot().failures == 0
