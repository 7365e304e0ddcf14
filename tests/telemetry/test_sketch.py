"""Quantiles out of bins are within the stated error of the exact ones."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.telemetry import _sketch
from resilience.telemetry._sketch import ERROR, LEAST, MOST, Bins, at_most, bin_of, merged, middle, put, quantiles

times = st.floats(min_value=1e-7, max_value=1e5)


def binned(values):
    bins = {}
    for value in values:
        bins[bin_of(value)] = bins.get(bin_of(value), 0) + 1
    return bins


@given(st.lists(times, min_size=1, max_size=200), st.lists(st.floats(0.001, 1.0), min_size=1, max_size=5))
def test_a_quantile_is_within_the_error_of_the_exact_one(values, shares):
    """For any times and shares: the value at that rank, give or take one per cent."""
    shares = tuple(sorted(shares))
    ranked = sorted(values)
    for share, found in zip(shares, quantiles(binned(values), shares), strict=True):
        exact = ranked[max(1, ceil(share * len(ranked))) - 1]
        assert found == pytest.approx(exact, rel=ERROR * 1.0001)


@given(st.lists(times, max_size=50), st.lists(times, max_size=50))
def test_two_sketches_merge_into_the_sketch_of_all(left, right):
    """Merging loses nothing and counts nothing twice."""
    assert merged([binned(left), binned(right)]) == binned(left + right)


@given(st.floats(min_value=0, max_value=1e300))
def test_any_time_has_a_bin_and_there_are_not_many(value):
    """Zero and ages count as the nearest that is kept: a sketch stays below 1,750 bins."""
    assert bin_of(LEAST) <= bin_of(value) <= bin_of(MOST)
    assert bin_of(MOST) - bin_of(LEAST) < 1750


@given(st.lists(st.floats(min_value=-1.0, max_value=1e12), min_size=1, max_size=50))
def test_many_at_once_fall_where_each_would(values):
    """Those out of bounds as well, on either side."""
    bins = Bins()
    put(bins, values)
    assert bins == binned(values)


def test_no_times_have_no_quantiles():
    """There is nothing to say about nothing."""
    assert quantiles({}, (0.5, 0.99)) == [None, None]


@given(st.lists(times, max_size=100))
def test_cumulative_counts_are_those_of_the_middles(values):
    """What Prometheus gets: how many did not exceed each bound, never falling."""
    bounds = (0.001, 0.1, 1.0, 100.0)
    counts = at_most(binned(values), bounds)
    assert counts == sorted(counts)
    assert counts == [sum(middle(bin_of(value)) <= bound for value in values) for bound in bounds]


def test_the_stated_error_is_the_one_in_the_docs():
    """One per cent."""
    assert _sketch.ERROR == 0.01
