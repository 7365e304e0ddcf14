"""The scripted dependency: capacity, latency, outages."""

import itertools
import pickle
from math import inf

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resilience.simulate import Constant, Dependency, DependencyError, LogNormal, Outage
from resilience.simulate._dependency import Server


def server(chance=0.5, **options):
    return Server(Dependency(latency=0.1, **options), lambda: chance)


def test_without_a_limit_everybody_is_served_at_once():
    """The latency, and no queue."""
    made = server()
    assert [made.take(0).after for _ in range(1000)] == [0.1] * 1000
    assert made.requests == 1000


def test_a_scripted_failure_can_be_pickled():
    """As every error here, for pools of processes."""
    copy = pickle.loads(pickle.dumps(DependencyError("down")))
    assert (copy.reason, str(copy)) == ("down", "the scripted dependency: down")


def test_a_queue_grows_beyond_the_capacity():
    """Ten a second: the eleventh of one instant waits a second."""
    made = server(capacity=10)
    waits = [made.take(0).after for _ in range(11)]
    assert waits == pytest.approx([0.1 + number / 10 for number in range(11)])
    assert made.take(5).after == pytest.approx(0.1)


def test_a_bounded_queue_refuses():
    """Who would wait behind more than that is refused at once."""
    made = server(capacity=10, queue=2)
    assert [made.take(0).error for _ in range(5)] == [None, None, None, "full", "full"]


@pytest.mark.parametrize(
    ("outage", "error", "after"),
    [
        ({"capacity": 0}, "down", 0.0),
        ({"hangs": True}, None, inf),
        ({"error_rate": 1.0}, "error", 0.1),
        ({"slower": 3.0}, None, 0.3),
        ({}, None, 0.1),
    ],
    ids=str,
)
def test_outages(outage, error, after):
    """What is different, while it lasts and no longer."""
    made = server(outages=[Outage(10, 20, **outage)])
    for now, expected in ((9.9, (None, 0.1)), (10, (error, after)), (20, (None, 0.1))):
        served = made.take(now)
        assert (served.error, served.after) == pytest.approx(expected)


def test_what_was_queued_when_it_went_down_is_served_afterwards():
    """A queue outlives the outage."""
    made = server(capacity=1, outages=[Outage(2, 10, capacity=0)])
    assert [made.take(1.5).after + 1.5 for _ in range(3)] == pytest.approx([1.6, 10.1, 11.1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(1, 100))
def test_never_more_than_the_capacity(gaps, capacity):
    """Whatever comes when: starts are at least one over the capacity apart, and in order."""
    made = Server(Dependency(latency=0, capacity=capacity), lambda: 0.5)
    now, starts = 0.0, []
    for gap in gaps:
        now += gap
        starts.append(now + made.take(now).after)
    assert all(later - earlier >= 1 / capacity - 1e-9 for earlier, later in itertools.pairwise(starts))


def test_latencies():
    """Constant, or as services really are; the tails are finite."""
    assert Constant(0.2).seconds(0.999) == 0.2
    latency = LogNormal(0.05, p99=0.5)
    assert latency.seconds(0.5) == pytest.approx(0.05)
    assert latency.seconds(0.99) == pytest.approx(0.5)
    assert 0 < latency.seconds(0.0) < latency.seconds(1.0) < 100


@pytest.mark.parametrize(
    ("make", "option"),
    [
        (lambda: Dependency(capacity=0), "capacity="),
        (lambda: Dependency(latency="slow"), "latency="),
        (lambda: Dependency(queue=-1), "queue="),
        (lambda: Dependency(error_rate=2), "error_rate="),
        (lambda: Dependency(outages=[(1, 2)]), "outages="),
        (lambda: Outage(5, 5), "end=5"),
        (lambda: Outage(-1, 5), "start=-1"),
        (lambda: Outage(1, 5, slower=0.5), "slower=0.5"),
        (lambda: Outage(1, 5, hangs=1), "hangs=1"),
        (lambda: LogNormal(1, p99=0.5), "p99=0.5"),
        (lambda: Constant(-1), "value=-1"),
    ],
)
def test_row_54_bad_options_name_themselves(make, option):
    """Each bad option is refused by name."""
    with pytest.raises((ValueError, TypeError), match=option):
        make()


def test_reprs_and_equality():
    """Parts are values."""
    assert repr(Outage(1, 2, capacity=0.5, hangs=True)) == "Outage(1, 2, capacity=0.5, hangs=True)"
    assert (repr(Constant(1)), repr(LogNormal(1, p99=2))) == ("Constant(1)", "LogNormal(1, p99=2)")
    assert Dependency(capacity=3) == Dependency(capacity=3) != Dependency(capacity=4)


@pytest.mark.parametrize("capacity", [3, 7, 10, 30, 300])
@pytest.mark.parametrize("queue", [0, 1, 3, 6, 29])
@pytest.mark.parametrize("now", [0.0, 1234.5678])
def test_exactly_so_many_wait(capacity, queue, now):
    """One is worked on and `queue` wait, whatever the numbers do to sums; half a place is none."""
    server = Server(Dependency(capacity=capacity, latency=1, queue=queue), lambda: 0.5)
    answers = [server.take(now).error for _ in range(queue + 3)]
    assert answers == [None] * (queue + 1) + ["full"] * 2
    half = now + 0.5 / capacity
    assert server.take(half).error == "full"
    assert server.take(now + 1.0001 / capacity).error is None
