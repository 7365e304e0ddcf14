"""What a URL is called: the origin that state is kept for, and a form that may be shown to people and logs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from resilience._masking import printable as escaped

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
_LONGEST = 200
_HIDDEN = "***"
_SECRET = re.compile(r"token|secret|passw|pwd|apikey|signature|credential|session|jwt|auth|bearer|otp|saml")
_SECRET_WHOLE = frozenset(
    {"key", "sig", "sign", "code", "pass", "pin", "sid", "k", "p", "pw", "hmac", "state", "nonce"}
)


def origin_of(url: Any) -> str:
    """Scheme, host and port of a URL of httpx or httpx2: the name under which its state is kept and shown.

    The port is always there, so that the same server has one name; userinfo and path never are.
    """
    host = str(url.host)
    if ":" in host:
        host = f"[{host}]"
    port = url.port if url.port is not None else _DEFAULT_PORTS.get(url.scheme)
    return printable(f"{url.scheme}://{host}" + ("" if port is None else f":{port}"))


def printable(text: str, longest: int = _LONGEST) -> str:
    """Text that cannot break a log line or a terminal, and has an end."""
    text = escaped(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shown(url: object) -> str:
    """A URL without its userinfo, its fragment and the values of parameters that look like secrets; never raises.

    >>> shown("https://ann:pw@example.org/a?page=2&access_token=abc#x")
    'https://***@example.org/a?page=2&access_token=***'
    """
    try:
        parts = urlsplit(str(url))
        userinfo, at, host = parts.netloc.rpartition("@")
    except ValueError:
        return "<a URL that cannot be read>"
    scheme = f"{parts.scheme}://" if parts.scheme or host else ""
    query = f"?{_redacted(parts.query)}" if parts.query else ""
    return printable(f"{scheme}{_HIDDEN if userinfo or at else ''}{at}{host}{parts.path}{query}", 2000)


def _redacted(query: str) -> str:
    return "&".join(_redacted_parameter(parameter) for parameter in re.split("[&;]", query))


def _redacted_parameter(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    plain = re.sub(r"%[0-9a-fA-F]{2}|[^a-z0-9]", "", name.lower())
    is_secret = plain in _SECRET_WHOLE or _SECRET.search(plain) is not None
    if not equals:
        return _HIDDEN if is_secret or len(name) > 40 else name  # a bare value may be the token itself
    return f"{name}={_HIDDEN}" if is_secret else parameter
