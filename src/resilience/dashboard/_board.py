"""The board: all that a dashboard shows, at one moment, as plain frozen values. Every face draws this and nothing else.

Rules: nothing here is computed or fetched. Leaves are what JSON has; texts hold no control characters, but may hold `<` and
`&`, which a page must show as text. Times are seconds since 1970, durations seconds, shares 0 to 1.
"""

from __future__ import annotations

import json
from typing import Any

from .._record import Record

VERSION = 1
Points = tuple[float | None, ...]
"""A line of equal steps, oldest first; `None` where nothing was seen."""


class Source(Record):
    """Where facts come from: this process, another one, a remote dashboard, or a watched service.

    Attributes:
        key: of the source, unique on the board.
        kind: `process` (facts of `resilience.snapshot()`), `dashboard` (an address that tells of processes) or `service`.
        name: what people read.
        at: of the newest facts, or `None` before the first.
        age: seconds since then, at the board's own time.
        is_stale: are these the last known facts of a source that does not answer now?
        error: why it does not answer, in a few words, or `None`.
        facts: of a process: host, pid, version of the library and of Python, when it was started.
    """

    key: str
    kind: str
    name: str
    at: float | None
    age: float | None
    is_stale: bool
    error: str | None
    facts: dict[str, Any]


class Service(Record):
    """A watched miniapp.

    Attributes:
        health: `good`, `middling`, `bad`, or `quiet` while nothing is known.
        state: in words: `online`, `offline (circuit open, retry in 12 s)`.
        online: or `None` before the first look.
        at, age: of the last answer that came; `is_stale` marks what stands here as the last known.
        level: of its health: `healthy`, `degraded`, `unhealthy`, or `None`.
        parts: of its health: `name`, `level`, `detail`.
        deployment: `version`, `commit`, `deployed_at`, `environment`, `server`, `region`; those that are known.
        deployments: changes of it, newest last: `at`, `before`, `after`.
        p50, p95, p99: seconds, and uptime: share, of the last 400 looks (of more than fifty services: fewer).
        checks: how many looks there were.
        response_times: seconds, at the last 60 looks. ticks: online at each of them, 1 or 0.
    """

    key: str
    name: str
    url: str
    health: str
    state: str
    online: bool | None
    http_status: int | None
    response_time: float | None
    at: float | None
    age: float | None
    is_stale: bool
    error: str | None
    level: str | None
    parts: tuple[dict[str, Any], ...]
    deployment: dict[str, str]
    deployments: tuple[dict[str, Any], ...]
    p50: float | None
    p95: float | None
    p99: float | None
    uptime: float | None
    checks: int
    response_times: Points
    ticks: Points


class Tile(Record):
    """One policy (or pipeline) of one process, in the manner of the Hystrix dashboard: size is traffic, colour is health.

    Attributes:
        key: unique on the board. source: the key of its process. is_stale: as for the source.
        service: the name of the dashboard that told of it, or empty for this process.
        members: of a sum over several processes, the keys of what is summed, and `source` is of one of them; else empty.
        watches: the key of the service that it serves to watch, or `None`; of such only the breakers are shown.
        name, kind, pipelines: as in the snapshot; a pipeline has its `policies`.
        health: `good`, `middling`, `bad`, `quiet` (nothing seen in the last minute) or `off` (disabled, metrics-only).
        state: of a breaker, `closed`, `open`, `half-open`, `isolated`, `disabled`, `metrics-only`; else `None`.
        explain: state and count in words, or `None`.
        rate: calls a second; error_rate: of the last minute; p50, p95, p99: seconds, of the last minute. Of a policy inside
            pipelines they are those of its pipelines, and `is_shared` says so. Those of all tiles that are `is_recorded`
            can be added up.
        total, retries, refused, fallbacks, timed_out: counts since recording began.
        retry_rate, refusal_rate: a second.
        hit_rate: of a cache. used, capacity, waiting: of a bulkhead, or a cache's entries. balance: of a retry budget.
        rates, errors, times: calls a second, error rate and p95 (seconds) at 60 steps, the last of which is that of `at`:
            of a policy that nobody uses they are taken now and then only.
        timeline: a breaker's newest changes, oldest first: `at`, `old`, `new`, `reason`.
        recent: the newest events, oldest first.
        figures: every field of its own snapshot.
        controls: what may be done with it here: `isolate`, `close`, `reset`, `metrics-only`, `clear`, `pause`.
    """

    key: str
    source: str
    service: str = ""
    members: tuple[str, ...] = ()
    is_stale: bool
    watches: str | None
    name: str
    kind: str
    pipelines: tuple[str, ...]
    policies: tuple[str, ...]
    health: str
    state: str | None
    explain: str | None
    rate: float | None
    error_rate: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    is_shared: bool
    is_recorded: bool
    total: int
    retries: int
    refused: int
    fallbacks: int
    timed_out: int
    retry_rate: float
    refusal_rate: float
    hit_rate: float | None
    used: int | None
    capacity: int | None
    waiting: int | None
    balance: float | None
    rates: Points
    errors: Points
    times: Points
    at: float = 0.0
    timeline: tuple[dict[str, Any], ...]
    recent: tuple[dict[str, Any], ...]
    figures: dict[str, Any]
    controls: tuple[str, ...]


