"""The web page and its JSON, as an ASGI app that can be mounted in any service.

Rules: everything but `Guard` may believe that a request comes from an allowed host and from no other site.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._extras import brought
from .._board import to_json
from .._collector import Collector
from .._controls import Controls
from .._remote import TOKEN_HEADER
from ._access import COOKIE, Access
from ._guard import Guard, Receive, Scope, Send, refuse
from ._stream import MOST_CLIENTS, Stream

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_STATIC = Path(__file__).parent / "static"
_LONGEST_BODY = 4096
_READER = f"a token is needed, in the header {TOKEN_HEADER}"


def dashboard(
    *,
    allowed_hosts: Iterable[str] | None = None,
    token: str | None = None,
    control_token: str | None = None,
    collector: Collector | None = None,
    max_clients: int = MOST_CLIENTS,
    **options: Any,
) -> Dashboard:
    """Make an ASGI app of the dashboard, to be mounted in a service, or run by itself.

    `app.mount("/resilience", dashboard(allowed_hosts=["shop.example"]))`: it shows what `resilience.snapshot()` knows of
    this process. Call `resilience.telemetry.enable()` for calls and response times.

    Args:
        allowed_hosts: names that the Host header may have, without ports (default: `localhost`, `127.0.0.1`, `[::1]`).
        token: needed to read, at least 16 characters (default: nobody is asked). A page asks for it; another dashboard
            sends it in the header `X-Resilience-Token`.
        control_token: turns the controls on, and is needed for each (default `None`: there are none).
        collector: one that is at work already; by default one is made with `options`, see `Collector`, and begins at once.
        max_clients: pages that may be open at a time (default 32).
        **options: of the `Collector` that is made.

    Raises:
        ModuleNotFoundError: starlette is not installed. TypeError, ValueError: an option that makes no sense.

    Runs on asyncio. A forked worker looks at itself from its first request on.

    >>> page = dashboard(allowed_hosts=["shop.example"], refresh=60)
    >>> page.collector.stop()
    """
    brought("starlette", "web", "the web page")
    access = Access(token, control_token)
    is_own = collector is None
    if collector is None:
        collector = Collector(controls=access.has_controls, **options)
    page = Dashboard(collector, Page(collector, access, max_clients).app(), allowed_hosts)
    if is_own:
        collector.start()
    return page


class Dashboard(Guard):
    """The page, guarded; `collector` makes its boards, and `collector.stop()` ends that."""

    def __init__(self, collector: Collector, app: Any, allowed_hosts: Iterable[str] | None) -> None:
        super().__init__(app, allowed_hosts)
        self.collector = collector


class Page:
    """What can be asked of a dashboard."""

    def __init__(self, collector: Collector, access: Access, max_clients: int) -> None:
        self._collector = collector
        self._access = access
        self._controls = Controls()
        self._stream = Stream(collector, max_clients)
        self._pid = os.getpid()

    def app(self) -> Any:
        """As an app of Starlette."""
        from starlette.applications import Starlette
        from starlette.routing import Mount, Route
        from starlette.staticfiles import StaticFiles

        return Starlette(
            routes=[
                Route("/", self._index),
                Route("/api/snapshot", self._snapshot),
                Route("/api/processes", self._processes),
                Route("/api/hour", self._hour),
                Route("/api/events", _Reading(self, self._stream), methods=["GET"]),
                Route("/api/session", self._session, methods=["POST"]),
                Route("/api/control", self._control, methods=["POST"]),
                Mount("/static", StaticFiles(directory=_STATIC)),
            ]
        )

    # Reading

    async def _index(self, request: Request) -> Response:
        from starlette.responses import FileResponse

        self.awake()
        return FileResponse(_STATIC / "index.html", media_type="text/html; charset=utf-8")

    async def _snapshot(self, request: Request) -> Response:
        return await self._json(request, self._collector.board)

    async def _processes(self, request: Request) -> Response:
        return await self._json(request, lambda: {"version": 1, "processes": self._collector.told()})

    async def _hour(self, request: Request) -> Response:
        key = request.query_params.get("key", "")
        return await self._json(request, lambda: {"key": key, "step": 10, "lines": self._collector.hour(key)})

    async def _json(self, request: Request, value: Any) -> Response:
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import Response as Answer

        if not self.may_read(request.headers):
            return _told(401, _READER)
        self.awake()
        return Answer(await run_in_threadpool(lambda: to_json(value())), media_type="application/json")

    def may_read(self, headers: Any) -> bool:
        """Do these headers let one read?"""
        return self._access.may_read(headers.get(TOKEN_HEADER), headers.get("cookie"))

    def awake(self) -> None:
        """In a forked worker the collector's thread is gone: begin anew."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._collector.start()

    # Changing

    async def _session(self, request: Request) -> Response:
        """A page that shows the token gets a cookie, with which its event stream may read."""
        if not self.may_read(request.headers):
            return _told(401, "this token is not the one")
        answer = _told(200, "welcome")
        is_secure = request.url.scheme == "https"
        path = request.scope.get("root_path", "") or "/"
        session = self._access.new_session()
        answer.set_cookie(COOKIE, session, path=path, secure=is_secure, httponly=True, samesite="strict")
        return answer

    async def _control(self, request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        if not self._access.has_controls:
            return _told(403, "controls are off; give the dashboard a control_token= (docs/dashboard.md)")
        if not self._access.may_control(request.headers.get(TOKEN_HEADER)):
            return _told(401, f"the control token is needed, in the header {TOKEN_HEADER}")
        asked = await _asked(request)
        if asked is None:
            return _told(400, 'say {"action": …, "kind": …, "name": …} as application/json')
        words = [str(asked.get(name, "")) for name in ("action", "kind", "name")]
        try:
            action = partial(self._controls.act, words[0], words[1], words[2], asked.get("seconds"))
            told = await run_in_threadpool(action)
            await run_in_threadpool(self._collector.look)
        except LookupError as error:
            return _told(404, str(error.args[0]))
        except (TypeError, ValueError) as error:
            return _told(400, str(error))
        return _told(200, told)


class _Reading:
    """An app that only who may read reaches."""

    def __init__(self, page: Page, app: Any) -> None:
        self._page = page
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.datastructures import Headers

        if not self._page.may_read(Headers(scope=dict(scope))):
            await refuse(send, 401, _READER)
            return
        self._page.awake()
        await self._app(scope, receive, send)


async def _asked(request: Request) -> dict[str, Any] | None:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return None
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_BODY:
            return None
    try:
        asked = json.loads(body)
    except ValueError:
        return None
    return asked if isinstance(asked, dict) else None


def _told(status: int, words: str) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"told": words}, status_code=status)
