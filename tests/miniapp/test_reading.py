"""Health answers in the shapes that services really give."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.miniapp._level import Level, level_of, worst
from resilience.miniapp._part import MOST_PARTS, HealthPart
from resilience.miniapp._reading import Reading, read_health

HEALTH_JSON = {
    "status": "pass",
    "version": "1",
    "checks": {
        "cassandra:responseTime": [
            {"componentId": "dfd6cf2b", "status": "pass", "observedValue": 250},
            {"componentId": "7b2f", "status": "fail", "output": "no route\nto host"},
        ],
        "uptime": [{"componentType": "system", "observedValue": 1209600.245, "status": "pass"}],
    },
}
SPRING = {
    "status": "DOWN",
    "components": {
        "db": {"status": "UP", "details": {"database": "PostgreSQL", "validationQuery": "isValid()"}},
        "diskSpace": {"status": "UP", "details": {"total": 499963174912, "exists": True, "readOnly": False}},
        "brokers": {"status": "DOWN", "components": {"one": {"status": "DOWN", "details": {"error": "refused"}}}},
    },
    "groups": ["liveness", "readiness"],
}
SPRING_1 = {"status": "UP", "diskSpace": {"status": "UP", "total": 1}, "mail": {"status": "OUT_OF_SERVICE"}}
MICROPROFILE = {
    "status": "UP",
    "checks": [{"name": "db", "status": "UP", "data": {"x": 1}}, {"name": "q", "status": "UP"}],
}
ASP_NET = {
    "status": "Degraded",
    "entries": {"sql": {"status": "Degraded", "description": "slow", "duration": "00:00:02"}},
}
TERMINUS = {
    "status": "error",
    "info": {"db": {"status": "up"}},
    "error": {"redis": {"status": "down", "message": "gone"}},
    "details": {"db": {"status": "up"}, "redis": {"status": "down", "message": "gone"}},
}
STATUSPAGE = {"page": {"id": "x"}, "status": {"indicator": "minor", "description": "Partially Degraded Service"}}
KUBERNETES = b"[+]ping ok\n[-]etcd failed: reason withheld\n[+]poststart/start ok\nhealthz check failed\n"


def levels(reading):
    """The parts of a reading, by name."""
    return {part.name: part.level.value for part in reading.parts}


BY_HAND = {"status": "ok", "checks": {"db": "up", "cache": True, "queue": "down"}}
LISTED = {"services": [{"name": "a", "state": "running"}, {"id": "b", "healthy": False}]}
CASSANDRA = {"cassandra:responseTime.dfd6cf2b": "healthy", "cassandra:responseTime.7b2f": "unhealthy"}
BROKERS = {"brokers": "unhealthy", "brokers.one": "unhealthy"}

SHAPES = {
    "health+json": (200, HEALTH_JSON, "degraded", {**CASSANDRA, "uptime": "healthy"}),
    "spring": (503, SPRING, "unhealthy", {"db": "healthy", "diskSpace": "healthy", **BROKERS}),
    "spring 1": (200, SPRING_1, "degraded", {"diskSpace": "healthy", "mail": "unhealthy"}),
    "microprofile": (200, MICROPROFILE, "healthy", {"db": "healthy", "q": "healthy"}),
    "asp.net": (200, ASP_NET, "degraded", {"sql": "degraded"}),
    "terminus": (503, TERMINUS, "unhealthy", {"db": "healthy", "redis": "unhealthy"}),
    "statuspage": (200, STATUSPAGE, "degraded", {}),
    "by hand": (200, BY_HAND, "degraded", {"db": "healthy", "cache": "healthy", "queue": "unhealthy"}),
    "flag": (200, {"healthy": True}, "healthy", {}),
    "not ok": (200, {"ok": False, "message": "no"}, "unhealthy", {}),
    "list": (200, LISTED, "degraded", {"a": "healthy", "b": "unhealthy"}),
    "words": (200, {"db": "down", "mq": "down", "note": "hi"}, "unhealthy", {"db": "unhealthy", "mq": "unhealthy"}),
    "facts": (200, {"status": "ok", "mode": "maintenance", "info": {"debug": False}}, "healthy", {}),
    "unknown": (200, {"status": "UNKNOWN"}, "degraded", {}),
    "no health": (200, {"uptime": 5, "version": "2"}, "healthy", {}),
}


@pytest.mark.parametrize(("status", "document", "level", "parts"), SHAPES.values(), ids=SHAPES)
def test_the_common_shapes_are_understood(status, document, level, parts):
    """Each gives its level and its parts."""
    reading = read_health(status, json.dumps(document).encode())
    assert (reading.level.value, levels(reading)) == (level, parts)


@pytest.mark.parametrize(
    ("status", "body", "level", "parts"),
    [
        (200, b"", "healthy", {}),
        (204, b"", "healthy", {}),
        (200, b"OK", "healthy", {}),
        (200, b"  Out of service\n", "unhealthy", {}),
        (200, b'"warn"', "degraded", {}),
        (200, b"false", "unhealthy", {}),
        (200, b"<html>down</html>", "healthy", {}),
        (200, KUBERNETES, "degraded", {"ping": "healthy", "etcd": "unhealthy", "poststart/start": "healthy"}),
        (500, b"OK", "unhealthy", {}),
        (503, b'{"status":"ok"}', "unhealthy", {}),
        (429, b"", "degraded", {}),
        (404, b"ok", "unhealthy", {}),
        (302, b"", "unhealthy", {}),
        (200, b"\xff\xfe\x00not json", "healthy", {}),
        (200, b'{"status": "fail"', "healthy", {}),
        (200, b"[" * 100_000, "healthy", {}),
        (200, b"9" * 10_000, "healthy", {}),
    ],
)
def test_plain_answers_and_what_cannot_be_read_count_by_their_status(status, body, level, parts):
    """A word is believed; what cannot be parsed says nothing."""
    reading = read_health(status, body)
    assert (reading.level.value, levels(reading)) == (level, parts)


def test_a_parts_own_words_are_kept_in_one_line():
    """The detail stands in `output`, `message`, ... or among Spring's details."""
    details = {part.name: part.detail for part in read_health(200, json.dumps(HEALTH_JSON).encode()).parts}
    assert details["cassandra:responseTime.7b2f"] == "no route to host"
    details = {part.name: part.detail for part in read_health(503, json.dumps(SPRING).encode()).parts}
    assert (details["brokers.one"], details["db"]) == ("refused", None)


