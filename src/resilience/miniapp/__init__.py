"""Watching deployed services: whether they are there, how well they are, what is deployed; guarded, cached, bounded."""

from resilience.miniapp._events import DeploymentChanged, HealthChanged, StatusChanged
from resilience.miniapp._level import Level
from resilience.miniapp._miniapp import AsyncMiniapp, Miniapp
from resilience.miniapp._monitor import Monitor, MonitorSnapshot
from resilience.miniapp._observed import DeploymentChange, ResponseTimes, Sample, ServiceSnapshot
from resilience.miniapp._part import HealthPart
from resilience.miniapp._report import Deployment, Health, Status

__all__ = [
    "AsyncMiniapp",
    "Deployment",
    "DeploymentChange",
    "DeploymentChanged",
    "Health",
    "HealthChanged",
    "HealthPart",
    "Level",
    "Miniapp",
    "Monitor",
    "MonitorSnapshot",
    "ResponseTimes",
    "Sample",
    "ServiceSnapshot",
    "Status",
    "StatusChanged",
]
