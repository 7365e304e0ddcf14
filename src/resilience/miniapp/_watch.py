"""What to ask a service and what its answers mean: pure flows, which yield what to ask and are sent the answers.

Rules: `_known` holds the last good report of each kind, `_paths` the path that answered; both are replaced whole.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from resilience._record import Record
from resilience.miniapp._facts import Facts, read_facts
from resilience.miniapp._level import Level
from resilience.miniapp._reading import read_health
from resilience.miniapp._report import Deployment, Health, Report, Status, Unanswered
from resilience.miniapp._wording import wording

HEALTH_PATHS = ("/health", "/healthz", "/actuator/health", "/api/health", "/livez")
DEPLOYMENT_PATHS = ("/version", "/info", "/actuator/info", "/api/version", "/version.json")
# Nothing stands at this path, or nothing that is meant for us.
_ELSEWHERE = frozenset({301, 302, 303, 307, 308, 400, 404, 405, 406, 410, 501})
_FORBIDDEN = frozenset({401, 403, 407})
_MOST_REDIRECTS = 10


class Answer(Record):
    """An answer as far as it is looked at: at most 1 MiB of its body, and the time of its last attempt.

    `leads_to`: the page of the same service that it redirects to, if it does.
    """

    http_status: int
    headers: Mapping[str, str]
    body: bytes
    response_time: float
    url: str = ""
    leads_to: str | None = None


Kind = TypeVar("Kind", bound=Report)
Flow = Generator[str, Answer, Kind]


class Watch:
    """The questions to one service. A flow ends with a report, or raises `Unanswered` with one."""

    def __init__(
        self,
        *,
        status_path: str,
        health_paths: tuple[str, ...],
        deployment_paths: tuple[str, ...],
        slow: float,
        down: tuple[type[Exception], ...],
    ) -> None:
        self._status_path = status_path
        self._health_paths = health_paths
        self._deployment_paths = deployment_paths
        self.slow = slow
        self._down = down
        self._known: dict[type[Report], Any] = {}

    def status(self) -> Flow[Status]:
        """Any answer below 500 is online."""
        try:
            answer = yield self._status_path
        except self._down as error:
            raise self._unanswered(Status, error, online=False) from None
        status = Status(
            online=answer.http_status < 500,
            http_status=answer.http_status,
            response_time=answer.response_time,
            checked_at=_now(),
        )
        if status.online:
            return self._remembered(status)
        raise Unanswered(status.replace(error=f"HTTP {answer.http_status}", last_known=self._last(Status)))

    def health(self) -> Flow[Health]:
        """The first path that is a health endpoint; a service that has none is judged by its status."""
        missing: dict[str, int] = {}
        for path in self._health_paths:
            try:
                answer = yield path
            except self._down as error:
                raise self._unanswered(Health, error, level=Level.UNHEALTHY) from None
            if answer.http_status in _ELSEWHERE | _FORBIDDEN:
                missing[path] = answer.http_status
                continue
            self._health_paths = _first(path, self._health_paths)
            return self._answered(self._judged(answer, path), answer)
        return (yield from self._by_status(missing))

    def _by_status(self, missing: dict[str, int]) -> Flow[Health]:
        try:
            answer = yield from self._arrival()
        except self._down as error:
            raise self._unanswered(Health, error, level=Level.UNHEALTHY) from None
        if answer.http_status < 500:  # it answers, and nothing says that this path is about its health
            answer = answer.replace(http_status=200)
        answer = answer.replace(body=b"")
        health = self._judged(answer, None)
        forbidden = [f"{path} answered {status}" for path, status in missing.items() if status in _FORBIDDEN]
        if forbidden and health.level is Level.HEALTHY:
            health = health.replace(level=Level.DEGRADED, error=forbidden[0])
        if answer.leads_to is not None:  # nobody gets to see the page
            health = health.replace(level=Level.DEGRADED, error="redirects in a circle, or too often")
        return self._answered(health, answer)

    def _arrival(self) -> Generator[str, Answer, Answer]:
        """The page that its visitors end up at; an answer that still leads on where they never do."""
        answer = yield self._status_path
        seen: set[str] = set()
        for _ in range(_MOST_REDIRECTS):
            if "set-cookie" in answer.headers:
                seen.clear()  # with it the same pages may answer otherwise
            else:
                seen.add(answer.url)
            if answer.leads_to is None or answer.leads_to in seen:
                break
            answer = yield answer.leads_to
        return answer

    def _answered(self, health: Health, answer: Answer) -> Health:
        """A 5xx that says nothing of its own is a proxy's or a crash's: what was known is not forgotten for it."""
        if answer.http_status < 500 or read_health(answer.http_status, answer.body).is_report:
            return self._remembered(health)
        raise Unanswered(health.replace(last_known=self._last(Health)))

    def _judged(self, answer: Answer, path: str | None) -> Health:
        reading = read_health(answer.http_status, answer.body)
        level, error = reading.level, None
        if answer.http_status >= 300:
            error = f"HTTP {answer.http_status}"
        elif level is Level.HEALTHY and answer.response_time > self.slow:
            level, error = Level.DEGRADED, f"slow: {answer.response_time * 1000:.0f} ms"
        return Health(
            level=level,
            parts=reading.parts,
            error=error,
            http_status=answer.http_status,
            response_time=answer.response_time,
            path=path,
            checked_at=_now(),
        )

    def deployment(self) -> Flow[Deployment]:
        """The first path whose document tells something; headers of every answer fill what it leaves out."""
        by_headers, failed = Facts(), None
        for path in self._deployment_paths:
            try:
                answer = yield path
            except self._down as error:
                raise self._unanswered_deployment(error) from None
            told = read_facts(answer.headers)
            facts = read_facts(answer.headers, answer.body) if answer.http_status < 300 else told
            by_headers = _joined(by_headers, told)
            if answer.http_status >= 500 and answer.http_status not in _ELSEWHERE:
                failed = failed or f"HTTP {answer.http_status}"
            if facts != told:
                self._deployment_paths = _first(path, self._deployment_paths)
                return self._remembered(Deployment(checked_at=_now(), **_joined(facts, by_headers).as_dict()))
        found = Deployment(checked_at=_now(), error=failed, **by_headers.as_dict())
        if failed is None:
            return self._remembered(found)
        raise Unanswered((self._last(Deployment) or found).replace(error=failed))

    def _unanswered_deployment(self, error: Exception) -> Unanswered:
        last = self._last(Deployment)
        if last is None:
            return self._unanswered(Deployment, error)
        return Unanswered(last.replace(error=wording(error)))

    def _unanswered(self, kind: type[Report], error: Exception, **fields: Any) -> Unanswered:
        return Unanswered(kind(error=wording(error), checked_at=_now(), last_known=self._last(kind), **fields))

    def _remembered(self, report: Kind) -> Kind:
        self._known[type(report)] = report
        return report

    def _last(self, kind: type[Kind]) -> Kind | None:
        known: Kind | None = self._known.get(kind)
        return None if known is None else known.aged()


def _now() -> datetime:
    return datetime.now(UTC)


def _first(path: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths with the one that answered in front: the next time it is asked alone."""
    return (path, *(other for other in paths if other != path))


def _joined(facts: Facts, others: Facts) -> Facts:
    told = {name: value or others.as_dict()[name] for name, value in facts.as_dict().items()}
    return Facts(**told)
