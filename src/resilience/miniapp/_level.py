"""The many words by which services say how well they are."""

from __future__ import annotations

from resilience._level import Level, worst
from resilience.miniapp._document import mapping

__all__ = ["Level", "level_of", "worst"]

_WORDS = {
    "healthy": "pass passed passing ok okay up healthy success successful green available alive live ready running "
    "operational normal good serving active online connected none enabled",
    "degraded": "warn warning degraded degradation degradedperformance yellow partial partialoutage impaired slow "
    "minor unknown maintenance undermaintenance unstable",
    "unhealthy": "fail failed failing failure error err errored down unhealthy critical red dead outofservice bad "
    "unavailable notready notserving offline major majoroutage outage refused disconnected timeout broken stopped",
}

_LEVELS = {word: Level(level) for level, words in _WORDS.items() for word in words.split()}


def level_of(value: object) -> Level | None:
    """The level that a word, a flag or `{"indicator": ...}` names; `None` for everything else.

    Numbers say nothing: 0 and 1 mean opposite things in different houses.
    """
    if isinstance(value, bool):
        return Level.HEALTHY if value else Level.UNHEALTHY
    if isinstance(value, str):
        return _LEVELS.get("".join(filter(str.isalnum, value[:60])).lower())
    inner = mapping(value)
    return None if inner is None else level_of(inner.get("indicator", inner.get("status")))
