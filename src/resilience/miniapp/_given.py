"""What a miniapp may be given: refused when it is made, by its option's name, not when a service is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from resilience import _options
from resilience.http._address import shown

_PORTS = 65536
_LONGEST_HOST = 253
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?", re.ASCII)
_A_URL = "a URL with http:// or https:// and a host, e.g. 'https://shop.example'"
_HEADERS = "a mapping of names to texts, e.g. {'X-Team': 'shop'}"


def fault_of(text: Any, package: Any) -> str | None:
    """Why no service can be at this URL, in half a sentence; `None` when one can."""
    try:
        url = package.URL(text)
        host = url.raw_host.decode("ascii") if url.host else ""
    except (package.InvalidURL, UnicodeError):  # a host that cannot be a name is the latter
        return _A_URL
    # What is no name of DNS would pass here, and end in a UnicodeError of the resolver at every question.
    is_host = ":" in host or (len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) is not None)
    if url.scheme not in {"http", "https"} or not is_host:
        return _A_URL
    return None if (url.port or 0) < _PORTS else f"a URL with a port below {_PORTS}, not {url.port}"


def address(base_url: Any, package: Any) -> Any:
    """The URL of a service, as the package has it."""
    if not isinstance(base_url, str | package.URL):
        _options.refuse("base_url", base_url, _A_URL, kind=TypeError)
    fault = fault_of(base_url, package)
    if fault is not None:
        _options.refuse("base_url", shown(base_url), fault)
    return package.URL(base_url)


def some_headers(headers: Any, package: Any) -> Any:
    """Headers for every request; their values may be secrets, so only what is no mapping is told."""
    try:
        package.Headers(headers)
    except (TypeError, ValueError, AttributeError):
        value = headers if isinstance(headers, int | float) else f"<{type(headers).__name__}>"
        _options.refuse("headers", value, _HEADERS, kind=TypeError)
    return headers


def one_path(option: str, path: Any) -> str:
    """A path below the URL."""
    if not isinstance(path, str):
        _options.refuse(option, path, "a path, e.g. '/health'", kind=TypeError)
    if not path.isprintable():
        _options.refuse(option, path, "a path without control characters, e.g. '/health'")
    if path.startswith("//") or ":" in path.partition("/")[0].partition("?")[0]:
        _options.refuse(option, path, "a path below base_url, e.g. '/health'; another address is a Miniapp of its own")
    return path


def some_paths(option: str, paths: Any) -> tuple[str, ...]:
    """Paths to try in turn; a text alone would be taken letter by letter."""
    allowed = "a tuple of paths, e.g. ('/health',)"
    if isinstance(paths, str) or not isinstance(paths, Iterable):
        _options.refuse(option, paths, allowed, kind=TypeError)
    return tuple(one_path(option, path) for path in paths)
