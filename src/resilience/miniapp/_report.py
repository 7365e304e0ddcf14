"""What a miniapp reports: whether it is online, how well it is, what is deployed. Frozen, plain, comparable."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from resilience._record import Record
from resilience.miniapp._level import Level
from resilience.miniapp._part import HealthPart


class Report(Record):
    """What all reports tell.

    Attributes:
        checked_at: when the service was asked, in UTC; an answer from the cache keeps its own.
        error: why there is no proper answer, in a few words, or `None`.
        stale: was this known earlier, and could not be asked anew?
        last_known: what was known before the service stopped answering, marked stale; `None` while it answers.
    """

    checked_at: datetime
    error: str | None = None
    stale: bool = False
    last_known: Self | None = None

    def aged(self) -> Self:
        """This report as the last that is known."""
        old: Self = self if self.stale else self.replace(stale=True, last_known=None)
        return old


class Status(Report):
    """Is it there?

    Attributes:
        online: it answered, with a status below 500.
        http_status: of the answer, or `None` without one.
        response_time: seconds from the request (of the last attempt) to the headers, or `None` without an answer.

    >>> from datetime import UTC, datetime
    >>> print(Status(checked_at=datetime.now(UTC), online=False, error="circuit open, retry in 12 s"))
    offline (circuit open, retry in 12 s)
    """

    online: bool
    http_status: int | None = None
    response_time: float | None = None

    def __str__(self) -> str:
        word = "online" if self.online else "offline"
        told = [] if self.http_status is None else [f"HTTP {self.http_status}"]
        told += [] if self.response_time is None else [f"{self.response_time * 1000:.0f} ms"]
        return f"{word} ({self.error or ', '.join(told)})" if self.error or told else word


class Health(Report):
    """How well is it?

    Attributes:
        level: healthy, degraded (also when it is slow), or unhealthy (also when it does not answer).
        parts: what it says of its parts.
        http_status, response_time: as for `Status`.
        path: where it was asked, or `None` when it has no health endpoint and was judged by its status.
    """

    level: Level
    parts: tuple[HealthPart, ...] = ()
    http_status: int | None = None
    response_time: float | None = None
    path: str | None = None

    def __str__(self) -> str:
        bad = [part.name for part in self.parts if part.level is not Level.HEALTHY]
        told = self.error or ", ".join(bad)
        return f"{self.level} ({told})" if told else str(self.level)


class Deployment(Report):
    """What is deployed? When the service does not answer, what was, marked stale.

    Attributes:
        version: of the service, as it names it.
        commit: of its source.
        deployed_at: when, as ISO 8601 in UTC where it can be read, else as it is told.
        environment: production, staging, ...
        server: the machine, pod or server software that answered.
        region: where that is.
    """

    version: str | None = None
    commit: str | None = None
    deployed_at: str | None = None
    environment: str | None = None
    server: str | None = None
    region: str | None = None

    def __str__(self) -> str:
        facts = {"version": self.version, "commit": self.commit, "environment": self.environment, "region": self.region}
        told = ", ".join(f"{name} {value}" for name, value in facts.items() if value)
        return f"{told or 'unknown'}{' (stale)' if self.stale else ''}"


class Unanswered(Exception):  # noqa: N818 - not an error that anybody sees: it keeps a bad report out of the cache's good ones
    """Carries the report of a service that did not answer out of a load."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report
