"""The testing kit: what it promises to those who test with it."""

import asyncio
import threading
import time

import pytest
import trio

import resilience
from resilience import CircuitBreaker, Fixed, Retry, Timeout, _world, events
from resilience.testing import FakeClock, Recorder, disabled, forget_named, no_waiting

pytest_plugins = ["pytester"]


def test_a_clock_moves_by_advance():
    """`advance` stops at every due time on the way; going back is refused."""
    clock = FakeClock(start=5)
    seen = []
    for when in (7, 6, 9):
        clock.call_at(when, lambda: seen.append(clock.now()))
    cancel = clock.call_at(8, lambda: seen.append("never"))
    cancel()
    cancel()
    clock.advance(2.5)
    assert seen == [6, 7]
    assert clock.now() == 7.5
    clock.advance(10)
    assert seen == [6, 7, 9]
    with pytest.raises(ValueError, match="seconds=-1"):
        clock.advance(-1)
    assert repr(clock) == "FakeClock(now=17.5)"


def test_a_chain_of_timers_runs_on_the_way():
    """A callback may set the next timer."""
    clock = FakeClock()
    seen = []

    def tick():
        seen.append(clock.now())
        if len(seen) < 4:
            clock.call_at(clock.now() + 1, tick)

    clock.call_at(1, tick)
    clock.advance(10)
    assert seen == [1, 2, 3, 4]


def test_sleeping_jumps_at_once(world):
    """With nobody else to run, a sleep is over at once, in every world."""
    clock = FakeClock()

    def story():
        for _ in range(50):
            yield world.sleep(clock, 3600)
        yield world.sleep(clock, 0)

    began = time.monotonic()
    world.session(story)
    assert clock.now() == 180_000
    assert len(clock.slept) == 51
    assert time.monotonic() - began < 20


def test_sleepers_wake_in_order(world):
    """Several sleepers wake by their due times, each at its own."""
    clock = FakeClock()
    woke = []

    def sleeper(seconds):
        def body():
            yield world.sleep(clock, seconds)
            woke.append((seconds, clock.now()))

        return body

    outcome = world.together(*[sleeper(seconds) for seconds in (3, 1, 2)])
    if world.is_async:
        asyncio.run(outcome) if world.name == "asyncio" else trio.run(lambda: outcome_of(outcome))
    assert [now for _, now in woke] == sorted(now for _, now in woke)
    assert {seconds for seconds, _ in woke} == {1, 2, 3}


async def outcome_of(coroutine):
    return await coroutine


def test_without_autojump_time_stands_still():
    """A sleeper waits for `advance`."""
    clock = FakeClock(autojump=False)
    thread = threading.Thread(target=clock.sleep, args=(10,))
    thread.start()
    while not clock._timers:
        time.sleep(0.001)
    thread.join(0.05)
    assert thread.is_alive()
    clock.advance(10)
    thread.join(30)
    assert not thread.is_alive()


def test_it_does_not_jump_while_a_task_can_run():
    """A task that goes on without waiting is not overtaken by time."""

    async def main():
        clock = FakeClock()
        seen = []

        async def sleeper():
            await clock.asleep(10)
            seen.append("woke")

        async def busy():
            for _ in range(50):
                await asyncio.sleep(0)
            seen.append(("busy", clock.now()))

        await asyncio.gather(sleeper(), busy())
        assert seen == [("busy", 0), "woke"]

    asyncio.run(main())


def test_recorder_keeps_what_it_is_asked(clock):
    """All events of its block, or those of some classes."""
    with Recorder() as everything, Recorder(events.BreakerStateChanged) as changes:
        breaker = CircuitBreaker(clock=clock)
        breaker.open()
        with pytest.raises(resilience.CircuitOpenError):
            breaker.call(int)
    assert [type(event).__name__ for event in everything.events] == ["BreakerStateChanged", "CallRejected"]
    assert len(changes.events) == 1
    assert len(everything.of(events.CallRejected)) == 1
    breaker.close()
    assert len(changes.events) == 1
    Recorder().__exit__()


