"""Chaos: faults on purpose, off unless the code says so, loud when on."""

import warnings

import pytest
from tests.policies.hedged import call, script

import resilience
from resilience import Chaos, ResilienceWarning, events
from resilience._worst import WorstCase
from resilience.testing import Recorder, disabled


def chaos(**options):
    """One that is on."""
    with pytest.warns(ResilienceWarning, match="CHAOS ON.*faults are injected on purpose"):
        return Chaos(**{"rate": 1.0, "enabled": True, **options})


def test_row_68_off_by_default(monkeypatch):
    """A million calls of the default build meet no fault, whatever the environment says."""
    monkeypatch.setenv("RESILIENCE_CHAOS", "true")
    monkeypatch.setenv("CHAOS_ENABLED", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        policy = Chaos(error=ConnectionError, latency=60, rate=1.0)
    guarded = policy(lambda: 1)
    assert sum(guarded() for _ in range(1_000_000)) == 1_000_000
    assert policy.snapshot().as_dict() == {
        "name": policy.name, "enabled": False, "rate": 1.0, "calls": 0, "injected": 0,
    }  # fmt: skip


def test_an_error(world, clock):
    """The call is not made, and each error is a new one."""
    policy, function = chaos(error=ConnectionError("injected"), clock=clock), script(world, clock, first=(0, 1))
    caught = []
    for _ in range(2):
        with pytest.raises(ConnectionError, match="injected") as info:
            call(world, policy, function)
        caught.append(info.value)
    assert caught[0] is not caught[1]
    assert function.begun == []
    assert (policy.snapshot().calls, policy.snapshot().injected) == (2, 2)


@pytest.mark.parametrize("error", [TimeoutError, lambda: TimeoutError("made")], ids=["class", "factory"])
def test_an_error_by_class_or_function(error):
    """Both are called for each fault."""
    with pytest.raises(TimeoutError):
        chaos(error=error).call(int)


def test_a_factory_that_gives_no_error_is_told():
    """At the call that meets it."""
    with pytest.raises(TypeError, match="error=.*a function that gives an Exception, not 7"):
        chaos(error=lambda: 7).call(int)


class UncopiedError(Exception):
    """Cannot be copied."""

    def __new__(cls, first, second):
        return super().__new__(cls)

    def __init__(self, first, second):
        super().__init__(first)


def test_an_error_that_cannot_be_copied_is_raised_itself():
    """Better than another error in its place."""
    error = UncopiedError(1, 2)
    with pytest.raises(UncopiedError) as caught:
        chaos(error=error).call(int)
    assert caught.value is error


def test_a_result(world, clock):
    """A value, or what a function gives; `lambda: None` for `None`."""
    function = script(world, clock, first=(0, "real"))
    assert call(world, chaos(result="fake", clock=clock), function) == "fake"
    assert call(world, chaos(result=lambda: None, clock=clock), function) is None
    assert function.begun == []


def test_latency_passes_on_the_clock(world, clock):
    """The call is made after it; no policy sleeps."""
    policy, function = chaos(latency=5, clock=clock), script(world, clock, first=(1, "real"))
    assert call(world, policy, function) == "real"
    assert function.begun == [(1, 5)]


def test_latency_by_chance(world, clock):
    """`f(chance)`: here between one and three seconds."""
    policy = chaos(latency=lambda chance: 1 + 2 * chance(), seed=7, clock=clock)
    function = script(world, clock, first=(0, "real"))
    for _ in range(5):
        call(world, policy, function)
    times = [at for _, at in function.begun]
    assert all(1 <= later - earlier <= 3 for earlier, later in zip([0, *times], times, strict=False))


def test_latency_before_an_error(world, clock):
    """As of a callee that fails slowly."""

    def story():
        with pytest.raises(ConnectionError):
            yield world.method(policy)(world.function(lambda: 1))
        assert clock.now() == 5

    policy = chaos(latency=5, error=ConnectionError, clock=clock)
    with Recorder(events.ChaosInjected) as recorder:
        world.session(story)
    assert [(event.fault, event.latency) for event in recorder.events] == [("error", 5)]
    assert isinstance(recorder.events[0].error, ConnectionError)


def test_latency_beyond_the_time_limit_is_a_failure(world, clock):
    """As of a slow callee: a breaker outside counts it."""
    breaker = resilience.CircuitBreaker(trip=resilience.Consecutive(1))
    chain = resilience.Pipeline(breaker, resilience.Timeout(2), chaos(latency=60), clock=clock)
    with pytest.raises(resilience.CallTimeoutError) as caught:
        call(world, chain, script(world, clock, first=(0, 1)))
    assert caught.value.reason == "timeout"
    assert breaker.state == "open"
    assert clock.now() == 2


@pytest.mark.worlds("asyncio", "trio", reason="a direct call cannot be cancelled")
def test_a_cancelled_latency(world, clock):
    """The wait ends with its task."""
    clock.autojump = False
    policy, function = chaos(latency=5, clock=clock), script(world, clock, first=(0, 1))

    def caller():
        yield world.method(policy)(function)

    assert world.run(world.cancelled, caller)
    assert function.begun == []


def faults(policy, calls=300):
    """Which of so many calls met a fault."""
    return [policy.call(lambda: 0) for _ in range(calls)]


def test_a_seed_makes_a_run_repeatable():
    """Two runs of one seed meet the same faults, another seed others; about the share that was asked for."""
    first, again, other = (faults(chaos(result=1, rate=0.3, seed=seed)) for seed in (4, 4, 5))
    assert first == again != other
    assert 60 <= sum(first) <= 120


def test_without_a_seed_the_pipelines_chance_counts():
    """As for every policy that draws."""
    policy = chaos(result=1, rate=0.3, latency=lambda chance: 0 * chance())
    draws = iter([0.2, 0.5, 0.4])
    chain = resilience.Pipeline(policy, random=lambda: next(draws))
    assert [chain.call(int), chain.call(int)] == [1, 0]


def test_rate_zero():
    """On, and never."""
    assert sum(faults(chaos(result=1, rate=0))) == 0


def test_a_switch_is_asked_at_each_call():
    """Only `True` means yes."""
    answers = iter([False, "yes", None, True])
    policy = chaos(result=1, enabled=lambda: next(answers))
    assert faults(policy, 4) == [0, 0, 0, 1]
    assert "CHAOS ON when asked" in repr(policy)


def test_loud():
    """The repr says so, the event says so, and so does the warning."""
    policy = chaos(result=1, rate=0.25, name="loud")
    assert repr(policy) == "<Chaos 'loud' CHAOS ON: result=1 at 0.25>"
    assert repr(Chaos(latency=2, rate=0.5, name="quiet")) == "<Chaos 'quiet' off: latency=2.0 at 0.5>"
    assert "CHAOS IS ON" in events.ChaosInjected.__doc__
    assert policy.snapshot().enabled


def test_the_warning_names_the_line_that_turned_it_on():
    """Not one of ours."""
    with pytest.warns(ResilienceWarning) as caught:
        Chaos(result=1, rate=1.0, enabled=True)
    assert caught[0].filename == __file__


def test_disabled_switch(world, clock):
    """`disabled()` passes it by."""
    policy = chaos(error=ConnectionError, clock=clock)
    with disabled():
        assert call(world, policy, script(world, clock, first=(0, 1))) == 1


def test_generators_are_refused():
    """With what to do instead."""

    def rows():
        yield 1

    with pytest.raises(TypeError, match="a chaos cannot guard the generator"):
        Chaos(error=OSError, rate=1.0)(rows)


def test_a_fork_has_a_lock_of_its_own():
    """The parent's may be held."""
    policy = chaos(result=1)
    policy._lock.acquire()
    policy.reset_after_fork()
    assert policy.call(int) == 1


class NeedsArgumentsError(Exception):
    """Cannot be made of nothing."""

    def __init__(self, code):
        super().__init__(code)


async def coroutine():
    """Would be true whatever it answers."""


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, TypeError, "nothing to inject"),
        ({"error": OSError, "result": 1}, TypeError, "error=, result=: a call ends one way"),
        ({"error": KeyboardInterrupt}, TypeError, "error=.*an Exception, a subclass"),
        ({"error": KeyboardInterrupt()}, TypeError, "error=.*an Exception, a subclass"),
        ({"error": NeedsArgumentsError}, TypeError, "a class that needs no arguments; give an instance"),
        ({"error": "boom"}, TypeError, "error='boom'"),
        ({"error": coroutine}, TypeError, "error=.*a plain function"),
        ({"latency": -1}, ValueError, "latency=-1"),
        ({"latency": 0}, ValueError, "latency=0"),
        ({"latency": True}, TypeError, "latency=True"),
        ({"latency": coroutine}, TypeError, "latency=.*a plain function"),
        ({"result": coroutine}, TypeError, "result=.*a plain function"),
        ({"result": 1, "rate": 2}, ValueError, "rate=2"),
        ({"result": 1, "rate": True}, TypeError, "rate=True"),
        ({"result": 1, "seed": 1.5}, TypeError, "seed=1.5"),
        ({"result": 1, "enabled": "true"}, TypeError, "enabled='true'"),
        ({"result": 1, "enabled": 1}, TypeError, "enabled=1"),
        ({"result": 1, "enabled": None}, TypeError, "enabled=None"),
    ],
)
def test_wrong_options_are_named(options, error, message):
    """Each refusal names the option and the value."""
    with pytest.raises(error, match=message):
        Chaos(**{"rate": 1.0, **options})


def test_a_latency_function_that_gives_nonsense_is_told():
    """At the call that meets it."""
    with pytest.raises(ValueError, match="latency=-3"):
        chaos(latency=lambda chance: -3).call(int)


def test_worst_case():
    """The latency comes on top where it is on."""
    inner = WorstCase(calls=2, seconds=10.0)
    assert Chaos(latency=5, rate=1.0).worst_case(inner) == inner
    assert chaos(latency=5).worst_case(inner) == inner.replace(seconds=15.0)
    assert chaos(latency=lambda chance: chance()).worst_case(inner).seconds == float("inf")
