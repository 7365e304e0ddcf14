"""Windows of outcomes against models that keep every outcome."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resilience._window import SLICES, CountWindow, TimeWindow

STEPS = st.lists(st.tuples(st.sampled_from([0.0, 0.3, 1.0, 2.7, 10.0, 11.0, 500.0]), st.booleans()), max_size=60)


@given(size=st.integers(1, 7), outcomes=st.lists(st.booleans(), max_size=40))
def test_the_last_calls(size, outcomes):
    """Exactly so many, the newest."""
    window = CountWindow(size)
    for number, failed in enumerate(outcomes, 1):
        window.add(0.0, failed=failed)
        kept = outcomes[:number][-size:]
        assert window.counted(0.0) == (len(kept), sum(kept))
    window.clear()
    assert window.counted(0.0) == (0, 0)


@given(steps=STEPS, start=st.sampled_from([0.0, 5.5, 1e6, -25.5]))
def test_the_last_seconds(steps, start):
    """To within a tenth: the outcomes of this slice and of the nine before it."""
    seconds = 10.0
    window, now, kept = TimeWindow(seconds), start, []
    for gap, failed in steps:
        now += gap
        window.add(now, failed=failed)
        kept.append((now // (seconds / SLICES), failed))
        young = [failed for slice_, failed in kept if slice_ > now // (seconds / SLICES) - SLICES]
        assert window.counted(now) == (len(young), sum(young))
    window.clear()
    assert window.counted(now) == (0, 0)
    assert (window.calls, window.failures) == (0.0, 0.0)


def test_its_edges():
    """A slice is a tenth; what is ten slices old is gone; a clock that goes back writes to the newest."""
    window = TimeWindow(20)
    window.add(100.0, failed=True)
    window.add(101.9, failed=False)
    assert window.counted(119.9) == (2, 1)
    assert window.counted(120.0) == (0, 0)
    window.add(120.0, failed=True)
    window.add(90.0, failed=True)
    assert window.counted(90.0) == (2, 2)
    assert window.counted(139.9) == (2, 2)
    assert window.counted(140.0) == (0, 0)


def test_weights():
    """An outcome may count for more, or for a part."""
    window = TimeWindow(10)
    window.add(0.0, failed=True, weight=2.5)
    window.add(0.0, failed=False, weight=0.5)
    window.add(0.0, failed=False)
    assert (window.calls, window.failures) == (4.0, 2.5)
    assert window.counted(10.0) == (0, 0)
    assert (window.calls, window.failures) == (0.0, 0.0)


@pytest.mark.parametrize("gap", [9, 10, 11, 19, 20, 21, 1e9])
def test_a_gap_leaves_nothing_behind(gap):
    """Whatever its length, the ring is clean."""
    window = TimeWindow(10)
    for second in range(10):
        window.add(float(second), failed=True)
    assert window.counted(9.0) == (10, 10)
    left = max(0, 10 - gap)
    assert window.counted(9.0 + gap) == (left, left)
    window.add(9.0 + gap, failed=False)
    assert window.counted(9.0 + gap) == (left + 1, left)


@pytest.mark.parametrize("seconds", [5e-324, 1e-300, 1e-10])
def test_row_54_a_window_shorter_than_any_clock_tells(seconds):
    """It counts what is of one instant, and divides by nothing that is none."""
    window = TimeWindow(seconds)
    window.add(1e9, failed=True)
    assert window.counted(1e9) == (1, 1)
    assert window.counted(1e9 + 1) == (0, 0)
