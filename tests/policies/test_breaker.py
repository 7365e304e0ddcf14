"""Circuit breaker: each line of its contract, in every world."""

import asyncio
import gc
import json
import threading

import pytest

import resilience
from resilience import CircuitBreaker, CircuitOpenError, Consecutive, FailureRate, SlowCalls, events
from resilience.policies._state import TRANSITIONS, State
from resilience.testing import FakeClock, Recorder


def fine(value="fine"):
    return value


def fail():
    raise ConnectionError("down")


def failing(world, breaker, times):
    for _ in range(times):
        with pytest.raises(ConnectionError):
            world.call(breaker, fail)


def opened(clock, **options):
    breaker = CircuitBreaker(clock=clock, random=lambda: 0.0, **options)
    breaker.open()
    return breaker


def test_opens_at_the_fifth_failure_in_a_row(world, clock):
    """Five failures in a row open it; calls are then refused, unmade, with the time that is left."""
    breaker = CircuitBreaker(clock=clock, random=lambda: 0.0)
    failing(world, breaker, 4)
    assert breaker.state == "closed"
    failing(world, breaker, 1)
    assert breaker.state is State.OPEN
    clock.advance(10)
    with pytest.raises(CircuitOpenError) as caught:
        world.call(breaker, lambda: pytest.fail("called"))
    assert caught.value.retry_after == 20
    assert caught.value.reason == "open"
    assert caught.value.policy == breaker.name
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert str(caught.value) == f"{breaker.name}: circuit open for 20 s more; the call was not made"


def test_a_success_ends_the_row(world, clock):
    """One success between failures begins the count anew."""
    breaker = CircuitBreaker(trip=Consecutive(3), clock=clock)
    for _ in range(5):
        failing(world, breaker, 2)
        assert world.call(breaker, fine) == "fine"
    assert breaker.state == "closed"


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


def test_row_22_reset_timeout_is_jittered():
    """Open times spread over reset timeout to reset timeout + 10 %."""
    clock = FakeClock()
    times = []
    for _ in range(1000):
        breaker = CircuitBreaker(clock=clock)
        breaker.open()
        times.append(breaker.snapshot().open_for)
    assert min(times) >= 30
    assert max(times) <= 33
    buckets = [sum(30 + 0.3 * n <= time < 30 + 0.3 * (n + 1) for time in times) for n in range(10)]
    assert min(buckets) > 50


def test_reset_timeout_may_be_a_backoff(world, clock):
    """Longer after each failed recovery, back to the start on close."""
    backoff = resilience.Exponential(10, multiplier=2, maximum=1000, jitter="none")
    breaker = opened(clock, reset_timeout=backoff)
    for expected in (10, 20, 40):
        assert breaker.snapshot().open_for == expected
        clock.advance(expected)
        failing(world, breaker, 1)
    clock.advance(80)
    world.call(breaker, fine)
    breaker.open()
    assert breaker.snapshot().open_for == 10


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


