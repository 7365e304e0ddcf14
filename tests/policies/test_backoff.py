"""Backoffs: pure functions of the attempt and of chance."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resilience import Decorrelated, Exponential, Fixed, Linear
from resilience._backoff import backoff_of

SECONDS = st.floats(0.001, 1000)
CHANCE = st.floats(0, 1)


@pytest.mark.parametrize(
    ("jitter", "low", "high"), [("none", 8, 8), ("full", 0, 8), ("equal", 4, 8), (0.25, 6, 10), (0.0, 8, 8)]
)
def test_jitters(jitter, low, high):
    """None, full, equal, and a share on either side."""
    for backoff in (Exponential(1, maximum=100, jitter=jitter), Fixed(8, jitter=jitter)):
        assert backoff.delay(4, 0.0) == low
        assert backoff.delay(4, 1.0) == high
        assert backoff.worst(4) == high


@given(initial=SECONDS, multiplier=st.floats(1, 100), maximum=SECONDS, attempt=st.integers(1, 10_000), chance=CHANCE)
def test_row_8_exponents_never_overflow(initial, multiplier, maximum, attempt, chance):
    """For any attempt up to 10,000 the delay is finite, not negative, at most the maximum, never falling."""
    backoff = Exponential(initial, multiplier=multiplier, maximum=maximum, jitter="none")
    delay = backoff.delay(attempt, chance)
    assert 0 <= delay <= maximum
    assert backoff.delay(attempt + 1, chance) >= delay


@given(attempt=st.integers(1, 10_000), chance=CHANCE)
def test_row_8_zero_stays_zero(attempt, chance):
    """A delay of zero stays zero, and a huge first one is cut at the maximum."""
    assert Exponential(0).delay(attempt, chance) == 0
    assert Exponential(1e15, maximum=3, jitter="none").delay(attempt, chance) == 3
    assert Exponential(2, multiplier=1, maximum=9, jitter="none").delay(attempt, chance) == 2


@given(attempt=st.integers(1, 10_000), chance=CHANCE)
def test_linear(attempt, chance):
    """Grows by a step, up to the maximum."""
    assert Linear(1, step=2, maximum=9, jitter="none").delay(attempt, chance) == min(9, 1 + 2 * (attempt - 1))


@given(chances=st.lists(CHANCE, min_size=1, max_size=50), initial=SECONDS, maximum=SECONDS)
def test_decorrelated(chances, initial, maximum):
    """Bounded whatever chance draws; each call has its own memory."""
    backoff = Decorrelated(initial, maximum=maximum)
    first, second = backoff.begin(), backoff.begin()
    delays = [first(number, chance) for number, chance in enumerate(chances, 1)]
    assert all(0 <= delay <= maximum for delay in delays)
    assert all(delay <= backoff.worst(number) + 1e-9 for number, delay in enumerate(delays, 1))
    assert second(1, chances[0]) == delays[0]
    assert 0 <= backoff.delay(len(chances), chances[-1]) <= maximum
    assert Decorrelated(1).begin()(10_000, 1.0) == 10


def test_decorrelated_spreads_without_peaks():
    """The median of the first delay is near `initial`, as in the source."""
    delays = sorted(Decorrelated(1, maximum=100).begin()(1, number / 1000) for number in range(1000))
    assert 0.4 < delays[500] < 1.1


def test_row_9_full_jitter_is_flat():
    """A thousand clients: no wave; each tenth of the range gets its share."""
    import random

    chance = random.Random(5).random
    delays = [Exponential(1, maximum=1).delay(1, chance()) for _ in range(1000)]
    counts = [sum(0.1 * n <= delay < 0.1 * (n + 1) for delay in delays) for n in range(10)]
    assert sum((count - 100) ** 2 / 100 for count in counts) < 27.9  # chi-squared, 9 degrees, p = 0.001


def test_iterables_and_functions():
    """A list's last delay stays; a function sees the attempt; an iterable is begun anew for each call."""
    listed = backoff_of("backoff", [1, 2])
    for _ in range(2):
        delays = listed.begin()
        assert [delays(number, 0) for number in (1, 2, 3)] == [1, 2, 2]
    assert listed.delay(5, 0) == 2
    assert backoff_of("backoff", range(3)).begin()(1, 0) == 0
    assert backoff_of("backoff", {5.0: None}).delay(1, 0) == 5
    computed = backoff_of("backoff", lambda attempt: attempt * 10)
    assert computed.delay(3, 0.5) == 30
    assert computed.worst(3) == 30
    assert "1, 2" in repr(listed)
    assert "lambda" in repr(computed)
    same = Fixed(1)
    assert backoff_of("backoff", same) is same


@pytest.mark.parametrize("value", [-1, float("nan"), "x", True])
def test_bad_values_of_a_function_are_named(value):
    """What the user's function gives is checked."""
    with pytest.raises((ValueError, TypeError), match="backoff="):
        backoff_of("backoff", lambda attempt: value).delay(1, 0)
    with pytest.raises((ValueError, TypeError), match="backoff="):
        backoff_of("backoff", {value: 1}).begin()(1, 0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Exponential(-1),
        lambda: Exponential(1, multiplier=0.5),
        lambda: Exponential(1, multiplier=float("inf")),
        lambda: Exponential(1, maximum=0),
        lambda: Exponential(1, jitter="some"),
        lambda: Exponential(1, jitter=2.0),
        lambda: Exponential(1, jitter=None),
        lambda: Fixed(-1),
        lambda: Fixed(True),
        lambda: Linear(1, step=-1),
        lambda: Linear(1, maximum="x"),
        lambda: Decorrelated(0),
        lambda: Decorrelated(1, maximum=0),
    ],
)
def test_row_54_bad_options_are_refused(make):
    """Each part checks what it is given."""
    with pytest.raises((ValueError, TypeError), match="="):
        make()


def test_reprs():
    """They read as they are written."""
    assert repr(Exponential()) == "Exponential(0.1, multiplier=2, maximum=10, jitter='full')"
    assert repr(Fixed(1)) == "Fixed(1, jitter='none')"
    assert repr(Linear()) == "Linear(0.1, step=0.1, maximum=10, jitter='full')"
    assert repr(Decorrelated()) == "Decorrelated(0.1, maximum=10)"
