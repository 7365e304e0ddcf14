"""Small parts of the engine, each by itself: what others would only meet by chance."""

import pickle

import pytest

import resilience
from resilience import Bulkhead, Cache, Hedge, Pipeline, RateLimiter, Retry, Throttle, Timeout
from resilience._flight import Flight
from resilience._gate import Lead
from resilience._history import SERIAL, _Serial
from resilience._outcome import Failures
from resilience._worst import WorstCase, worst_of
from resilience.errors import RateLimitedError, ResilienceError


def test_a_count_of_giving_up():
    """It begins at nothing, goes up by one, and has a lock of its own after a fork."""
    serial = _Serial()
    assert (serial.newest, serial.next(), serial.next(), serial.newest) == (0, 1, 2, 2)
    lock = serial._lock
    serial.reset()
    assert serial._lock is not lock
    assert (serial.next(), SERIAL.newest >= 0) == (3, True)


def test_named_sets_of_failures():
    """They show and pickle as their name, and say whether refusals are among them."""
    some, none = Failures("FAILURES", refusals=True), Failures("none", refusals=False)
    assert (repr(some), repr(none)) == ("FAILURES", "none")
    assert (some(RateLimitedError("x")), none(RateLimitedError("x"))) == (True, False)
    assert some.__reduce__() == "FAILURES"
    assert pickle.loads(pickle.dumps(resilience.FAILURES)) is resilience.FAILURES


def test_an_abandoned_flight_is_led_anew():
    """By whom asks first: the same one."""
    flight = Flight()
    flight.abandon()
    verdict = flight.renew()
    assert isinstance(verdict, Lead)
    assert verdict.flight is flight


def test_a_failure_without_an_error_gives_the_permit_back(clock):
    """To who has no opinion on failures."""
    bulkhead = Bulkhead(1, clock=clock)
    for _ in range(3):
        bulkhead.acquire().failure()
    assert bulkhead.call(int) == 0
    assert (bulkhead.snapshot().active, bulkhead.snapshot().admitted) == (0, 4)
    limiter = RateLimiter(3, clock=clock)
    limiter.acquire().failure()
    assert limiter.snapshot().admitted == 1


def test_a_permit_that_would_lead_a_load():
    """It cannot, and says so."""

    class Leads(resilience._permit.Acquirable):
        name, clock = "leads", resilience._world.SYSTEM_CLOCK

        def admit(self, args, kwargs):
            return Lead(Flight())

    with pytest.raises(
        ResilienceError,
        match=r"^acquire\(\) was told to lead a load, and has no function",
    ):
        Leads().acquire()


def test_a_pipeline_names_the_generator_that_it_cannot_guard():
    """As its policy does."""

    def rows():
        yield 1

    with pytest.raises(TypeError, match=r"a timeout cannot guard the generator .*rows, whose work"):
        Pipeline(Bulkhead(1), Timeout(2))(rows)


@pytest.mark.parametrize(
    ("policy", "calls", "seconds"),
    [
        (RateLimiter(5, wait=4), 3, 13),
        (Bulkhead(1, max_queue=1, wait=4), 3, 13),
        (resilience.AdaptiveLimit(max_queue=1, wait=4), 3, 13),
        (Timeout(4), 3, 4),
        (Timeout(40), 3, 9),
        (Retry(2, backoff=[1]), 6, 19),
        (Retry(2, backoff=[1], max_elapsed=5), 6, 14),
        (Retry(3, delay_from=lambda outcome: None, max_server_delay=10, backoff=[1]), 9, 49),
        (Hedge(2), 6, 11),
        (Hedge(20, attempts=3), 9, 27),
        (Hedge(resilience.Quantile(ceiling=4)), 6, 13),
        (Hedge(resilience.Quantile()), 6, 18),
        (Cache(ttl=1), 3, 9),
        (Throttle(), 3, 9),
        (resilience.Chaos(latency=2, rate=0.5), 3, 9),
        (Pipeline(Retry(2, backoff=[1]), Timeout(4)), 6, 9),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "describe") else str(value),
)
def test_what_each_makes_of_three_calls_in_nine_seconds(policy, calls, seconds):
    """More calls, more time, or less."""
    worst = policy.worst_case(WorstCase(calls=3, seconds=9.0))
    assert (worst.calls, worst.seconds) == (calls, seconds)
    assert worst_of([policy], WorstCase(calls=3, seconds=9.0)) == worst


def test_injected_latency_is_part_of_the_worst():
    """When it is on: the seconds, or no bound if a function gives them."""
    with pytest.warns(resilience.ResilienceWarning):
        fixed = resilience.Chaos(latency=2, rate=0.5, enabled=True)
        asked = resilience.Chaos(latency=lambda chance: 2, rate=0.5, enabled=True)
    inside = WorstCase(calls=3, seconds=9.0)
    assert fixed.worst_case(inside) == WorstCase(calls=3, seconds=11.0)
    assert asked.worst_case(inside) == WorstCase(calls=3, seconds=float("inf"))


def test_what_a_server_says_of_one_key(clock):
    """Each unit less counts; a table that is full makes room, as for a call."""
    limiter = RateLimiter(5, per=10, key=str, max_keys=1, clock=clock)
    limiter.learn(remaining=5, reset=3, key="a")
    assert limiter.peek("a").remaining == 5
    limiter.learn(remaining=4, reset=3, key="a")
    assert limiter.peek("a").remaining == 4
    clock.advance(60)
    limiter.learn(remaining=0, reset=3, key="b")
    assert limiter.peek("b").remaining == 0
    assert limiter.peek("b").retry_after == pytest.approx(3)
    assert limiter.snapshot().keys == 1
    limiter.learn(remaining=2, reset=3, key="c")
    assert limiter.snapshot().other == 1


def test_two_hedges_may_share_their_threads():
    """One pool for both."""
    one, two = Hedge(1), Hedge(1)
    two._share_threads(one)
    assert two._threads() is one._threads()
    assert Hedge(1)._threads() is not one._threads()


def test_one_probe_or_more(clock):
    """In words."""
    one = resilience.CircuitBreaker(initial_state="open", clock=clock, random=lambda: 0.0)
    two = resilience.CircuitBreaker(initial_state="open", half_open_max_calls=2, clock=clock, random=lambda: 0.0)
    assert one.explain() == "open: refuses calls for 30 s more; then 1 probe"
    assert two.explain() == "open: refuses calls for 30 s more; then 2 probes"
