"""The numbers that a request runs under: those of its transport, changed by what the request itself asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import partial
from typing import Any, cast

from resilience import _options
from resilience._backoff import Backoff, Exponential, backoff_of
from resilience._record import Record
from resilience.http._extent import Extent
from resilience.policies.hedge import Hedge

RETRY_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
# What the same request will get again: not implemented, and a version that the server does not speak.
_HOUR = 3600.0
_HOPELESS_STATUSES = frozenset({501, 505})


class Plan(Record):
    """How one request is guarded; frozen, and equal to another with the same numbers.

    Attributes:
        attempts: requests in all, at least 1.
        backoff: the delay between them, where the server names none.
        retry_statuses: answers that are retried; never 501 and 505.
        max_server_delay: seconds of `Retry-After` beyond which the answer is given back at once.
        attempt_timeout: seconds for one attempt, `None` for no limit but the client's own.
        total_timeout: seconds for all of them with the waits between, or `None`.
        verdict: `body` or `headers`: how much of an answer is judged.
        idempotent: the caller's word on whether repeating is harmless; `None` asks method and headers.
        hedge: a further request while the first is slow, for what may be under way twice; or `None`.
        guarded: does the breaker have a say?
        counts_statuses: is an answer of 500 and above a failure for the breaker? Not where such an answer is a report.
        counts_deadline: is the caller's deadline a failure of the origin? Only where the caller is its watcher.
        log_requests: log each attempt, at level `info`, with its URL but without its secrets.
        log_responses: log each answer, or how an attempt failed.
    """

    attempts: int = 3
    backoff: Backoff = Exponential()
    retry_statuses: frozenset[int] = RETRY_STATUSES
    max_server_delay: float = 60.0
    attempt_timeout: float | None = 10.0
    total_timeout: float | None = None
    verdict: Extent = Extent.BODY
    idempotent: bool | None = None
    hedge: Hedge | None = None
    guarded: bool = True
    counts_statuses: bool = True
    counts_deadline: bool = False
    log_requests: bool = False
    log_responses: bool = False

    @property
    def longest_pause(self) -> float:
        """Seconds that an answer may stop a rate limiter: as long as a retry would wait, or, without one, an hour."""
        return self.max_server_delay if 0 < self.max_server_delay < _HOUR else _HOUR

    def changed(self, changes: dict[str, Any]) -> Plan:
        """This plan with these options, checked.

        Raises:
            TypeError, ValueError: an option that there is not, or a value that makes no sense.
        """
        for name in changes:
            if name not in PLAN_OPTIONS:
                near = get_close_matches(str(name), PLAN_OPTIONS, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise TypeError(
                    f"{name!r} is no option of a request; there are {', '.join(PLAN_OPTIONS)}{hint} (docs/http.md)"
                )
        plan: Plan = self.replace(**{name: PLAN_OPTIONS[name](value) for name, value in changes.items()})
        return plan


def _statuses(value: Any) -> frozenset[int]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        _options.refuse("retry_statuses", value, "a set of status codes, e.g. {429, 503}", kind=TypeError)
    statuses = [_options.count("retry_statuses", status) for status in cast("Iterable[object]", value)]
    for status in statuses:
        if status not in range(300, 600):
            _options.refuse("retry_statuses", status, "status codes from 300 to 599")
    return frozenset(statuses) - _HOPELESS_STATUSES


def _extent(value: Any) -> Extent:
    return Extent(_options.choice("verdict", value, ("headers", "body")))


def _idempotent(value: Any) -> bool | None:
    return None if value is None else _options.flag("idempotent", value)


def _hedge(value: Any) -> Hedge | None:
    if value is not None and not isinstance(value, Hedge):
        _options.refuse("hedge", value, "a Hedge or None, e.g. hedge=Hedge(Quantile(0.95))", kind=TypeError)
    return value


PLAN_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "attempts": partial(_options.count, "attempts"),
    "backoff": partial(backoff_of, "backoff"),
    "retry_statuses": _statuses,
    "max_server_delay": partial(_options.seconds, "max_server_delay", zero=True, infinite=True),
    "attempt_timeout": partial(_options.optional_seconds, "attempt_timeout"),
    "total_timeout": partial(_options.optional_seconds, "total_timeout"),
    "verdict": _extent,
    "idempotent": _idempotent,
    "hedge": _hedge,
    "guarded": partial(_options.flag, "guarded"),
    "counts_statuses": partial(_options.flag, "counts_statuses"),
    "counts_deadline": partial(_options.flag, "counts_deadline"),
    "log_requests": partial(_options.flag, "log_requests"),
    "log_responses": partial(_options.flag, "log_responses"),
}
