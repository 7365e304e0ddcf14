"""The dashboard as a web page: an ASGI app, and a server for it on the loopback."""

from __future__ import annotations

from ._app import dashboard

__all__ = ["dashboard"]
