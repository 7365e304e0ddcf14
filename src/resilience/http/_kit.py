"""The classes for one package, httpx or httpx2: built once, from the same code, when the first is asked for.

Neither package is imported before; their classes are distinct, so ours must be as well.
"""

from __future__ import annotations

from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import Any

from resilience import errors
from resilience.http import _client, _stream, _transport

_OURS = (
    errors.CircuitOpenError,
    errors.RateLimitedError,
    errors.BulkheadFullError,
    errors.RejectedError,
    errors.CallTimeoutError,
    errors.ResilienceError,
)
_LOCK = Lock()
_KITS: dict[str, Kit] = {}


class Kit:
    """All classes for one package; `home` is the module where users (and pickle) find them."""

    def __init__(self, package: ModuleType | Any, home: str) -> None:
        self.package: Any = package
        self._home = home
        self.errors = {ours: self._error(ours) for ours in _OURS}
        self.stream: Any = self._joined("GuardedStream", _stream.GuardedStream, package.SyncByteStream)
        self.async_stream: Any = self._joined("AsyncGuardedStream", _stream.AsyncGuardedStream, package.AsyncByteStream)
        self.transport: Any = self._joined("ResilientTransport", _transport.SyncTransport, package.BaseTransport)
        self.async_transport: Any = self._joined(
            "AsyncResilientTransport", _transport.AsyncTransport, package.AsyncBaseTransport
        )
        self.client: Any = self._joined("Client", _client.SyncClient, package.Client)
        self.async_client: Any = self._joined("AsyncClient", _client.AsyncClient, package.AsyncClient)

    def _joined(self, name: str, ours: type, theirs: type) -> type:
        return type(name, (ours, theirs), {"__module__": self._home, "__doc__": ours.__doc__, "kit": self})

    def _error(self, ours: type[errors.ResilienceError]) -> type[errors.ResilienceError]:
        doc = f"{ours.__doc__ or ''}\n\n    Raised inside a client, and so an `HTTPError` of the package as well.\n    "
        # `_request` is what httpx's own `request` property reads; its `__init__` is not reached in every case.
        namespace = {"__module__": self._home, "__doc__": doc, "_request": None}
        return type(ours.__name__, (ours, self.package.HTTPError), namespace)

    def flavoured(self, error: errors.ResilienceError, request: Any) -> errors.ResilienceError:
        """The same error as an `HTTPError` of the package, with everything that it remembers."""
        if type(error) in self.errors.values():
            return error
        kind = next(self.errors[base] for base in type(error).__mro__ if base in self.errors)
        twin = kind.__new__(kind, *error.args)
        twin.args = error.args
        twin.__dict__.update(error.__dict__, _request=request)
        twin.__traceback__ = error.__traceback__
        return twin

    def named(self, name: str) -> Any:
        """What a module of ours gives under this name; `None` for what is not of this kit."""
        classes: list[Any] = [self.transport, self.async_transport, self.client, self.async_client]
        return {kind.__name__: kind for kind in (*classes, *self.errors.values())}.get(name)


def kit_for(package: str, home: str) -> Kit:
    """The kit of a package, built when it is first asked for.

    Raises:
        ImportError: the package is not installed; the message says how to get it.
    """
    with _LOCK:
        if package not in _KITS:
            try:
                module = import_module(package)
            except ImportError as error:
                extra = "resilience-stack" if package == "httpx" else f"resilience-stack[{package}]"
                raise ImportError(
                    f"{home} needs {package}: pip install {extra!r} (docs/http.md)", name=package
                ) from error
            _KITS[package] = Kit(module, home)
        return _KITS[package]
