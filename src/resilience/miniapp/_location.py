"""Where an answer leads to, if anywhere."""

from __future__ import annotations

from typing import Any


def target_of(response: Any, package: Any) -> str | None:
    """The absolute URL of its Location without the fragment; `None` when it has none, or one that cannot be read."""
    location = response.headers.get("location")
    if location is None:
        return None
    try:
        there = package.URL(location)
        target = response.request.url.join(there)
    except (package.InvalidURL, ValueError):  # a UnicodeError is the latter
        return None
    return None if there.scheme and not there.host else str(target).partition("#")[0]
