"""What checks may say, what they make together, and which options are refused."""

import asyncio

import pytest
from tests.health.conftest import asked

import resilience as r
from resilience.health import Check, HealthRegistry, Level, Verdict

CANARY = "canary-7f3a"


class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def raising(error):
    def check():
        raise error

    return check


@pytest.mark.parametrize(
    ("check", "level", "error"),
    [
        (lambda: None, "healthy", None),
        (lambda: True, "healthy", None),
        (lambda: False, "unhealthy", None),
        (lambda: "degraded", "degraded", None),
        (lambda: Level.UNHEALTHY, "unhealthy", None),
        (lambda: Verdict(level=Level.DEGRADED, value=3.0, unit="ms"), "degraded", None),
        (raising(ConnectionError("down")), "unhealthy", "ConnectionError"),
        (raising(Odd()), "unhealthy", "Odd"),
        (raising(SystemExit(3)), "unhealthy", "SystemExit"),
        (raising(r.CallTimeoutError("late")), "unhealthy", "timeout"),
        (lambda: "fine", "unhealthy", "TypeError"),
        (lambda: 1, "unhealthy", "TypeError"),
        (lambda: Verdict(level="green"), "unhealthy", "TypeError"),
        (lambda: asyncio.sleep(0), "unhealthy", "TypeError"),
    ],
    ids=range(14),
)
def test_what_a_check_may_say(registry, check, level, error):
    """None and True are healthy, False and errors are not; what means nothing is an error of the check."""
    registry.add("one", check)
    (found,) = registry.report().checks
    assert (found.level, found.error) == (level, error)


@pytest.mark.parametrize(
    ("levels", "together"),
    [
        ([], "healthy"),
        ([("healthy", True)], "healthy"),
        ([("degraded", True)], "degraded"),
        ([("unhealthy", False)], "degraded"),
        ([("degraded", False), ("healthy", True)], "degraded"),
        ([("unhealthy", True), ("healthy", True)], "unhealthy"),
        ([("unhealthy", False), ("unhealthy", True)], "unhealthy"),
    ],
)
def test_a_check_that_is_not_critical_makes_the_whole_degraded_at_worst(world, registry, levels, together):
    """And without a check all is well."""
    for number, (level, critical) in enumerate(levels):
        registry.add(f"check {number}", world.function(lambda level=level: level), critical=critical)
    report = asked(world, registry)
    assert report.level == together
    assert [check.level for check in report.checks] == [level for level, _ in levels]


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"timeout": 0}, ValueError, "timeout=0"),
        ({"timeout": True}, TypeError, "timeout=True"),
        ({"ttl": -1}, ValueError, "ttl=-1"),
        ({"critical": 1}, TypeError, "critical=1"),
        ({"probes": "ready"}, TypeError, "probes='ready'"),
        ({"probes": ["steady"]}, ValueError, "probes='steady'"),
    ],
)
def test_row_54_bad_options_of_a_check_are_refused(registry, options, error, named):
    """The message names the option and the value."""
    with pytest.raises(error, match=named):
        registry.add("one", lambda: None, **options)


@pytest.mark.parametrize(
    "make",
    [
        lambda: HealthRegistry(None),
        lambda: HealthRegistry("a\nb"),
        lambda: HealthRegistry(timeout=float("nan")),
        lambda: HealthRegistry(ttl=float("inf")),
        lambda: HealthRegistry().add(None, len),
        lambda: HealthRegistry().add("one", 7),
        lambda: HealthRegistry().report("steady"),
        lambda: Check(lambda: (yield)),
        lambda: Check(len, is_async="no"),
    ],
    ids=range(9),
)
def test_row_54_bad_registries_are_refused(make):
    """At construction."""
    with pytest.raises((TypeError, ValueError), match="=|None"):
        make()


def test_names_are_taken_once_and_bounded(registry):
    """A second check of a name is refused, and the hundred and first; one that is not there cannot go."""
    registry.add("one", lambda: None)
    with pytest.raises(ValueError, match="'one'"):
        registry.add("one", lambda: None)
    for number in range(99):
        registry.add(f"more {number}", lambda: None)
    with pytest.raises(ValueError, match="100 checks at most"):
        registry.add("last", lambda: None)
    with pytest.raises(KeyError, match="no check 'two'"):
        registry.remove("two")
    registry.remove("one")
    registry.add("last", lambda: None)
