"""Where an answer leads to, if anywhere."""

from __future__ import annotations

from typing import Any

from resilience.http._address import origin_of

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


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


def next_page(response: Any, package: Any) -> str | None:
    """Where a redirect leads within the service: its own origin, or the same host over TLS.

    Nowhere else: what a miniapp sends with its requests, an `Authorization` perhaps, is meant for the service alone.
    """
    target = target_of(response, package) if response.status_code in _REDIRECTS else None
    if target is None:
        return None
    here, there = response.request.url, package.URL(target)
    secured = here.copy_with(scheme="https", port=None) if here.scheme == "http" and here.port is None else here
    return target if origin_of(there) in (origin_of(here), origin_of(secured)) else None
