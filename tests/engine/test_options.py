"""Row 54: every kind of option, with every kind of nonsense."""

import datetime as dt
import sys

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resilience import Failure, FailureRate, Outcome, RetryThrottle, Timeout, _options
from resilience._outcome import FAILURES, UNAVAILABLE, Judge

NONSENSE = st.one_of(st.none(), st.booleans(), st.text(), st.binary(), st.lists(st.integers()), st.complex_numbers())


@given(NONSENSE)
def test_row_54_wrong_types_are_type_errors(value):
    """No bool for a number, no text, no list: a `TypeError` that names option and value."""
    for check in (_options.seconds, _options.share, _options.amount, _options.count):
        with pytest.raises(TypeError) as caught:
            check("the_option", value)
        assert "the_option=" in str(caught.value)
        assert type(value).__name__ in str(caught.value)


@given(st.floats())
def test_row_54_durations(value):
    """Accepted exactly where they make sense."""
    if 0 < value < float("inf"):
        assert _options.seconds("o", value) == value
    else:
        with pytest.raises(ValueError, match="o="):
            _options.seconds("o", value)
    if 0 <= value <= float("inf"):
        assert _options.seconds("o", value, zero=True, infinite=True) == value


@given(st.floats())
def test_row_54_shares(value):
    """Above 0, to 1; or from 0."""
    for zero in (False, True):
        if 0 < value <= 1 or (zero and value == 0):
            assert _options.share("o", value, zero=zero) == value
        else:
            with pytest.raises(ValueError, match="o="):
                _options.share("o", value, zero=zero)


@given(st.integers(max_value=sys.maxsize))
def test_row_54_counts(value):
    """Whole numbers from the minimum on."""
    if value >= 1:
        assert _options.count("o", value) == value
    else:
        with pytest.raises(ValueError, match="at least 1"):
            _options.count("o", value)


def test_other_kinds():
    """Durations as `timedelta`, amounts, flags, choices, labels, logic."""
    assert _options.seconds("o", dt.timedelta(milliseconds=1500)) == 1.5
    assert _options.optional_seconds("o", None) is None
    assert _options.amount("o", 3, minimum=1.0) == 3
    for bad in (0.5, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="o="):
            _options.amount("o", bad, minimum=1.0)
    with pytest.raises(ValueError, match="above 1"):
        _options.amount("o", 1.0, minimum=1.0, above=True)
    with pytest.raises(ValueError, match="too large"):
        _options.seconds("o", 10**400)
    assert _options.flag("o", True)
    with pytest.raises(TypeError, match="True or False"):
        _options.flag("o", 1)
    assert _options.choice("o", "a", ("a", "b")) == "a"
    for bad, kind in (("c", ValueError), (3, TypeError)):
        with pytest.raises(kind, match="one of 'a', 'b'"):
            _options.choice("o", bad, ("a", "b"))
    assert _options.label("o", None) is None
    assert _options.label("o", "payments-api") == "payments-api"
    assert _options.logic("o", None) is None
    with pytest.raises(TypeError, match="o="):
        _options.logic("o", None, optional=False)


@pytest.mark.parametrize("name", ["", "a" * 201, "two\nlines", "\x1b[31mred", "\u202eevil", "tab\t"])
def test_row_59_names_are_printable(name):
    """A name with line breaks, escapes or direction marks is refused: it goes into logs."""
    with pytest.raises(ValueError, match="printable"):
        _options.label("name", name)


def test_failure_and_outcome():
    """The two values that the user's logic meets."""
    assert Failure().open_for is None
    assert Failure(open_for=dt.timedelta(seconds=3)).open_for == 3
    with pytest.raises(ValueError, match="open_for="):
        Failure(open_for=0)
    assert Outcome(value=1).attempt == 1
    assert Outcome(error=ValueError()).value is None


def test_the_named_sets():
    """They show their names, also across a pickle."""
    import pickle

    assert repr(FAILURES) == "FAILURES"
    assert pickle.loads(pickle.dumps(UNAVAILABLE)) is UNAVAILABLE
    assert not FAILURES(KeyboardInterrupt())
    assert not Judge(FAILURES).of_error(KeyboardInterrupt())


@pytest.mark.parametrize("value", [sys.maxsize + 1, 10**400])
def test_row_54_counts_beyond_any_memory(value):
    """Refused when they are given, not by whatever cannot count so far later."""
    assert _options.count("o", sys.maxsize) == sys.maxsize
    with pytest.raises(ValueError, match=f"^o={value}: must be a whole number from 1 to {sys.maxsize}"):
        _options.count("o", value)
    with pytest.raises(ValueError, match="calls="):
        FailureRate(0.5, calls=value)


@pytest.mark.parametrize(("value", "kind"), [(0, ValueError), ("", TypeError), (None, TypeError), (0.0, TypeError)])
def test_row_54_what_is_merely_false_is_no_pool(value, kind):
    """`thread=` is `True`, `False`, or a number of threads."""
    with pytest.raises(kind, match="thread="):
        Timeout(1, thread=value)


def test_row_54_a_ratio_beyond_any_bucket():
    """Is as good as the largest bucket."""
    assert RetryThrottle(token_ratio=1e308).token_ratio == 1000
