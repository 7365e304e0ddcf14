"""Who may read and who may change: tokens, compared in constant time, and the sessions of browsers that showed one.

Rules: tokens come in a header, never in a URL. A session's cookie lets a page read (its event stream cannot send headers);
what changes something always needs the token's header. Sessions are bounded, and guarded by `_lock`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from http.cookies import CookieError, SimpleCookie
from threading import Lock

COOKIE = "resilience_session"
_SHORTEST = 16
_MOST_SESSIONS, _LIFE = 64, 12 * 3600.0


class Access:
    """What is asked of who reads, and of who changes something.

    Args:
        token: needed to read; `None`: nobody is asked.
        control_token: needed for controls; `None`: there are none.

    Raises:
        ValueError: a token that is shorter than 16 characters.
    """

    def __init__(self, token: str | None, control_token: str | None) -> None:
        self._token = _digest_of("token", token)
        self._control = _digest_of("control_token", control_token)
        self._lock = Lock()
        self._sessions: dict[str, float] = {}

    @property
    def asks(self) -> bool:
        """Is a token needed to read?"""
        return self._token is not None

    @property
    def has_controls(self) -> bool:
        """Are there controls?"""
        return self._control is not None

    def may_read(self, token: str | None, cookies: str | None) -> bool:
        """Does this header, or this session, let one read? A token for controls does as well."""
        if self._token is None:
            return True
        return _is(self._token, token) or self.may_control(token) or self._is_session(cookies)

    def may_control(self, token: str | None) -> bool:
        """Does this header let one change something?"""
        return _is(self._control, token)

    def new_session(self) -> str:
        """A session for a browser; beyond 64, and after twelve hours, the oldest ends."""
        session = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            self._sessions = {key: end for key, end in self._sessions.items() if end > now}
            while len(self._sessions) >= _MOST_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[_digest(session)] = now + _LIFE
        return session

    def _is_session(self, cookies: str | None) -> bool:
        try:
            told = SimpleCookie(cookies or "").get(COOKIE)
        except CookieError:
            return False
        if told is None:
            return False
        digest, now = _digest(told.value), time.monotonic()
        with self._lock:
            return self._sessions.get(digest, 0.0) > now


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


def _digest_of(name: str, token: str | None) -> str | None:
    if token is None:
        return None
    if not isinstance(token, str) or len(token) < _SHORTEST or not token.isascii() or not token.isprintable():
        # The value is a secret, and so not told.
        raise ValueError(
            f"{name}: must be at least {_SHORTEST} printable ASCII characters, e.g. secrets.token_urlsafe() "
            "(docs/dashboard.md)"
        )
    return _digest(token)


def _is(known: str | None, given: str | None) -> bool:
    return known is not None and given is not None and hmac.compare_digest(known, _digest(given))


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(24)
