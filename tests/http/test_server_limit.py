"""What servers say of their own rate limits, in all their ways, however badly; and limiters that obey it."""

import sys
import time
from email.utils import formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience import FixedWindow, RateLimiter, ResilienceWarning, SlidingWindow
from resilience.http import ServerLimit, adopt_rate_limit, read_rate_limit

# Sun, 06 Nov 1994 08:49:37 GMT
EXAMPLE, DATE = 784111777, "Sun, 06 Nov 1994 08:49:37 GMT"


def encoded(headers):
    """Headers as they come from a socket, which may hold any byte."""
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


def said(status=200, **headers):
    """What an answer with these headers says, as a pair."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    told = read_rate_limit(httpx.Response(status, headers=encoded({"date": DATE, **names})))
    return told.remaining, told.reset


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"ratelimit": '"default";r=50;t=30'}, (50, 30.0)),
        ({"ratelimit": '"minute";r=5;t=10, "day";r=900;t=3600'}, (5, 10.0)),
        ({"ratelimit": '"a";r=0;t=10, "b";r=0;t=60'}, (0, 60.0)),
        ({"ratelimit": '"default";r=7'}, (7, None)),
        (
            {"ratelimit": '"b";r=1;t=5, "a";r=9;t=6', "ratelimit_policy": '"a";q=9, "b";q=9;qu="content-bytes"'},
            (9, 6.0),
        ),
        ({"ratelimit": '"a";r=3;t=2', "ratelimit_policy": "no; field("}, (3, 2.0)),
        ({"ratelimit": '"a";r=3;t=2', "ratelimit_policy": "(a b);q=4, x"}, (3, 2.0)),
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, (50, 5.0)),
        ({"ratelimit": "limit=100, remaining=50;w=3"}, (50, None)),
        ({"ratelimit_remaining": "4", "ratelimit_reset": "30"}, (4, 30.0)),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(EXAMPLE + 90)}, (0, 784111867.0)),
        ({"x_ratelimit_remaining_requests": "59", "x_ratelimit_reset_requests": "6m0s"}, (59, 360.0)),
        ({"x_ratelimit_remaining_requests": "59", "x_ratelimit_reset_requests": "20ms"}, (59, 0.02)),
        ({"x_ratelimit_remaining_requests": "59", "x_ratelimit_reset_requests": "1d2h3m4.5s"}, (59, 93784.5)),
        (
            {
                "anthropic_ratelimit_requests_remaining": "2",
                "anthropic_ratelimit_requests_reset": "1994-11-06T08:50:07Z",
            },
            (2, 30.0),
        ),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1994-11-06T08:50:07"}, (0, None)),
    ],
    ids=str,
)
def test_every_way_in_which_servers_say_it(headers, told):
    """Structured fields of the last draft, the two forms before it, the `X-` habit, and the LLM vendors."""
    if headers.get("x_ratelimit_reset", "").isdigit():
        headers = {**headers, "x_ratelimit_reset": "784111867"}
    assert said(**headers) == told


def test_a_moment_since_1970_is_measured_from_the_servers_own_clock():
    """In seconds or milliseconds; without a `Date`, from this machine's."""
    date = formatdate(2_000_000_000, usegmt=True)
    for moment in ("2000000090", "2000000090000", "2000000090.0"):
        response = httpx.Response(
            429, headers={"date": date, "x-ratelimit-remaining": "0", "x-ratelimit-reset": moment}
        )
        assert read_rate_limit(response).reset == 90.0
    undated = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(time.time() + 90)}
    assert 80 < read_rate_limit(httpx.Response(200, headers=undated)).reset <= 90


@pytest.mark.parametrize(
    "headers",
    [
        {"ratelimit": "((("},
        {"ratelimit": '"a";r=-1'},
        {"ratelimit": '"a";r="5"'},
        {"ratelimit": '"a";r'},
        {"ratelimit": "(1 2), 3"},
        {"ratelimit": "remaining=?1"},
        {"ratelimit": '"a";r=5' + "x" * 2000},
        {"ratelimit_remaining": "-3"},
        {"ratelimit_remaining": "soon"},
        {"ratelimit_remaining": "9" * 5000},
        {"ratelimit_remaining": "²"},
    ],
    ids=lambda headers: str(headers)[:40],
)
def test_nonsense_says_nothing(headers):
    """Not a number of units, or one that nobody means."""
    assert said(**headers) == (None, None)


@pytest.mark.parametrize("reset", ["", "NaN", "-5", "later", "9" * 50, "99999-01-01", "0001-01-01T00:00:00+23:59"])
def test_a_reset_that_makes_no_sense_is_left_out(reset):
    """The units left still count."""
    remaining, seconds = said(x_ratelimit_remaining="3", x_ratelimit_reset=reset)
    assert (remaining, seconds or None) == (3, None)


@given(st.text(alphabet=st.characters(codec="latin-1", exclude_categories=("Cc",)), max_size=60), st.sampled_from(
    ["ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after", "ratelimit-policy", "date"]))  # fmt: skip
def test_row_07_no_header_raises(value, name):
    """Whatever it holds."""
    headers = {"ratelimit": '"a";r=1;t=3', "x-ratelimit-remaining": "4", "x-ratelimit-reset": "5"}
    told = read_rate_limit(httpx.Response(429, headers=encoded({**headers, name: value})))
    assert isinstance(told, ServerLimit)


def test_retry_after_counts_only_where_it_is_about_the_rate():
    """Of a 429 or 503, not of a redirect."""
    assert read_rate_limit(httpx.Response(301, headers={"retry-after": "9"})).retry_after is None
    assert read_rate_limit(httpx.Response(503, headers={"retry-after": "9"})).retry_after == 9.0
    late = httpx.Response(429, headers={"date": DATE, "retry-after": "Sun, 06 Nov 1994 08:50:37 GMT"})
    assert read_rate_limit(late).retry_after == 60.0


def test_without_the_library_a_structured_field_is_named_and_left(monkeypatch):
    """The other headers still count."""
    monkeypatch.setitem(sys.modules, "http_sf", None)
    with pytest.warns(ResilienceWarning, match="ratelimit-headers"):
        assert said(ratelimit='"a";r=1', x_ratelimit_remaining="4") == (4, None)


@pytest.mark.parametrize("kind", [RateLimiter, SlidingWindow, FixedWindow])
def test_a_limiter_adopts_what_an_answer_says(kind, clock):
    """Fewer units, a pause at zero, a pause by `Retry-After`, never longer than `longest`."""
    limiter = kind(10, per=10, clock=clock)
    adopt_rate_limit(limiter, httpx.Response(200, headers={"ratelimit": '"a";r=4;t=9'}))
    assert limiter.peek().remaining == 4
    adopt_rate_limit(limiter, httpx.Response(200), key="ann")
    assert limiter.peek("ann").remaining == 10
    adopt_rate_limit(limiter, httpx.Response(200, headers={"ratelimit": '"a";r=0;t=20'}))
    assert limiter.peek().retry_after == pytest.approx(20)
    adopt_rate_limit(limiter, httpx.Response(429, headers={"retry-after": "9999999"}), longest=60)
    assert limiter.peek().retry_after == pytest.approx(60)
    with pytest.raises(ValueError, match="longest=0"):
        adopt_rate_limit(limiter, httpx.Response(200), longest=0)
