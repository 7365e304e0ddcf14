"""What went wrong with a request, as far as its error tells: was anything sent, is it worth another try?"""

from __future__ import annotations

import ssl
from enum import Enum
from types import ModuleType
from typing import Any

from resilience.errors import ResilienceError

# Connections that broke while TLS was spoken; the certificate and the protocol are not to blame.
_BROKEN_TLS = (
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
    ssl.SSLSyscallError,
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
)


class Fault(Enum):
    """How far a request came before its error."""

    UNSENT = "not a byte of the request was sent: every method may be repeated"
    SENT = "it may have been received and acted upon: idempotent requests may be repeated"
    HOPELESS = "the same again would fail again: URL, protocol, TLS"
    FOREIGN = "no error of the transport: somebody's program, or a refusal of ours"


class Faults:
    """The errors of one package (httpx or httpx2), sorted; one instance serves all clients of that package."""

    __slots__ = ("_errors", "_hopeless", "_pool", "_timeouts", "_unsent")

    def __init__(self, package: ModuleType | Any) -> None:
        self._errors: tuple[type[BaseException], ...] = (package.TransportError, OSError)
        self._hopeless = (package.UnsupportedProtocol, package.LocalProtocolError)
        self._unsent = (package.ConnectError, package.ConnectTimeout, package.PoolTimeout, package.ProxyError)
        self._pool = package.PoolTimeout
        self._timeouts = package.TimeoutException

    def of(self, error: BaseException) -> Fault:
        """What this error means for another attempt."""
        if isinstance(error, ResilienceError) or not isinstance(error, self._errors):
            return Fault.FOREIGN
        if isinstance(error, self._hopeless) or is_tls_refusal(error) or _wants_proxy_login(error):
            return Fault.HOPELESS
        return Fault.UNSENT if isinstance(error, self._unsent) else Fault.SENT

    def is_own(self, error: BaseException) -> bool:
        """Is it our side's doing, which says nothing of the origin: a full pool, a request that cannot be sent?"""
        return isinstance(error, (self._pool, *self._hopeless))

    def is_timeout(self, error: BaseException) -> bool:
        """Did a socket operation, or the wait for a connection, take too long?"""
        return isinstance(error, self._timeouts)


def is_tls_refusal(error: BaseException) -> bool:
    """Did TLS itself say no (a certificate, a protocol version), rather than the connection break under it?

    The reason stands somewhere along the causes: httpx raises a `ConnectError` from httpcore's, which comes from
    `ssl`'s own, under trio and anyio with one more between them.
    """
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        if isinstance(link, ssl.SSLError) and not isinstance(link, _BROKEN_TLS):
            return True
        link = link.__cause__ or link.__context__
    return False


def _wants_proxy_login(error: BaseException) -> bool:
    return type(error).__name__ == "ProxyError" and str(error).startswith("407")
