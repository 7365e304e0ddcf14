"""Attempts of a block, driven by a gate that says what it is told; deadlines and scopes by themselves."""

import asyncio

import pytest

import resilience
from resilience import Pipeline, Retry, Timeout, deadline, remaining
from resilience._attempts import Attempts
from resilience._deadline import NO_SCOPE, SCOPE, Scope
from resilience._gate import Again, Gate
from resilience.testing import FakeClock


class Once(Again):
    """One more attempt, that notes what it is asked."""

    def __init__(self, seconds, number, noted):
        super().__init__(seconds)
        self.number, self.noted = number, noted

    def superseded(self):
        self.noted.append("superseded")

    def resume(self):
        return f"permit {self.number}"

    def attempt(self):
        return self.number


class Noting(Gate):
    """Notes its verbs; admits with what it is given, and asks for one attempt more after a failure."""

    name = "noting"

    def __init__(self, admits="permit"):
        self.admits, self.noted = admits, []

    def admit(self, args, kwargs):
        self.noted.append((args, kwargs))
        return self.admits

    def succeeded(self, permit, value):
        self.noted.append(("succeeded", permit, value))

    def failed(self, permit, error, attempt):
        self.noted.append(("failed", permit, attempt))
        return Once(0.5, attempt + 1, self.noted)


def used(gate, clock, *, in_a_loop):
    """The numbers of the attempts of a block that fails once."""
    numbers = []

    def work(attempt):
        with attempt:
            numbers.append(attempt.number)
            if len(numbers) == 1:
                raise ConnectionError

    async def loop():
        async for attempt in Attempts(gate, clock):
            work(attempt)

    if in_a_loop:
        asyncio.run(loop())
    else:
        for attempt in Attempts(gate, clock):
            work(attempt)
    return numbers


@pytest.mark.parametrize("in_a_loop", [False, True])
def test_a_block_asks_its_gate(in_a_loop):
    """What it admits with, each permit, each number; and lets the outcome go before it sleeps."""
    clock, gate = FakeClock(), Noting()
    assert Attempts(gate, clock).number == 0
    assert used(gate, clock, in_a_loop=in_a_loop) == [1, 2]
    assert gate.noted == [((), {}), ("failed", "permit", 1), "superseded", ("succeeded", "permit 2", None)]
    assert clock.slept == [0.5]


@pytest.mark.parametrize("in_a_loop", [False, True])
def test_a_gate_may_admit_to_a_later_attempt(in_a_loop):
    """Then it begins there, after its wait."""
    clock, gate = FakeClock(), Noting()
    gate.admits = Once(0.25, 4, gate.noted)
    assert used(gate, clock, in_a_loop=in_a_loop) == [4, 5]
    assert clock.slept == [0.25, 0.5]


def test_a_block_that_sleeps_in_a_loop_names_its_policy():
    """Once, in the warning."""

    async def story():
        with pytest.warns(resilience.ResilienceWarning, match=r"^block-in-loop: a plain function waits 0\.5 s for its"):
            for attempt in Retry(3, backoff=[0.5, 0.5], name="block-in-loop", clock=FakeClock()):
                with attempt:
                    if attempt.number < 3:
                        raise ConnectionError

    asyncio.run(story())


def test_a_scope_is_narrowed_by_what_ends_sooner():
    """What ends together is the outer one; attempt and enforcement are told apart."""
    scope = Scope(10.0, lambda: 0.0, True, 3)
    assert scope.narrowed(10.0, scope.now, enforced=False) is scope
    assert scope.narrowed(11.0, scope.now, enforced=False) is scope
    nearer = scope.narrowed(9.0, scope.now, enforced=False)
    assert (nearer.due, nearer.now, nearer.enforced, nearer.attempt) == (9.0, scope.now, False, 3)
    assert NO_SCOPE.narrowed(4.0, lambda: 2.0, enforced=True).due == 6.0
    later = scope.at_attempt(5)
    assert (later.due, later.now, later.enforced, later.attempt) == (10.0, scope.now, True, 5)
    assert (scope.remaining(), NO_SCOPE.remaining()) == (10.0, float("inf"))


