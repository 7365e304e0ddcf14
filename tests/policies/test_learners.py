"""How adaptive limits learn, step by step: each rule of each way with the numbers that it names."""

import pytest

from resilience import AIMD, AdaptiveLimit, Gradient2, Vegas
from resilience.policies._learner import Baseline, Bounds, Call, checked_bounds

BOUNDS = Bounds(initial=100, minimum=2, maximum=200)


def call(seconds=1.0, *, began=0.0, in_flight=100, dropped=False):
    return Call(began, in_flight, seconds, dropped)


def warmed(algorithm, seconds=1.0):
    """A learner that has seen 101 calls which took so long, too few at once to move it."""
    learner = algorithm.begin(BOUNDS)
    for _ in range(101):
        learner.learn(0.0, call(seconds, in_flight=1))
    assert learner.limit == 100
    return learner


def test_bounds():
    """The first limit is brought between the others."""
    assert checked_bounds(20, 1, 200, obeyed=True) == (20, 1, 200, True)
    assert checked_bounds(20, 30, 200, obeyed=True) == (30, 30, 200, True)
    assert checked_bounds(20, 1, 10, obeyed=True) == (10, 1, 10, True)
    assert checked_bounds(20, 20, 20, obeyed=True) == (20, 20, 20, True)
    assert (AdaptiveLimit(initial=500).limit, AdaptiveLimit(minimum=30).limit) == (200, 30)


@pytest.mark.parametrize("algorithm", [AIMD(), Vegas(), Gradient2()], ids=repr)
def test_a_limit_stays_between_its_bounds(algorithm):
    """However often it rises or falls."""
    rising, falling = algorithm.begin(BOUNDS._replace(initial=199)), algorithm.begin(BOUNDS._replace(initial=3))
    for number in range(1, 40_000):
        rising.learn(float(number), call(in_flight=200))
    for number in range(1, 40):
        falling.learn(float(number), call(began=float(number), dropped=True))
    assert (rising.limit, falling.limit) == (200, 2)
    assert rising.allowed() in (200, 2)  # 2 while it looks how long a call takes without a queue
    assert falling.allowed() == 2


def test_aimd():
    """One a round up, a factor down at a drop; more than half of the limit has to be in use; once a round."""
    learner = AIMD(backoff=0.8, longer_than=3).begin(BOUNDS)
    learner.learn(0.0, call(in_flight=49))
    assert learner.limit == 100
    learner.learn(0.0, call(3.0, in_flight=50))
    assert learner.limit == 100 + 1 / 100
    learner.learn(7.0, call(dropped=True))
    assert learner.limit == pytest.approx(100.01 * 0.8)
    learner.learn(8.0, call(dropped=True, began=6.9))
    assert learner.limit == pytest.approx(100.01 * 0.8)
    learner.learn(9.0, call(3.1, began=7.0))
    assert learner.limit == pytest.approx(100.01 * 0.8 * 0.8)
    learner.learn(10.0, call(dropped=True, began=8.9))
    assert learner.limit == pytest.approx(100.01 * 0.8 * 0.8)
    assert learner.allowed() == 64


@pytest.mark.parametrize(
    ("queue", "moves"),
    [(0, 0.12), (1.9, 0.12), (2.1, 0.02), (5.9, 0.02), (6.1, 0.0), (11.9, 0.0), (12.1, -0.02), (60, -0.02)],
)
def test_vegas_keeps_the_queue_between_its_marks(queue, moves):
    """Three and six times the logarithm of the limit, here 2; below one logarithm it grows six times as fast."""
    learner = warmed(Vegas())
    learner.learn(0.0, call(1 / (1 - queue / 100)))
    assert learner.limit == pytest.approx(100 + moves)


def test_vegas_with_a_small_limit():
    """The logarithm counts as one at least; calls that take no time, or too few at once, move nothing."""
    learner = Vegas().begin(BOUNDS._replace(initial=4))
    learner.learn(0.0, call(0.0, in_flight=4))
    assert learner.limit == 4
    learner.learn(0.0, call(1.0, in_flight=1))
    assert learner.limit == 4
    learner.learn(0.0, call(0.5, in_flight=2))
    assert learner.limit == 4 + 6 / 4


@pytest.mark.parametrize("algorithm", [Vegas(), Gradient2()], ids=repr)
def test_a_drop(algorithm):
    """A tenth, half if the call took more than twice as long as one does; once a round."""
    for seconds, left in ((0.5, 90), (2.0, 90), (2.1, 50)):
        learner = warmed(algorithm)
        learner.learn(5.0, call(seconds, dropped=True, began=1.0))
        assert learner.limit == left
        learner.learn(6.0, call(seconds, dropped=True, began=4.9))
        assert learner.limit == left
        assert learner.allowed() == left


