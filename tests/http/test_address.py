"""Names of origins, and URLs as they may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.http._address import origin_of, printable, shown


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Example.ORG/a/b?c#d", "https://example.org:443"),
        ("https://example.org:443", "https://example.org:443"),
        ("http://ann:secret@example.org:8080/", "http://example.org:8080"),
        ("http://[::1]:9/x", "http://[::1]:9"),
        ("http://bücher.example/", "http://bücher.example:80"),
        ("unix://x/y", "unix://x"),
    ],
)
def test_an_origin_is_scheme_host_and_port(package, url, origin):
    """One name for one server: no path, no user, the port always there."""
    assert origin == origin_of(package.URL(url))


def test_a_long_host_has_a_name_that_ends(package):
    """Labels hold 200 characters; a host may have 253."""
    assert len(origin_of(package.URL("https://" + "a." * 120 + "example"))) == 200


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("https://ann:hunter2@example.org/", "https://***@example.org/"),
        ("https://:x@example.org/", "https://***@example.org/"),
        ("https://example.org/?X-Amz-Signature=abc&a=1", "https://example.org/?X-Amz-Signature=***&a=1"),
        ("https://example.org/?API_KEY=abc;Client-Secret=d", "https://example.org/?API_KEY=***&Client-Secret=***"),
        ("https://example.org/?acc%65ss_token=abc", "https://example.org/?acc%65ss_token=***"),
        ("https://example.org/?sig=abc&key=d&code=e", "https://example.org/?sig=***&key=***&code=***"),
        ("https://example.org/?eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0", "https://example.org/?***"),
        ("https://example.org/?flag&page=2", "https://example.org/?flag&page=2"),
        ("/relative?token=x#frag", "/relative?token=***"),
        ("http://[broken", "<a URL that cannot be read>"),
    ],
)
def test_row_58_secrets_in_urls_are_never_shown(url, expected):
    """Userinfo, fragments and the values of parameters that look like secrets are left out."""
    assert shown(url) == expected


CANARY = "c4n4ry"


@given(
    st.sampled_from(
        ["token", "access_token", "apiKey", "api-key", "X-Amz-Security-Token", "PASSWORD", "sessionid", "sig"]
    ),
    st.lists(st.tuples(st.sampled_from(["a", "page", "q"]), st.text("abc%&=;", max_size=4)), max_size=3),
)
def test_row_58_no_secret_survives_whatever_stands_around_it(name, others):
    """The canary is gone from every URL of which it is a secret's value."""
    query = "&".join([f"{key}={value}" for key, value in others] + [f"{name}={CANARY}"])
    assert CANARY not in shown(f"https://{CANARY}:{CANARY}@example.org/?{query}#{CANARY}")


@pytest.mark.parametrize("nasty", ["a\r\nb", "\x1b[31mred", "right\u202eleft", "nul\x00", "line\u2028end"])
def test_row_59_nothing_that_is_shown_can_forge_a_line(nasty):
    """Line breaks, terminal codes and text direction marks arrive escaped."""
    for text in (printable(nasty), shown(f"https://example.org/{nasty}?q={nasty}")):
        assert text.isprintable()
        assert "\\" in text or nasty not in text


@given(st.text(max_size=300))
def test_showing_a_url_never_raises(text):
    """Any text at all, also no URL."""
    assert shown(text).isprintable()
    assert shown(f"http://{text}").isprintable()