class System(Record):
    """The machine of one process, as the section `system` of its snapshot tells it.

    Attributes:
        source: the key of the process. host: the machine.
        facts: the section as it is.
        lines: numbers of it that were followed: by name, the last 60 steps.
    """

    source: str
    host: str
    facts: dict[str, Any]
    lines: dict[str, Points]


class LogLine(Record):
    """One line of a log; `source` is the key of its process, or the path of the followed file."""

    number: int
    at: float
    level: str
    logger: str
    text: str
    source: str


class Logs(Record):
    """What was logged.

    Attributes:
        lines: the newest, oldest first. errors: the newest errors, oldest first.
        counts: by level, since the dashboard runs. over_time: by level, the last 60 steps.
        dropped: lines that were let go for want of room.
    """

    lines: tuple[LogLine, ...]
    errors: tuple[LogLine, ...]
    counts: dict[str, int]
    over_time: dict[str, Points]
    dropped: int


class Ranked(Record):
    """A place in a ranking: `value` in the ranking's unit, `of` the key of the tile, the service, or a path."""

    name: str
    value: float
    of: str


class Ranking(Record):
    """A list of the first ten, largest first; `unit` is `seconds`, `retries`, `refusals`, `calls` or `bytes`."""

    name: str
    title: str
    unit: str
    places: tuple[Ranked, ...]


class Alert(Record):
    """What asks for attention. `severity`: `warning` or `critical`; `until` is `None` while it fires."""

    key: str
    severity: str
    title: str
    detail: str
    since: float
    until: float | None


class Totals(Record):
    """One line over everything: `score` is the share of services and breakers that are well, `None` without any."""

    score: float | None
    services: int
    online: int
    policies: int
    breakers: int
    breakers_open: int
    rate: float
    error_rate: float | None
    retries: int
    refused: int
    rates: Points
    errors: Points


class Board(Record):
    """One snapshot of everything. `number` rises with every refresh; `step` is the seconds of a point of all lines.

    `summed` has a tile for each policy that several processes of one service tell of, besides those of each process in
    `policies`: counts, rates and use added, states counted, shares by traffic, response times of the slowest process.

    >>> from resilience.dashboard import Collector
    >>> board = Collector().look()
    >>> board.version, board.sources[0].kind
    (1, 'process')
    """

    version: int = VERSION
    number: int
    at: float
    step: float
    totals: Totals
    sources: tuple[Source, ...]
    services: tuple[Service, ...]
    policies: tuple[Tile, ...]
    summed: tuple[Tile, ...] = ()
    systems: tuple[System, ...]
    logs: Logs
    rankings: tuple[Ranking, ...]
    firing: tuple[Alert, ...]
    recent: tuple[Alert, ...]
    sections: dict[str, dict[str, Any]]
    controls: bool = False

    def as_json(self) -> str:
        """The board as one JSON object, with the names of the fields as keys."""
        return to_json(self)


def to_json(value: Any) -> str:
    """JSON without blanks, of records and plain values."""
    return json.dumps(value, default=_fields, allow_nan=False, separators=(",", ":"))


def _fields(value: Any) -> Any:
    if isinstance(value, Record):
        return value.as_dict()
    raise TypeError(f"{type(value).__name__} is no value of JSON")
