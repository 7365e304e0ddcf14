"""Backoffs to the letter: each delay that there is, by its own formula."""

from itertools import pairwise
from math import sqrt, tanh

import pytest

from resilience import Decorrelated, Exponential, Fixed, Linear, Retry
from resilience._backoff import Backoff, backoff_of, checked_jitter, jittered

CHANCES = (0.0, 0.25, 0.5, 1.0)


@pytest.mark.parametrize(
    ("kind", "delays"),
    [
        ("none", [8, 8, 8, 8]),
        ("full", [0, 2, 4, 8]),
        ("equal", [4, 5, 6, 8]),
        (0.25, [6, 7, 8, 10]),
        (1.0, [0, 4, 8, 16]),
        (0.0, [8, 8, 8, 8]),
    ],
)
def test_each_jitter(kind, delays):
    """From no chance to all of it."""
    assert [jittered(kind, 8.0, chance) for chance in CHANCES] == pytest.approx(delays)
    assert [Fixed(8, jitter=kind).delay(7, chance) for chance in CHANCES] == pytest.approx(delays)
    assert [Linear(2, step=2, jitter=kind).delay(4, chance) for chance in CHANCES] == pytest.approx(delays)
    assert [Exponential(1, jitter=kind).delay(4, chance) for chance in CHANCES] == pytest.approx(delays)
    assert checked_jitter(kind) == kind


def test_exponential_and_linear():
    """They grow from the first delay to the largest, and stay there."""
    grown = Exponential(0.5, multiplier=3, maximum=30, jitter="none")
    assert [grown.delay(attempt, 0.5) for attempt in range(1, 7)] == pytest.approx([0.5, 1.5, 4.5, 13.5, 30, 30])
    assert [grown.worst(attempt) for attempt in (1, 4, 9)] == pytest.approx([0.5, 13.5, 30])
    assert Exponential(0.5, multiplier=1, maximum=30, jitter="none").delay(9, 0.5) == 0.5
    assert Exponential(1e-9, maximum=1e12, jitter="none").delay(61, 0.5) == pytest.approx(1e-9 * 2**60)
    assert Exponential(1, maximum=1e15, jitter="none").delay(10_000, 0.5) == pytest.approx(1e12)
    steps = Linear(0.5, step=2, maximum=7, jitter="none")
    assert [steps.delay(attempt, 0.5) for attempt in range(1, 7)] == [0.5, 2.5, 4.5, 6.5, 7, 7]
    assert Linear(1, step=1, maximum=1e13, jitter="none").delay(10**14, 0.5) == pytest.approx(1e12 + 1)


def reached(time):
    """The published formula, in its own words: 2 ** t * tanh(sqrt(4 t))."""
    return 2.0**time * tanh(sqrt(4.0 * time))


@pytest.mark.parametrize("chance", CHANCES)
def test_decorrelated(chance):
    """Each delay is the difference to what was reached before, by 1/1.4, and never negative."""
    backoff = Decorrelated(0.7, maximum=1000)
    delays = backoff.begin()
    points = [0.0, *(reached(attempt - 1 + chance) for attempt in range(1, 8))]
    expected = [(after - before) / 1.4 * 0.7 for before, after in pairwise(points)]
    assert [delays(attempt, chance) for attempt in range(1, 8)] == pytest.approx(expected)
    assert [backoff.delay(attempt, chance) for attempt in range(1, 8)] == pytest.approx(expected)
    assert [backoff.worst(attempt) for attempt in range(1, 8)] == pytest.approx(
        [reached(attempt) / 1.4 * 0.7 for attempt in range(1, 8)]
    )


def test_decorrelated_at_its_ends():
    """It is cut at the maximum, does not overflow, and does not go below nothing when chance falls."""
    backoff = Decorrelated(0.7, maximum=3)
    delays = backoff.begin()
    assert [delays(9, 1.0), delays(9, 0.0), delays(10, 1.0)] == [3.0, 0.0, 3.0]
    assert [backoff.worst(attempt) for attempt in (1, 9, 10_000)] == [pytest.approx(reached(1) / 2), 3.0, 3.0]
    assert Decorrelated(1e-300, maximum=1e9).delay(5000, 1.0) == 0.0
    assert Decorrelated(1e-300, maximum=1e9).worst(5000) == pytest.approx(2.0**1000 / 1.4 * 1e-300)


def test_what_a_backoff_may_be():
    """A list stays at its last, an iterable is begun anew, a function hears the attempt."""
    listed = backoff_of("backoff", (1, 2, 4))
    assert [listed.delay(attempt, 0.0) for attempt in (1, 2, 3, 4, 2000)] == [1, 2, 4, 4, 4]
    assert [listed.worst(attempt) for attempt in (1, 3)] == [1, 4]
    endless = backoff_of("backoff", range(10**9))
    assert [endless.delay(attempt, 0.0) for attempt in (1, 1000, 1001)] == [0, 999, 999]
    empty = backoff_of("backoff", {})
    assert empty.begin()(1, 0.0) == 0.0
    assert repr(backoff_of("backoff", [1, 2])) == "[1, 2]"
    assert repr(backoff_of("backoff", abs)) == repr(abs)
    assert backoff_of("backoff", [0]).delay(1, 0.5) == 0.0


def test_what_the_base_says():
    """It has no memory, minds no cause, and obeys what is named."""

    class Own(Backoff):
        def delay(self, attempt, chance):
            return attempt * (1 - chance)

    own = Own()
    assert own.begin()(3, 0.5) == 1.5
    assert own.after(own.begin(), ConnectionError())(3, 0.0) == 3
    assert own.obey(9.0, own.begin(), 1, 0.5) is None
    assert own.obeyed(own.delay, 1) == own.delay
    assert own.worst(3) == 3
    assert Retry(backoff=own).backoff is own
