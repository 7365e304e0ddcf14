"""Throttle: each line of its contract, in every world, and the formula against a model."""

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import resilience
from resilience import RateLimitedError, Throttle, Timeout, events
from resilience.testing import FakeClock, Recorder


def fail():
    raise ConnectionError


def eager(clock, **options):
    """One that refuses whenever it may."""
    return Throttle(**{"min_requests": 0, "clock": clock, "random": lambda: 0.0, **options})


def test_a_share_is_refused_once_too_few_are_accepted(world, clock):
    """Half accepted is the edge with the default multiplier."""
    throttle = eager(clock)
    for _ in range(2):
        assert world.call(throttle, int) == 0
    for _ in range(2):
        with pytest.raises(ConnectionError):
            world.call(throttle, fail)
    assert throttle.snapshot().share == 0
    with pytest.raises(ConnectionError):
        world.call(throttle, fail)
    with Recorder(events.CallRejected) as recorder, pytest.raises(RateLimitedError) as caught:
        world.call(throttle, lambda: pytest.fail("called"))
    assert (caught.value.reason, caught.value.retry_after) == ("throttled", None)
    assert "2 of 6 requests of the last 120 s were accepted; 29 % of the calls are refused now" in str(caught.value)
    assert recorder.events[0].reason == "throttled"
    assert throttle.snapshot().as_dict() == {
        "name": throttle.name,
        "requests": 6,
        "accepts": 2,
        "share": 2 / 7,
        "admitted": 5,
        "rejected": 1,
        "would_reject": 0,
    }


def test_requests_count_before_the_call(clock):
    """Calls that hang are held against the callee at once."""
    throttle = eager(clock)
    throttle.acquire()
    with pytest.raises(RateLimitedError):
        throttle.acquire()


def test_below_min_requests_nothing_is_refused(clock):
    """A burst on a cold start has no answers yet."""
    throttle = Throttle(clock=clock, random=lambda: 0.0)
    for _ in range(100):
        throttle.acquire().failure()
    with pytest.raises(RateLimitedError):
        throttle.acquire()


def test_what_tells_nothing_of_the_callee_changes_nothing(clock):
    """Programming errors, refusals of ours and interrupts count as accepted."""
    throttle = eager(clock)
    for error in (TypeError(), RateLimitedError("no"), KeyboardInterrupt(), GeneratorExit()):
        with pytest.raises(type(error)), throttle.acquire():
            raise error
    assert (throttle.snapshot().requests, throttle.snapshot().accepts) == (4, 4)


@pytest.mark.worlds("asyncio", "trio", reason="a plain call is not cut short")
def test_a_call_that_its_deadline_cut_short_was_not_accepted(world, clock):
    """An outer `Timeout` cancels it."""
    throttle = eager(clock)

    def body():
        yield world.sleep(clock, 60)

    with pytest.raises(resilience.CallTimeoutError):
        world.call(resilience.Pipeline(Timeout(1), throttle, clock=clock), body)
    assert (throttle.snapshot().requests, throttle.snapshot().accepts) == (1, 0)


def test_row_21_it_forgets_and_a_gap_costs_no_loop(clock):
    """Ten years later nothing is left."""
    throttle = eager(clock, name="quotes")
    throttle.acquire().failure()
    clock.advance(10 * 365 * 86400)
    throttle.acquire().success()
    assert (throttle.snapshot().requests, throttle.snapshot().accepts) == (1, 1)
    throttle.reset_after_fork()
    assert repr(throttle) == "<Throttle 'quotes' multiplier 2, window 120 s>"


@pytest.mark.parametrize(
    "options", [{"multiplier": 0.5}, {"window": 0}, {"min_requests": -1}, {"on": 3}, {"shadow": "yes"}], ids=str
)
def test_row_54_bad_options_name_themselves(options):
    """Each by its name."""
    with pytest.raises((ValueError, TypeError), match=f"{next(iter(options))}="):
        Throttle(**options)


class ThrottleModel(RuleBasedStateMachine):
    """The book's formula over plain lists of moments."""

    def __init__(self):
        super().__init__()
        self.clock, self.chance = FakeClock(start=1000), 0.0
        self.throttle = Throttle(
            multiplier=1.5, window=10, min_requests=3, clock=self.clock, random=lambda: self.chance
        )
        self.requests, self.accepts = [], []

    def share(self):
        newest = int(self.clock.now())
        counts = [sum(newest - int(at) < 10 for at in moments) for moments in (self.requests, self.accepts)]
        requests, accepts = counts
        return 0.0 if requests < 3 else max(0.0, (requests - 1.5 * accepts) / (requests + 1))

    @rule(accepted=st.booleans(), chance=st.sampled_from([0.0, 0.2, 0.5, 0.9]))
    def call(self, accepted, chance):
        self.chance = chance
        refused = chance < self.share()
        self.requests.append(self.clock.now())
        if refused:
            with pytest.raises(RateLimitedError):
                self.throttle.acquire()
            return
        permit = self.throttle.acquire()
        if accepted:
            self.accepts.append(self.clock.now())
            permit.success()
        else:
            permit.failure(ConnectionError())

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0, 11.0]))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @invariant()
    def same_share(self):
        assert self.throttle.snapshot().share == pytest.approx(self.share())


TestThrottleModel = ThrottleModel.TestCase
TestThrottleModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
