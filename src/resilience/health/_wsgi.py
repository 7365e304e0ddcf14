"""The probes as a WSGI app, without a framework."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .. import _options
from ._endpoint import REASONS, answer, probe_of, refusal

if TYPE_CHECKING:
    from ._registry import HealthRegistry


class HealthWSGI:
    """What `HealthApp` is, for WSGI servers: Flask's `DispatcherMiddleware`, Django, gunicorn.

    >>> from wsgiref.util import setup_testing_defaults
    >>> from resilience.health import HealthRegistry
    >>> environ = {"PATH_INFO": "/ready"}
    >>> setup_testing_defaults(environ)
    >>> HealthRegistry("doctest-wsgi").wsgi()(environ, lambda status, headers: print(status))
    200 OK
    [b'{"status": "pass"}']
    """

    def __init__(self, registry: HealthRegistry, *, details: bool = False) -> None:
        self._registry = registry
        self._details = _options.flag("details", details)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        method, path = environ.get("REQUEST_METHOD", "GET"), environ.get("PATH_INFO", "")
        told = refusal(method, path)
        if told is None:
            report = self._registry.report(probe_of(path))
            told = answer(report, self._registry.version, details=self._details)
        start_response(f"{told.status} {REASONS[told.status]}", told.headers)
        return [b"" if method == "HEAD" else told.body]

    def __repr__(self) -> str:
        return f"<HealthWSGI of {self._registry!r}>"
