"""How well something is."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """Healthy, degraded (it works, but not as it should), or unhealthy."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


_BADNESS = {level: badness for badness, level in enumerate(Level)}


def worst(*levels: Level) -> Level:
    """The worst of these levels."""
    return max(levels, key=_BADNESS.__getitem__)