def test_row_19_no_lock_while_the_function_runs():
    """Twenty calls run side by side through one breaker."""
    breaker = CircuitBreaker()
    barrier = threading.Barrier(20, timeout=30)
    threads = [threading.Thread(target=breaker.call, args=(barrier.wait,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not barrier.broken


def test_row_20_time_is_monotonic():
    """Wall time is not asked: the default clock is the monotonic one."""
    import time

    assert CircuitBreaker().clock.now is time.monotonic


@pytest.mark.parametrize("trip", [FailureRate(0.5, window=30), FailureRate(0.5, calls=10), Consecutive(3)])
def test_row_21_a_gap_of_ten_years_costs_no_loop(clock, trip):
    """After ten years the window is empty, found out in a bounded number of steps."""
    breaker = CircuitBreaker(trip=trip, clock=clock)
    failing_twice(breaker)
    clock.advance(10 * 365 * 86_400)
    steps = count_lines(lambda: breaker.call(fine))
    assert steps < 200
    calls, _ = breaker.circuit.tally.counted(clock.now())
    if isinstance(trip, FailureRate) and trip.window:
        assert calls == 1


def failing_twice(breaker):
    for _ in range(2):
        with pytest.raises(ConnectionError):
            breaker.call(fail)


def count_lines(function):
    import sys

    lines = 0

    def trace(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return lines


def test_row_23_rate_needs_volume(world, clock):
    """Below `min_calls` nothing trips; at it the share decides, with `>=`."""
    breaker = CircuitBreaker(trip=FailureRate(0.5, window=30, min_calls=4), clock=clock)
    failing(world, breaker, 2)
    world.call(breaker, fine)
    assert breaker.state == "closed"
    assert breaker.explain() == "closed: 3 of the 4 calls it needs, 2 failed; opens at 50 %"
    world.call(breaker, fine)
    assert breaker.state == "open"


def test_rate_over_calls(clock):
    """The last N calls, older ones forgotten."""
    breaker = CircuitBreaker(trip=FailureRate(0.5, calls=4, min_calls=4), clock=clock)
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    for _ in range(4):
        breaker.call(fine)
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    assert breaker.state == "closed"
    assert breaker.snapshot().calls == 4
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    assert breaker.state == "open"


def test_rate_over_time_forgets(clock):
    """What is older than the window counts no more."""
    breaker = CircuitBreaker(trip=FailureRate(0.5, window=10, min_calls=2), clock=clock)
    with pytest.raises(ConnectionError):
        breaker.call(fail)
    clock.advance(11)
    for _ in range(2):
        breaker.call(fine)
    assert breaker.snapshot().failures == 0
    assert breaker.state == "closed"


def test_slow_calls_open_it(world, clock):
    """Calls that take longer than the limit open it, whatever they return."""
    breaker = CircuitBreaker(slow=SlowCalls(2, rate=0.5, min_calls=2), clock=clock)

    def slow():
        yield world.sleep(clock, 3)

    guarded = breaker(world.function(slow))
    world.run(guarded)
    assert breaker.state == "closed"
    world.run(guarded)
    assert breaker.state == "open"
    clock.advance(40)
    world.run(guarded)
    assert breaker.state == "open"
    clock.advance(40)
    assert world.call(breaker, fine) == "fine"
    assert breaker.state == "closed"


def test_fast_calls_with_a_slow_limit(world, clock):
    """With a limit for slowness, fast failures open by the trip and are refused then."""
    breaker = CircuitBreaker(trip=Consecutive(2), slow=SlowCalls(2), clock=clock)
    assert world.call(breaker, fine) == "fine"
    failing(world, breaker, 2)
    with pytest.raises(CircuitOpenError):
        world.call(breaker, fine)
    breaker.close()
    with breaker.isolate(), pytest.raises(CircuitOpenError):
        world.call(breaker, fine)


def test_bad_results_count(world, clock):
    """`on_result` makes a result a failure; the caller still gets it."""
    breaker = CircuitBreaker(trip=Consecutive(2), on_result=lambda value: value >= 500, clock=clock)
    assert world.call(breaker, lambda: 500) == 500
    assert world.call(breaker, lambda: 200) == 200
    for _ in range(2):
        assert world.call(breaker, lambda: 503) == 503
    assert breaker.state == "open"


def test_failure_open_for_opens_at_once(world, clock):
    """`Failure(open_for=...)` opens exactly so long, from an error or a result, and reopens a half-open one."""
    breaker = CircuitBreaker(on=lambda error: resilience.Failure(open_for=12), clock=clock)
    failing(world, breaker, 1)
    assert breaker.snapshot().open_for == 12
    clock.advance(12)
    failing(world, breaker, 1)
    assert breaker.snapshot().open_for == 12
    by_result = CircuitBreaker(on_result=lambda value: resilience.Failure(open_for=3), clock=clock)
    world.call(by_result, fine)
    assert by_result.snapshot().open_for == 3


def test_what_on_raises_goes_to_the_caller_and_returns_the_permit(world, clock):
    """The user's logic that raises: its error, the slot free, nothing counted."""

    def broken(value):
        raise ZeroDivisionError

    for option in ("on", "on_result"):
        breaker = opened(clock, **{option: broken})
        clock.advance(30)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                world.call(breaker, fail if option == "on" else fine)
        assert breaker.state == "half-open"


def test_refusals_of_others_are_no_failures(world, clock):
    """A refusal that comes from within counts nothing."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)

    def refused():
        raise resilience.RateLimitedError("busy")

    with pytest.raises(resilience.RateLimitedError):
        world.call(breaker, refused)
    assert breaker.state == "closed"


def test_isolation_is_counted(world, clock):
    """Isolated: forced open, by as many as hold it; what lies beneath stays."""
    breaker = CircuitBreaker(clock=clock)
    first, second = breaker.isolate(), breaker.isolate()
    assert breaker.state == "isolated"
    with pytest.raises(CircuitOpenError) as caught:
        world.call(breaker, fine)
    assert (caught.value.reason, caught.value.retry_after) == ("isolated", None)
    assert "until it is released" in str(caught.value)
    first.release()
    first.release()
    assert breaker.state == "isolated"
    assert "isolated: refuses all calls" in breaker.explain()
    with second:
        pass
    assert breaker.state == "closed"
    assert world.call(breaker, fine) == "fine"


def test_isolation_of_an_open_circuit(clock):
    """An isolated circuit that was open is open again when released, and half-open when due."""
    breaker = opened(clock)
    with breaker.isolate():
        clock.advance(30)
        with pytest.raises(CircuitOpenError):
            breaker.acquire()
    assert breaker.state == "half-open"


def test_disabled_and_metrics_only(world, clock):
    """Disabled counts nothing; metrics-only counts and never refuses; `close()` ends both."""
    breaker = CircuitBreaker(trip=Consecutive(2), clock=clock)
    breaker.disable()
    failing(world, breaker, 5)
    assert breaker.state == "disabled"
    assert breaker.snapshot().failures == 0
    assert "lets all calls through" in breaker.explain()
    breaker.metrics_only()
    failing(world, breaker, 5)
    assert breaker.state == "metrics-only"
    assert breaker.snapshot().failures == 5
    assert breaker.explain() == "metrics-only: 5 failures in a row; opens at 2"
    breaker.close()
    failing(world, breaker, 2)
    assert breaker.state == "open"


@pytest.mark.parametrize("state", ["closed", "open", "isolated", "disabled", "metrics-only"])
def test_initial_state(clock, state):
    """It begins in the state that it is told."""
    breaker = CircuitBreaker(initial_state=state, clock=clock)
    assert breaker.state == state
    if state in ("open", "isolated"):
        with pytest.raises(CircuitOpenError):
            breaker.call(fine)
    else:
        assert breaker.call(fine) == "fine"


def test_close_ends_every_isolation(clock):
    """Also the one it began with; a handle released later ends nobody else's."""
    breaker = CircuitBreaker(initial_state="isolated", clock=clock)
    old = breaker.isolate()
    with Recorder(events.BreakerStateChanged) as recorder:
        breaker.close()
    assert breaker.state == "closed"
    assert [(event.old, event.new) for event in recorder.events] == [("isolated", "closed")]
    new = breaker.isolate()
    old.release()
    assert breaker.state == "isolated"
    new.release()
    assert breaker.state == "closed"


@pytest.mark.parametrize(("old", "why", "new"), TRANSITIONS, ids=lambda value: str(value)[:20])
def test_every_transition_of_the_table(clock, old, why, new):
    """Each row of the table, driven, with its event."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock, random=lambda: 0.0)
    prepare = {
        "closed": lambda: None,
        "open": breaker.open,
        "half-open": lambda: (breaker.open(), clock.advance(30)),
        "disabled": breaker.disable,
        "metrics-only": breaker.metrics_only,
        "isolated": lambda: None,
    }
    prepare[old]()
    isolation = breaker.isolate() if old == "isolated" else None

    def failed():
        with pytest.raises(ConnectionError):
            breaker.call(fail)

    drive = {
        ("closed", "open"): failed,
        ("open", "half-open"): lambda: (clock.advance(30), breaker.acquire().release()),
        ("half-open", "closed"): lambda: breaker.call(fine),
        ("half-open", "open"): failed,
        ("closed", "disabled"): breaker.disable,
        ("closed", "metrics-only"): breaker.metrics_only,
        ("open", "closed"): breaker.close,
        ("disabled", "closed"): breaker.close,
        ("metrics-only", "closed"): breaker.close,
        ("closed", "isolated"): breaker.isolate,
        ("isolated", "closed"): lambda: isolation.release(),
    }
    with Recorder(events.BreakerStateChanged) as recorder:
        drive[old.value, new.value]()
    assert (recorder.events[-1].old, recorder.events[-1].new) == (old.value, new.value)
    assert breaker.state == new
    assert why


def test_row_31_a_listener_may_call_back(clock):
    """A listener that uses the same breaker meets no lock."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)
    seen = []

    def back(event):
        seen.append(breaker.state)
        breaker.snapshot()
        with pytest.raises(CircuitOpenError):
            breaker.call(fine)

    with breaker.listen(back, events.BreakerStateChanged), pytest.raises(ConnectionError):
        breaker.call(fail)
    assert seen == ["open"]


def test_scope_function_is_shared_by_instances_and_subclasses(clock):
    """One circuit for a method's function."""

    class Base:
        @CircuitBreaker(trip=Consecutive(2), clock=clock)
        def work(self):
            raise ConnectionError

    class Sub(Base):
        pass

    for instance in (Base(), Sub()):
        with pytest.raises(ConnectionError):
            instance.work()
    with pytest.raises(CircuitOpenError):
        Base().work()


def test_scope_instance_is_one_each_and_weak(clock):
    """One circuit for each instance, which it does not keep alive."""
    breaker = CircuitBreaker(trip=Consecutive(1), scope="instance", clock=clock)

    class Client:
        @breaker
        def work(self, error=None):
            if error:
                raise error
            return "done"

    one, two = Client(), Client()
    with pytest.raises(ConnectionError):
        one.work(ConnectionError())
    with pytest.raises(CircuitOpenError):
        one.work()
    assert two.work() == "done"
    assert breaker.state_of(breaker.of(one)) == "open"
    assert breaker.state_of(breaker.of(two)) == "closed"
    assert len(breaker._circuits) == 2
    del one
    gc.collect()
    assert len(breaker._circuits) == 1


def test_scope_instance_says_what_it_needs(clock):
    """No self, or a self that cannot be held weakly: an error with the mend."""
    breaker = CircuitBreaker(scope="instance", clock=clock)
    with pytest.raises(TypeError, match="no self"):
        breaker(fine)()
    with pytest.raises(TypeError, match="__weakref__"):
        breaker(fine)(object())


def test_two_steps(clock):
    """`with breaker.acquire() as permit:` settles on leaving; once is enough."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)
    with breaker.acquire():
        pass
    assert breaker.state == "closed"
    with pytest.raises(ConnectionError), breaker.acquire() as permit:
        raise ConnectionError
    assert breaker.state == "open"
    breaker.close()
    permit.failure(ConnectionError())
    permit.release()
    permit.success()
    assert breaker.state == "closed"
    breaker.acquire().release()
    breaker.acquire().failure(open_for=5)
    assert breaker.snapshot().open_for == 5
    breaker.close()
    breaker.acquire().failure()
    assert breaker.state == "open"


@pytest.mark.worlds("asyncio", "trio", reason="async with")
def test_two_steps_async(world, clock):
    """`async with await breaker.aacquire() as permit:` does the same."""
    breaker = CircuitBreaker(trip=Consecutive(1), clock=clock)

    async def main():
        async with await breaker.aacquire():
            pass
        with pytest.raises(ConnectionError):
            async with await breaker.aacquire():
                raise ConnectionError

    import trio

    asyncio.run(main()) if world.name == "asyncio" else trio.run(main)
    assert breaker.state == "open"


def test_dump_and_load(clock, monkeypatch):
    """A dump is plain JSON; loaded later, the time that has passed meanwhile counts."""
    from resilience.policies import _manual

    wall = [1000.0]
    monkeypatch.setattr(_manual, "wall_time", lambda: wall[0])
    breaker = opened(clock)
    text = json.dumps(breaker.dump())
    wall[0] += 10
    restored = CircuitBreaker(clock=FakeClock())
    restored.load(json.loads(text))
    assert restored.state == "open"
    assert restored.snapshot().open_for == 20
    wall[0] -= 1000
    restored.load(json.loads(text))
    assert restored.snapshot().open_for == 30
    clock.advance(31)
    half = breaker.acquire()
    assert breaker.dump()["state"] == "open"
    assert breaker.dump()["open_for"] == 0
    half.release()
    closed = CircuitBreaker(clock=clock)
    closed.load(CircuitBreaker(clock=clock).dump())
    assert closed.state == "closed"


@pytest.mark.parametrize(
    "state", [{}, {"format": 2}, {"format": 1, "stamp": "x"}, {"format": 1, "stamp": 1.0, "open_for": -1}, None]
)
def test_load_refuses_nonsense(clock, state):
    """What is no dump is refused whole."""
    breaker = CircuitBreaker(clock=clock)
    with pytest.raises(ValueError, match=r"must be what CircuitBreaker.dump\(\) gave"):
        breaker.load(state)
    assert breaker.state == "closed"


def test_explain_in_each_state(clock):
    """Plain words in every state."""
    breaker = opened(clock, half_open_max_calls=2)
    assert breaker.explain() == "open: refuses calls for 30 s more; then 2 probes"
    clock.advance(30)
    breaker.call(fine)
    assert breaker.explain() == "half-open: 1 of 2 successes, 0 failures"
    assert "1 probe" in opened(clock).explain()
    rate = CircuitBreaker(trip=FailureRate(0.25, calls=2), clock=clock)
    for _ in range(2):
        rate.call(fine)
    assert rate.explain() == "closed: 2 calls, 0 failed; opens at 25 %"


def test_named_gets_or_creates():
    """One instance for a name; other options for an existing one are refused."""
    one = CircuitBreaker.named("payments-named", reset_timeout=5)
    assert CircuitBreaker.named("payments-named") is one
    assert CircuitBreaker.named("payments-named", reset_timeout=5) is one
    with pytest.raises(ValueError, match="reset_timeout=6: .* was made with reset_timeout=5"):
        CircuitBreaker.named("payments-named", reset_timeout=6)
    with pytest.raises(ValueError, match="no lease="):
        CircuitBreaker.named("payments-named", lease=6)


def test_a_name_is_a_label():
    """A second live one of a name shows as `#2`; a dead one's label is free."""
    one = CircuitBreaker("labelled")
    two = CircuitBreaker("labelled")
    assert (one.name, two.name) == ("labelled", "labelled#2")
    del one
    gc.collect()
    assert CircuitBreaker("labelled").name == "labelled"


@pytest.mark.parametrize(
    "options",
    [
        {"trip": 5},
        {"trip": SlowCalls(1)},
        {"reset_timeout": 0},
        {"reset_timeout": float("inf")},
        {"half_open_max_calls": 0},
        {"half_open_max_calls": True},
        {"lease": 0},
        {"slow": 2.0},
        {"on": 3},
        {"initial_state": "half-open"},
        {"initial_state": 3},
        {"scope": "class"},
    ],
    ids=repr,
)
def test_row_54_bad_options_name_themselves(options):
    """Each bad option is refused by name and value."""
    (option, value), *_ = options.items()
    with pytest.raises((ValueError, TypeError)) as caught:
        CircuitBreaker(**options)
    assert f"{option}={value!r}" in str(caught.value)


@pytest.mark.parametrize(
    ("trip", "option"),
    [
        (lambda: Consecutive(0), "failures"),
        (lambda: FailureRate(0), "rate"),
        (lambda: FailureRate(1.1), "rate"),
        (lambda: FailureRate(True), "rate"),
        (lambda: FailureRate(0.5, window=0), "window"),
        (lambda: FailureRate(0.5, calls=0), "calls"),
        (lambda: FailureRate(0.5, window=3, calls=3), "calls"),
        (lambda: FailureRate(0.5, calls=5, min_calls=6), "min_calls"),
        (lambda: FailureRate(0.5, min_calls=0), "min_calls"),
        (lambda: SlowCalls(0), "longer_than"),
    ],
)
def test_row_54_bad_trips_name_themselves(trip, option):
    """The parts check their options as well."""
    with pytest.raises((ValueError, TypeError), match=f"{option}="):
        trip()


def test_rates_shown():
    """Parts show what they are."""
    assert repr(FailureRate(0.5, calls=5)) == "FailureRate(0.5, calls=5, min_calls=5)"
    assert repr(FailureRate(0.5)) == "FailureRate(0.5, window=30, min_calls=10)"
    assert "closed trip=Consecutive(5)" in repr(CircuitBreaker())
    assert f"{State.HALF_OPEN}" == "half-open"


@pytest.mark.stress
def test_stress_counts_add_up():
    """Threads and a loop on one breaker: what is counted is what happened, and nothing hangs."""
    import sys

    breaker = CircuitBreaker(trip=FailureRate(1.0, calls=100_000, min_calls=100_000))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=hammer, args=(breaker, number)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(before)
    assert (breaker.snapshot().calls, breaker.snapshot().failures) == (16 * 500, 16 * 250)


def hammer(breaker, number):
    for step in range(500):
        try:
            breaker.call(fail if step % 2 else fine)
        except ConnectionError:
            continue
