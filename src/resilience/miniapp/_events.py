"""What a monitor tells of the services that it watches; `policy` is the name of the service."""

from __future__ import annotations

from resilience.events import Event
from resilience.miniapp._report import Deployment


class StatusChanged(Event):
    """A service went on- or offline; `error` tells why it is offline."""

    online: bool
    error: str | None = None


class HealthChanged(Event):
    """A service is better or worse than before (values of `Level`)."""

    old: str
    new: str


class DeploymentChanged(Event):
    """Something else is deployed: another version, commit, environment or time."""

    before: Deployment
    after: Deployment