def test_parts_are_bounded_in_number_depth_and_length():
    """A service that lists a million checks of a mile's length is read all the same."""
    many = {"checks": {f"{number}\n" + "x" * 500: False for number in range(3 * MOST_PARTS)}}
    reading = read_health(200, json.dumps(many).encode())
    assert len(reading.parts) == MOST_PARTS
    assert all(len(part.name) <= 200 and part.name.isprintable() for part in reading.parts)
    deep = {"status": "up"}
    for _ in range(50):
        deep = {"status": "up", "components": {"a": deep}}
    assert max(part.name.count(".") for part in read_health(200, json.dumps(deep).encode()).parts) == 4


def test_row_59_names_and_details_cannot_forge_lines():
    """Terminal codes and line breaks in what a service says are gone."""
    document = {"checks": {"\x1b[31mdb\r\nok": {"status": "fail", "message": "a\x00b\u202ec\nd"}}}
    (part,) = read_health(200, json.dumps(document).encode()).parts
    assert part == HealthPart(name="[31mdb ok", level=Level.UNHEALTHY, detail="a b c d")


def test_levels_are_words_in_any_spelling():
    """Case and separators do not matter; numbers and other things say nothing."""
    assert [level_of(word) for word in ("PASS", "Out-Of-Service", "not_ready")] == ["healthy", "unhealthy", "unhealthy"]
    assert [level_of(thing) for thing in (0, 1, None, [], "purple", {"indicator": 3})] == [None] * 6
    assert worst(Level.HEALTHY, Level.DEGRADED) is Level.DEGRADED
    assert worst(Level.UNHEALTHY, Level.DEGRADED) is Level.UNHEALTHY


SCALARS = st.one_of(
    st.none(), st.booleans(), st.floats(), st.sampled_from(["ok", "down", "warn", "x"]), st.text(max_size=5)
)
KEYS = st.one_of(
    st.sampled_from(["status", "checks", "components", "details", "error", "name", "info"]), st.text(max_size=5)
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=30,
)


@given(DOCUMENTS, st.integers(100, 599))
def test_every_document_gives_a_level(document, status):
    """It never raises, and an error status is never healthy."""
    reading = read_health(status, json.dumps(document).encode())
    assert isinstance(reading, Reading)
    assert reading.level is not Level.HEALTHY or 200 <= status < 300


@given(st.binary(max_size=200))
def test_every_body_gives_a_level(body):
    """Bytes that are no text, text that is no JSON."""
    assert read_health(200, body).level in set(Level)


@given(DOCUMENTS)
def test_a_failing_part_is_never_hidden(document):
    """Whatever else is said: with a part that is down, the whole is at least degraded."""
    whole = {"status": "ok", "checks": {"db": {"status": "down"}, "other": document}}
    assert read_health(200, json.dumps(whole).encode()).level is not Level.HEALTHY
