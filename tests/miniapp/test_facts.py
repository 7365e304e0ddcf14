"""What is deployed, from documents and headers as they are found."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.miniapp._facts import Facts, read_facts

SPRING_INFO = {
    "java": {"version": "21.0.1", "vendor": {"name": "Eclipse Adoptium"}, "runtime": {"version": "21.0.1+12"}},
    "os": {"name": "Linux", "version": "6.1"},
    "build": {"artifact": "shop", "version": "3.4.1", "time": "2026-11-01T10:00:00.123Z"},
    "git": {"branch": "main", "commit": {"id": "8e03f1c", "time": "2026-10-31T08:00:00Z"}},
}
BY_HAND = {
    "service": "shop",
    "appVersion": "v2",
    "git_sha": "abc",
    "deployedAt": 1761991200000,
    "NODE_ENV": "production",
    "hostname": "web-1",
    "AWS_REGION": "eu-central-1",
}


def facts_of(document, headers=None):
    """What an answer with this document tells."""
    return read_facts(headers or {}, json.dumps(document).encode())


def test_springs_info_is_understood():
    """The service's own version, not that of Java or the kernel; the commit out of its nest."""
    assert facts_of(SPRING_INFO) == Facts(version="3.4.1", commit="8e03f1c", deployed_at="2026-11-01T10:00:00+00:00")
    full = {"git": {"commit": {"id": {"abbrev": "8e0", "full": "8e03f1c"}}}}
    assert facts_of(full).commit == "8e03f1c"


def test_what_people_write_by_hand_is_understood():
    """Any case, any separator, milliseconds since the epoch."""
    assert facts_of(BY_HAND) == Facts(
        version="v2",
        commit="abc",
        deployed_at="2025-11-01T10:00:00+00:00",
        environment="production",
        server="web-1",
        region="eu-central-1",
    )


def test_the_better_name_and_then_the_shallower_one_wins():
    """`version` beats `release`; the top beats what is nested."""
    assert facts_of({"release": "r1", "data": {"version": "2"}}).version == "2"
    assert facts_of({"data": {"version": "2"}, "version": "1"}).version == "1"
    assert facts_of({"checks": {"db": {"version": "15"}}}).version is None
    assert facts_of({"env": ["prod", "eu"]}).environment == "prod, eu"


def test_headers_fill_what_the_document_leaves_out():
    """The document is believed first."""
    headers = {
        "x-app-version": "9",
        "x-git-sha": "def",
        "x-build-time": "Sat, 01 Nov 2025 10:00:00 GMT",
        "x-environment": "staging",
        "server": "nginx",
        "x-region": "fra",
    }
    assert facts_of({"version": "1"}, headers) == Facts(
        version="1",
        commit="def",
        deployed_at="2025-11-01T10:00:00+00:00",
        environment="staging",
        server="nginx",
        region="fra",
    )


@pytest.mark.parametrize(
    ("header", "value", "region"),
    [
        ("cf-ray", "8e5f9a1b2c3d4e5f-FRA", "FRA"),
        ("fly-request-id", "01HZX5V6-ams", "ams"),
        ("x-vercel-id", "fra1::iad1::abcde-1", "fra1"),
        ("x-amz-cf-pop", "FRA56-P1", "FRA56-P1"),
        ("cf-ray", "8e5f9a1b2c3d4e5f", None),
    ],
)
def test_the_region_may_be_hidden_in_a_requests_identifier(header, value, region):
    """What the big networks add to every answer."""
    assert read_facts({header: value}).region == region


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-11-01T12:00:00+02:00", "2026-11-01T10:00:00+00:00"),
        ("2026-11-01 10:00:00", "2026-11-01T10:00:00+00:00"),
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        (1793527200, "2026-11-01T10:00:00+00:00"),
        ("1793527200.5", "2026-11-01T10:00:00+00:00"),
        ("last Tuesday", "last Tuesday"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
    ],
)
def test_moments_are_made_comparable_where_they_can_be_read(told, moment):
    """ISO, with and without a zone, seconds since the epoch; what cannot be read stays as it is."""
    assert facts_of({"deployed_at": told}).deployed_at == moment


def test_hostile_documents_are_bounded():
    """Depth, number of keys, length of values and digits: none of them takes long or breaks anything."""
    begun = time.monotonic()
    assert read_facts({}, b"[" * 100_000) == Facts()
    assert facts_of({f"k{number}": {"version": "x"} for number in range(60_000)}).version == "x"
    assert len(facts_of({"version": "x" * 10_000}).version) == 200
    assert facts_of({"version": 10**300, "commit": True}) == Facts()
    deep = {"version": "deep"}
    for _ in range(6):
        deep = {"a": deep}
    assert facts_of(deep).version is None
    assert time.monotonic() - begun < 5


def test_row_59_facts_are_single_lines():
    """A version with a line break or a terminal code cannot forge a line."""
    assert facts_of({"version": "1\r\nok\x1b[2J"}, {"server": "a\u202eb"}) == Facts(version="1 ok [2J", server="a b")


FACT_KEYS = st.sampled_from(["version", "git", "commit", "id", "deployed_at", "x"])
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FACT_KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_every_document_gives_facts(document):
    """It never raises; every fact is a line or nothing."""
    for value in facts_of(document).as_dict().values():
        assert value is None or (value and value.isprintable())


@given(
    st.binary(max_size=100), st.dictionaries(st.sampled_from(["server", "cf-ray", "x-version"]), st.text(max_size=10))
)
def test_every_answer_gives_facts(body, headers):
    """Bytes that are no JSON, headers that are no sense."""
    assert isinstance(read_facts(headers, body), Facts)