@pytest.mark.parametrize(
    ("seconds", "limit"),
    # The smoothed time goes a fifth of the way from 1 s; the gradient is 1.5 / time, from 0.5 to 1.
    [(1.0, 100.8), (3.0, 100.8), (3.5, 100.8), (6.0, 95.8), (11.0, 90.8), (99.0, 90.8)],
)
def test_gradient2_follows_the_ratio(seconds, limit):
    """A fifth of the way to `limit * gradient + queue_size`."""
    learner = warmed(Gradient2(tolerance=1.5, queue_size=4))
    learner.learn(0.0, call(seconds, in_flight=50))
    assert learner.limit == pytest.approx(limit)
    learner = warmed(Gradient2())
    learner.learn(0.0, call(seconds, in_flight=49))
    assert learner.limit == 100


def test_gradient2_learns_from_a_slow_drop():
    """A drop that took long tells how slow the callee is, also before the limit may fall again."""
    learner = warmed(Gradient2())
    learner.learn(5.0, call(11.0, dropped=True, began=1.0))
    assert learner.limit == pytest.approx(90.8 / 2)
    slow = warmed(Gradient2())
    slow._fell_at = 2.0
    slow.learn(5.0, call(11.0, dropped=True, began=1.0))
    assert slow.limit == pytest.approx(90.8)
    fresh = Gradient2().begin(BOUNDS)
    fresh._fell_at = 2.0
    fresh.learn(5.0, call(0.0, dropped=True, began=1.0))
    assert fresh.limit == 100


def test_the_time_without_a_queue_is_an_average_that_only_falls():
    """Of all at first, of the last hundred later; never above what it was."""
    baseline = Baseline(1e9)
    for seen in range(1, 101):
        baseline.learn(0.0, call(float(seen)), used=False, minimum=1)
        assert baseline.seconds == pytest.approx((seen + 1) / 2)
    baseline.learn(0.0, call(1000.0), used=False, minimum=1)
    assert baseline.seconds == pytest.approx(50.5)
    for _ in range(40):
        baseline.learn(0.0, call(0.0), used=False, minimum=1)
    assert baseline.seconds == pytest.approx((50.5 + (1000 - 50.5) * 0.01) * 0.99**40)


def probing(interval):
    """A baseline that has just begun to probe, and when."""
    baseline = Baseline(interval)
    for second in range(1, 1000):
        baseline.learn(float(second), call(), used=True, minimum=2)
        if baseline.probing_since is not None:
            return baseline, second
    raise AssertionError("it never probed")


def test_a_probe_begins_after_steady_load():
    """Most calls found the limit in use: after 69 of them (0.99 ** 69 is below half), and `interval` seconds more."""
    baseline, second = probing(5.0)
    assert (second, baseline.probing_since) == (68 + 5, 73.0)
    quiet = Baseline(5.0)
    for second in range(1, 1000):
        quiet.learn(float(second), call(), used=second % 2 == 0, minimum=2)
    assert quiet.probing_since is None


def test_a_probe_ends_after_ten_calls_that_met_no_queue():
    """Calls begun before it, or among more than the minimum, say nothing; a long probe makes the next one rarer."""
    baseline, since = probing(5.0)
    for stale in (call(9.0, began=72.9, in_flight=1), call(9.0, began=80.0, in_flight=3)):
        for _ in range(20):
            baseline.learn(80.0, stale, used=True, minimum=2)
    assert baseline.probing_since == since
    for number in range(10):
        assert baseline.probing_since is not None
        baseline.learn(80.0 + number, call(1.0 + number, began=73.0, in_flight=2), used=True, minimum=2)
    assert baseline.probing_since is None
    assert baseline.seconds == 5.5
    # It took 16 s, so the next comes no sooner than 800 s after it.
    baseline.learn(89.0 + 799, call(5.5), used=True, minimum=2)
    assert baseline.probing_since is None
    baseline.learn(89.0 + 800, call(5.5), used=True, minimum=2)
    assert baseline.probing_since == 889.0
    for _ in range(9):
        baseline.learn(889.0, call(2.0, began=889.0, in_flight=1), used=True, minimum=2)
    assert baseline.probing_since == 889.0
    baseline.learn(889.0, call(2.0, began=889.0, in_flight=1), used=True, minimum=2)
    assert (baseline.probing_since, baseline.seconds) == (None, 2.0)
    baseline.learn(893.0, call(2.0), used=True, minimum=2)
    assert baseline.probing_since is None
    baseline.learn(894.0, call(2.0), used=True, minimum=2)
    assert baseline.probing_since == 894.0


@pytest.mark.parametrize("algorithm", [Vegas(probe=5), Gradient2(probe=5)], ids=repr)
def test_while_it_probes_a_limit_is_its_minimum_and_stays(algorithm):
    """And takes up where it was."""
    learner = algorithm.begin(BOUNDS)
    second = 0.0
    while learner._baseline.probing_since is None:
        second += 1
        learner.learn(second, call(in_flight=200))
    limit = learner.limit
    assert learner.allowed() == 2
    learner.learn(second, call(in_flight=200))
    assert learner.limit == limit
    for _ in range(10):
        learner.learn(second, call(began=second, in_flight=2))
    assert learner.allowed() == int(limit)