def test_disabled_lets_every_call_through(world):
    """Inside, no policy has a say; blocks nest; outside they are back."""
    breaker = CircuitBreaker(initial_state="open")
    calls = []

    def body():
        calls.append(resilience.remaining())
        raise ConnectionError

    policy = resilience.Pipeline(Timeout(5, thread=True), Retry(), breaker)
    with disabled(), disabled(), pytest.raises(ConnectionError):
        world.call(policy, body)
    assert calls == [float("inf")]
    with pytest.raises(resilience.CircuitOpenError):
        world.call(breaker, body)


def test_disabled_cooperative_timeout():
    """A timeout without threads passes too."""
    with disabled():
        assert Timeout(5).call(resilience.remaining) == float("inf")


def test_no_waiting_sleeps_no_time(world):
    """Inside, the real clock does not sleep."""
    calls = []

    def body():
        calls.append(1)
        raise ConnectionError

    began = time.monotonic()
    with no_waiting(), pytest.raises(ConnectionError):
        world.call(Retry(attempts=3, backoff=Fixed(30)), body)
    assert len(calls) == 3
    assert time.monotonic() - began < 20


def test_no_waiting_leaves_other_waits_alone(world):
    """A turn is a promise to the callee, which a test that wants no delay between attempts does not break."""
    limiter = resilience.RateLimiter(1, per=0.2, wait=5)
    began = time.monotonic()
    with no_waiting():
        for _ in range(2):
            world.call(limiter, lambda: None)
    assert time.monotonic() - began >= 0.15


def test_forget_named():
    """Named instances and listeners are forgotten."""
    heard = []
    one = CircuitBreaker.named("forgotten")
    resilience.listen(heard.append)
    forget_named()
    assert CircuitBreaker.named("forgotten") is not one
    one.open()
    assert heard == []


def test_fixtures(pytester):
    """The pytest fixtures do what their names say."""
    pytester.makepyfile(
        """
        import pytest, resilience
        pytest_plugins = ["resilience.pytest_plugin"]

        def fail():
            raise ConnectionError

        def test_clock_and_events(resilience_clock, resilience_events):
            with pytest.raises(ConnectionError):
                resilience.Retry(clock=resilience_clock, backoff=resilience.Fixed(9)).call(fail)
            assert resilience_clock.slept == [9, 9]
            assert len(resilience_events.events) == 3

        def test_disabled(resilience_disabled):
            assert resilience.CircuitBreaker(initial_state="open").call(int) == 0

        def test_no_waiting(resilience_no_waiting):
            with pytest.raises(ConnectionError):
                resilience.Retry(backoff=resilience.Fixed(3600)).call(fail)
        """
    )
    pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:asyncio").assert_outcomes(passed=3)


def test_the_system_clock(world):
    """Sleeps, and timers in every world; each can be called off."""
    clock = _world.SYSTEM_CLOCK
    fired = []

    def story():
        began = clock.now()
        yield world.sleep(clock, 0.002)
        yield world.sleep(clock, 0)
        clock.call_at(clock.now() + 0.001, lambda: fired.append(1))
        clock.call_at(clock.now() + 0.2, lambda: fired.append("never"))()
        for _ in range(2000):
            if fired:
                break
            yield world.sleep(clock, 0.001)
        yield world.sleep(clock, 0.25)
        assert clock.now() - began >= 0.002

    world.session(story)
    assert fired == [1]
    assert repr(clock) == "SystemClock()"


def test_a_clock_of_ones_own(world):
    """Four verbs are all that a clock needs."""

    class Own:
        def __init__(self):
            self.time = 0.0

        def now(self):
            return self.time

        def sleep(self, seconds):
            self.time += seconds

        async def asleep(self, seconds):
            self.time += seconds

        def call_at(self, when, callback):
            self.time = max(self.time, when)
            callback()
            return lambda: None

    clock = Own()

    def body():
        raise ConnectionError

    with pytest.raises(ConnectionError):
        world.call(Retry(attempts=3, backoff=Fixed(4), clock=clock), body)
    assert clock.time == 8
    from tests.engine.gates import Slots

    gate = Slots(1, timeout=5, clock=clock)
    gate.free = 0
    with pytest.raises(BlockingIOError):
        world.call(gate, int)
    assert clock.time == 13
