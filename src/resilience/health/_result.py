"""What checks find, and what they say together. Frozen, plain, comparable."""

from __future__ import annotations

from .._level import Level, worst
from .._record import Record

LIVE, READY, STARTUP = "live", "ready", "startup"
PROBES = (LIVE, READY, STARTUP)


class Verdict(Record):
    """What a check may return to say more than a level.

    Attributes:
        level: healthy, degraded or unhealthy.
        detail: why, in one line; shown only where details are asked for.
        value, unit: what was measured.

    >>> Verdict(level=Level.DEGRADED, value=93.0, unit="percent").level
    <Level.DEGRADED: 'degraded'>
    """

    level: Level
    detail: str | None = None
    value: float | None = None
    unit: str | None = None


class CheckResult(Record):
    """What one check found.

    Attributes:
        name: of the check.
        kind: `function`, `http`, `tcp`, `breaker`, `miniapp`, `command`, `cpu`, `memory`, `disk`, `ping`.
        critical: does it alone make the whole unhealthy?
        level: healthy, degraded or unhealthy.
        at: when it was found, in seconds since 1970.
        seconds: how long it took.
        error: class of the error that it raised, `timeout` if it did not answer in time, or `None`.
        detail: why, in one line with secrets masked, or `None`.
        value, unit: what was measured, where it measures something.
    """

    name: str
    kind: str
    critical: bool
    level: Level
    at: float
    seconds: float
    error: str | None = None
    detail: str | None = None
    value: float | None = None
    unit: str | None = None

    @property
    def weight(self) -> Level:
        """What it makes of the whole: one that is not critical makes it degraded at worst."""
        return Level.DEGRADED if self.level is Level.UNHEALTHY and not self.critical else self.level


class HealthReport(Record):
    """What the checks found.

    Attributes:
        name: of the registry.
        level: unhealthy if a critical check is; degraded if another one is, or any is degraded; else healthy, also
            without a check.
        checks: what each found, in the order they were added.

    >>> print(HealthReport(name="shop", level=Level.HEALTHY))
    healthy
    """

    name: str
    level: Level
    checks: tuple[CheckResult, ...] = ()

    def __str__(self) -> str:
        bad = [check.name for check in self.checks if check.level is not Level.HEALTHY]
        return f"{self.level} ({', '.join(bad)})" if bad else str(self.level)


def level_of(results: list[CheckResult]) -> Level:
    """What these results make together."""
    return worst(Level.HEALTHY, *(result.weight for result in results))