def test_a_deadline_by_the_real_clock():
    """Without one of its own; it is advice, and ends with its block."""
    with deadline(5):
        assert 4 < remaining() <= 5
        assert SCOPE.get().enforced is False
        with deadline(50):
            assert 4 < remaining() <= 5
        with deadline(1):
            assert 0 < remaining() <= 1
        assert remaining() > 1
        assert 4 < resilience.current().remaining <= 5
        assert resilience.current().deadline is not None
    assert remaining() == float("inf")
    assert resilience.current().deadline is None
    allowed = "seconds at least 0 and finite (a number, or a timedelta), e.g. deadline=2.5"
    with pytest.raises(ValueError, match="deadline=") as caught:
        deadline(-1)
    assert str(caught.value) == f"deadline=-1: must be {allowed} (docs/policies/timeout.md)"


def test_a_pipeline_inside_takes_clock_and_chance():
    """And hands them on."""
    clock, chance = FakeClock(), lambda: 0.5
    retry = Retry()
    inner = Pipeline(retry)
    Pipeline(inner, clock=clock, random=chance)
    assert (inner.clock, inner._random, retry.clock, retry._random) == (clock, chance, clock, chance)
    hedge = resilience.Hedge(1)
    Pipeline(hedge, clock=clock, random=chance)
    assert (hedge.clock, hedge._random) == (clock, chance)


def test_a_description_loses_its_brackets_and_nothing_else():
    """Whatever its text begins and ends with."""

    class Max(resilience._backoff.Backoff):
        def delay(self, attempt, chance):
            return 1.0

        def __repr__(self):
            return "MAX"

    assert Retry(backoff=Max(), name="described").describe() == "Retry 'described' attempts=3 backoff=MAX"


def test_a_timeout_inside_one_that_ends_sooner(clock):
    """It passes arguments on, and has no say: neither counts nor warns."""
    inner = Timeout(9, clock=clock)
    policy = Pipeline(Timeout(2, clock=clock), inner)

    def echo(*args, **kwargs):
        clock.advance(kwargs.pop("seconds", 0))
        return args, kwargs

    async def aecho(*args, **kwargs):
        return args, kwargs

    assert policy.call(echo, 1, two=2) == ((1,), {"two": 2})
    assert asyncio.run(policy.acall(aecho, 1, two=2)) == ((1,), {"two": 2})
    with pytest.warns(resilience.ResilienceWarning):
        policy.call(echo, seconds=20)
    assert (policy.policies[0].snapshot().overran, inner.snapshot().overran) == (1, 0)

    async def hang():
        await clock.asleep(60)

    with pytest.raises(resilience.CallTimeoutError):
        asyncio.run(policy.acall(hang))
    assert (policy.policies[0].snapshot().timed_out, inner.snapshot().timed_out) == (1, 0)


def test_a_watched_timeout_passes_arguments_on(clock):
    """Sync and async, in a thread as well, alone and as the outermost of a chain; each call is told."""
    from resilience import _switches

    told = []

    class Tracer:
        def begun(self, seat):
            told.append(seat.policy)
            return lambda error: None

        def attempted(self, retry, attempt):
            pass

        def raced(self, hedge, attempt):
            return lambda error: None

    def echo(*args, **kwargs):
        return args, kwargs

    async def aecho(*args, **kwargs):
        return args, kwargs

    expected = ((1,), {"two": 2})
    policies = [Timeout(2), Timeout(2, thread=True), Pipeline(Timeout(2), Retry()), resilience.Hedge(9), Retry()]
    _switches.trace_with(Tracer())
    try:
        for policy in policies:
            assert policy(echo)(1, two=2) == expected
            assert asyncio.run(policy(aecho)(1, two=2)) == expected
    finally:
        _switches.trace_with()
    assert [id(policy) for policy in told] == [id(policy) for policy in policies for _ in range(2)]
    with resilience.testing.disabled():
        for policy in policies:
            assert policy(echo)(1, two=2) == expected
            assert asyncio.run(policy(aecho)(1, two=2)) == expected
    for policy in policies:
        assert policy(echo)(1, two=2) == expected
        assert asyncio.run(policy(aecho)(1, two=2)) == expected
    resilience.shutdown(5)
