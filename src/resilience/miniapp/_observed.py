"""What a monitor has seen of one service: a bounded history, and what follows from it.

Rules: all fields are guarded by `_lock`; events are built inside it and told by the monitor, outside.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from math import ceil
from threading import Lock
from typing import Any

from resilience._record import Record
from resilience.miniapp._events import DeploymentChanged, HealthChanged, StatusChanged
from resilience.miniapp._report import Deployment, Health, Status
from resilience.miniapp._wording import CLOSED

_MOST_CHANGES = 100
_IDENTITY = ("version", "commit", "deployed_at", "environment")
News = list[tuple[Any, dict[str, Any]]]


class Sample(Record):
    """One look: when, whether it was online, how long the answer took (`None` without one)."""

    at: datetime
    online: bool
    response_time: float | None


class ResponseTimes(Record):
    """Seconds that half, 95 % and 99 % of the answers did not exceed."""

    p50: float
    p95: float
    p99: float


class DeploymentChange(Record):
    """What was deployed before and what after, and when that was seen."""

    at: datetime
    before: Deployment
    after: Deployment


class ServiceSnapshot(Record):
    """One service, as its monitor knows it.

    Attributes:
        name: of the miniapp.
        status, health, deployment: the last reports, `None` before the first.
        uptime: share of the looks in `history` at which it was online, or `None` before the first.
        response_times: of the answers in `history`, or `None` before the first.
        checks: looks since the monitor was made.
        history: the last looks, oldest first.
        deployments: the last changes of what is deployed, oldest first.
    """

    name: str
    status: Status | None
    health: Health | None
    deployment: Deployment | None
    uptime: float | None
    response_times: ResponseTimes | None
    checks: int
    history: tuple[Sample, ...]
    deployments: tuple[DeploymentChange, ...]


class Observed:
    """One service under a monitor's eyes."""

    def __init__(self, app: Any, size: int) -> None:
        self.app = app
        self.name: str = app.name
        self._lock = Lock()
        self._samples: deque[Sample] = deque(maxlen=size)
        self._changes: deque[DeploymentChange] = deque(maxlen=_MOST_CHANGES)
        self._status: Status | None = None
        self._health: Health | None = None
        self._deployment: Deployment | None = None
        self._checks = 0
        self._known: ServiceSnapshot | None = None

    def saw_status(self, status: Status) -> News:
        """One more look; what there is to tell of it."""
        sample = Sample(at=status.checked_at, online=status.online, response_time=status.response_time)
        if status.error == CLOSED:  # our own end, not the service's
            return []
        with self._lock:
            self._known = None
            before, self._status = self._status, status
            self._samples.append(sample)
            self._checks += 1
            if not status.online and self._deployment is not None:  # nobody asks what is deployed while it is offline
                self._deployment = self._deployment.aged().replace(error=status.error)
        if before is None or before.online == status.online:
            return []
        return [(StatusChanged, {"online": status.online, "error": status.error})]

    def saw_health(self, health: Health) -> News:
        """Its health; what there is to tell of it."""
        with self._lock:
            self._known = None
            before, self._health = self._health, health
        if before is None or before.level is health.level:
            return []
        return [(HealthChanged, {"old": before.level.value, "new": health.level.value})]

    def saw_deployment(self, deployment: Deployment) -> News:
        """What is deployed; what there is to tell of it. What is unknown is no change."""
        with self._lock:
            self._known = None
            before = self._deployment
            if before is not None and deployment.error and not deployment.stale:
                self._deployment = before.aged().replace(error=deployment.error)
                return []
            self._deployment = deployment
            if before is None or _identity(before) == _identity(deployment) or not any(_identity(deployment)):
                return []
            before = before.replace(stale=False, error=None)
            self._changes.append(DeploymentChange(at=deployment.checked_at, before=before, after=deployment))
        return [(DeploymentChanged, {"before": before, "after": deployment})]

    def snapshot(self) -> ServiceSnapshot:
        """What is known of it now; the same record until something new is seen."""
        with self._lock:
            if self._known is None:
                self._known = self._snapshot_locked()
            return self._known

    def _snapshot_locked(self) -> ServiceSnapshot:
        samples = tuple(self._samples)
        times = sorted(sample.response_time for sample in samples if sample.response_time is not None)
        return ServiceSnapshot(
            name=self.name,
            status=self._status,
            health=self._health,
            deployment=self._deployment,
            uptime=sum(sample.online for sample in samples) / len(samples) if samples else None,
            response_times=_percentiles(times),
            checks=self._checks,
            history=samples,
            deployments=tuple(self._changes),
        )


def _identity(deployment: Deployment) -> tuple[Any, ...]:
    """What makes it another deployment; servers and regions differ from answer to answer behind a balancer."""
    return tuple(getattr(deployment, name) for name in _IDENTITY)


def _percentiles(times: Sequence[float]) -> ResponseTimes | None:
    if not times:
        return None
    p50, p95, p99 = (times[ceil(share * len(times)) - 1] for share in (0.5, 0.95, 0.99))
    return ResponseTimes(p50=p50, p95=p95, p99=p99)
