"""`parse_retry_after`: every spelling that is allowed, and every one that is not."""

from __future__ import annotations

import math
import time
from email.utils import formatdate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resilience.http import parse_retry_after
from resilience.http._retry_after import FOR_EVER, parse_http_date

# Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110
EXAMPLE = 784111777.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("120", 120.0), (" 7 ", 7.0), ("1.5", 1.5), (b"3", 3.0), ("0005", 5.0), ("86400", 86400.0)],
)
def test_numbers_are_seconds(value, seconds):
    """Whole numbers, and the decimals that some servers send."""
    assert seconds == parse_retry_after(value)


@pytest.mark.parametrize(
    "value",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 10:49:37 +0200",
        b"sun, 06 nov 1994 08:49:37 gmt",
    ],
)
def test_all_three_dates_and_a_numeric_zone_are_read(value):
    """IMF-fixdate, RFC 850 and asctime name the same moment."""
    assert parse_retry_after(value, now=EXAMPLE - 90) == 90.0
    assert parse_retry_after(value, now=EXAMPLE + 90) == 0.0


def test_row_07_hostile_values_are_bounded_or_refused():
    """Huge ones stay finite, a date in 9999 overflows nothing, negative ones and NaN say nothing."""
    assert parse_retry_after("9999999999") == 9999999999.0
    assert parse_retry_after("9" * 150) == parse_retry_after("9" * 5000) == FOR_EVER
    in_9999 = parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT")
    assert in_9999 is not None
    assert 2.4e11 < in_9999 <= FOR_EVER
    for nonsense in ("-5", "NaN", "inf", "-inf", "1e400", "", " ", "soon", "0x10", "١٢", "²", "12 s", "9" * 5000 + "x"):
        assert parse_retry_after(nonsense) is None, nonsense
    for nothing in (None, 5, 1.5, [], object()):
        assert parse_retry_after(nothing) is None


def test_of_several_values_the_longest_counts():
    """A proxy may have added its own: a server is never asked early. One that cannot be read spoils all."""
    assert parse_retry_after("5, 60, 30") == 60.0
    assert parse_retry_after("5, x") is None


@pytest.mark.parametrize(("today", "expected"), [(2026, 1977), (1994, 1977), (2030, 2077)])
def test_a_year_of_two_digits_is_at_most_fifty_years_ahead(today, expected):
    """'77' is 2077 only once that is no more than 50 years away."""
    now = parse_http_date(f"Fri, 01 Jan {today} 00:00:00 GMT")
    assert time.gmtime(parse_http_date("Friday, 01-Jan-77 00:00:00 GMT", now)).tm_year == expected


@pytest.mark.parametrize(
    "value",
    [
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:61:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 99999 08:49:37 GMT",
        "Sun, 06 Nov",
        "2026-11-23T10:00:00Z",
        "@",
    ],
)
def test_what_is_no_http_date_is_none(value):
    """Dates that cannot be, and dates of other standards."""
    assert parse_http_date(value) is None
    assert parse_retry_after(value) is None


@given(st.integers(0, 4_102_444_800), st.integers(0, 4_102_444_800))
def test_a_date_is_as_far_away_as_the_clocks_say(then, now):
    """For any two moments: the difference, or nothing when it has passed."""
    assert parse_retry_after(formatdate(then, usegmt=True), now=float(now)) == max(then - now, 0)


@given(st.one_of(st.text(), st.binary(), st.from_regex(r"\A[-+0-9., eE:/A-Za-z]{0,60}\Z"), st.none(), st.floats()))
@example("Thu, 01 Jan 1970 00:00:00 -99999999999999999999")
@example("Mon, 99999999999999999999 Jan 2020 00:00:00 GMT")
@example("\x00")
def test_it_never_raises_and_never_gives_nonsense(value):
    """Any value at all: `None`, or finite seconds from 0."""
    seconds = parse_retry_after(value)
    assert seconds is None or (math.isfinite(seconds) and 0 <= seconds <= FOR_EVER)
    assert type(seconds) in {float, type(None)}


@given(
    st.sampled_from(["Sun, ", "Sunday, ", "", ",", "Sun"]),
    st.integers(-1, 99),
    st.sampled_from([" ", "-", "--", "/"]),
    st.sampled_from(["Nov", "nov", "11", "Xyz", ""]),
    st.integers(-1, 100_000),
    st.from_regex(r"\A[0-9:.]{0,12}\Z"),
    st.sampled_from(["GMT", "+9999", "-0000", "", "EST", "Z", "+99:99"]),
)
def test_dates_that_are_nearly_right_never_raise(day_name, day, separator, month, year, clock, zone):
    """Mutations of the real forms reach deeper into the standard library's parser than random text does."""
    text = f"{day_name}{day}{separator}{month}{separator}{year} {clock} {zone}"
    seconds = parse_retry_after(text, now=EXAMPLE)
    assert seconds is None or 0 <= seconds <= FOR_EVER


def test_row_7_a_number_longer_than_any_date_is_for_ever():
    """Four hundred nines are no reason to ask again at once."""
    assert parse_retry_after("9" * 400) == parse_retry_after("9" * 100)
    assert parse_retry_after("x" * 400) is None


@pytest.mark.parametrize("now", [float("nan"), float("inf"), True, "x"])
def test_a_now_that_is_no_time_is_this_machines_own(now):
    """No delay of nonsense comes of it."""
    delay = parse_retry_after("Fri, 31 Dec 2999 23:59:59 GMT", now=now)
    assert 0 < delay < 1e11
