"""Which requests may be sent again, and after what."""

from __future__ import annotations

import pytest

from resilience.http._extent import Extent, extent_of
from resilience.http._repeating import Repeating, repeating_of


@pytest.mark.parametrize("method", ["GET", "get", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY"])
def test_idempotent_methods_may_be_repeated_after_anything(package, method):
    """RFC 9110, section 9.2.2."""
    assert repeating_of(method, package.Headers(), is_replayable=True) is Repeating.ANY


@pytest.mark.parametrize("method", ["POST", "PATCH", "CONNECT", "LOCK", "MYOWN"])
def test_row_03_other_methods_only_when_nothing_was_sent_or_with_a_key(package, method):
    """An `Idempotency-Key` says that the server will notice; an empty one says nothing."""
    assert repeating_of(method, package.Headers(), is_replayable=True) is Repeating.UNSENT
    assert repeating_of(method, package.Headers({"idempotency-key": ""}), is_replayable=True) is Repeating.UNSENT
    assert repeating_of(method, package.Headers({"IDEMPOTENCY-KEY": "k"}), is_replayable=True) is Repeating.ANY


def test_the_callers_word_beats_method_and_headers(package):
    """A POST that is a search may be repeated; a GET that counts may not."""
    key = package.Headers({"Idempotency-Key": "k"})
    assert repeating_of("POST", package.Headers(), is_replayable=True, idempotent=True) is Repeating.ANY
    assert repeating_of("GET", key, is_replayable=True, idempotent=False) is Repeating.UNSENT


@pytest.mark.parametrize("idempotent", [None, True, False])
def test_row_04_a_one_shot_body_is_never_sent_again(package, idempotent):
    """Whatever the method is, and whatever the caller says of it."""
    assert repeating_of("PUT", package.Headers(), is_replayable=False, idempotent=idempotent) is Repeating.NEVER


@pytest.mark.parametrize(
    ("method", "status", "kind", "extent"),
    [
        ("GET", 200, "text/html", "body"),
        ("GET", 200, None, "body"),
        ("GET", 200, "text/event-stream", "headers"),
        ("GET", 200, "Text/Event-Stream;charset=utf-8", "headers"),
        ("GET", 200, "text/event-streams", "body"),
        ("GET", 200, "multipart/x-mixed-replace; boundary=x", "headers"),
        ("GET", 101, None, "headers"),
        ("CONNECT", 200, None, "headers"),
        ("CONNECT", 502, None, "body"),
    ],
)
def test_streams_and_upgrades_are_judged_at_their_headers(package, method, status, kind, extent):
    """Everything else is judged when its body has come."""
    headers = package.Headers({} if kind is None else {"content-type": kind})
    assert extent_of(method, status, headers) == extent
    assert extent_of(method, status, headers, Extent.HEADERS) == "headers"
