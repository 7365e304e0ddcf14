"""Watching deployed services: whether they are there, how well they are, what is deployed; guarded, cached, bounded."""

from resilience.miniapp._level import Level
from resilience.miniapp._miniapp import AsyncMiniapp, Miniapp
from resilience.miniapp._part import HealthPart
from resilience.miniapp._report import Deployment, Health, Status

__all__ = ["AsyncMiniapp", "Deployment", "Health", "HealthPart", "Level", "Miniapp", "Status"]
