"""A deployed service as its watcher sees it, for threads and for tasks.

Rules: the flows (`_watch.py`) decide; the two `_play`s, twins but for `await`, do what they say. The caches do their own
locking; a miniapp has no other state.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from resilience._deadline import deadline
from resilience.miniapp._report import Deployment, Health, Report, Status, Unanswered
from resilience.miniapp._watch import Answer, Flow, Kind
from resilience.miniapp._watched import Watched
from resilience.miniapp._wording import Closed


class Miniapp(Watched):
    """A deployed service, watched from a thread: is it there, how well is it, what is deployed?

    Args:
        base_url: where it is.
        name: of the service, for labels and for settings of its own (`RESILIENCE__SHOP__TIMEOUT__HTTP_REQUEST`).
        settings: by default those of the process.
        transport: of httpx or httpx2, instead of a real one.
        headers, auth: for every request.
        status_path: asked by `status()`.
        health_paths: tried in turn by `health()` until one answers.
        deployment_paths: tried in turn by `deployment()` until one tells something.
        **options: those of `resilience.http.Origins`; settings of this very service beat them.

    Raises:
        ValueError: a URL that is none. SettingsError: a setting that cannot stand.

    A service that is down raises nothing: it is reported, with what was known of it. Answers are cached, one request at a
    time for each kind. At most 1 MiB of an answer is read. Safe to share between threads; a context manager.

    >>> import httpx
    >>> answers = {"/": httpx.Response(200), "/health": httpx.Response(200, json={"status": "pass"})}
    >>> transport = httpx.MockTransport(lambda request: answers.get(request.url.path, httpx.Response(404)))
    >>> with Miniapp("https://shop.example", transport=transport) as shop:
    ...     shop.status().online, shop.health().level.value
    (True, 'healthy')
    """

    _is_async = False

    def status(self) -> Status:
        """Is it there? Cached for `MINIAPP_STATUS_TTL_MS` (10 s; an offline answer 1 s), within `TIMEOUT_HTTP_REQUEST`."""
        return _report(self._status, Status)

    def health(self) -> Health:
        """How well is it? Cached for `MINIAPP_HEALTH_TTL_MS` (30 s), bounded by `TIMEOUT_HEALTH_CHECK` (5 s)."""
        return _report(self._health, Health)

    def deployment(self) -> Deployment:
        """What is deployed? Cached and bounded as `health()` is."""
        return _report(self._deployment, Deployment)

    def refresh(self) -> Status:
        """Ask for the status anew, whatever the cache holds, and fill it."""
        # Not the cache's own refresh, which answers with the old report while that is fresh and the service fails.
        self._status.invalidate()
        return _report(self._status, Status)

    def _loader(self, kind: type[Report], flow: Callable[[], Flow[Any]]) -> Callable[[], Any]:
        def load() -> Report:
            with deadline(self._limits[kind], clock=self._clock):
                report: Report = self._play(flow(), kind)
                return report

        return load

    def _play(self, flow: Flow[Kind], kind: type[Report]) -> Kind:
        step: Callable[[Any], str] = flow.send
        told: Any = None
        while True:
            try:
                path = step(told)
            except StopIteration as end:
                report: Kind = end.value
                return report
            try:
                step, told = flow.send, self._bounded(kind)(path, kind)
            except Exception as error:
                step, told = flow.throw, Closed() if self._is_closed else error

    def _look_at(self, response: Any) -> None:
        self._drop_unreadable(response)

    def _fetch(self, path: str, kind: type[Report]) -> Answer:
        response = self._client.send(self._request(path, kind), stream=True)
        try:
            if response.is_stream_consumed:  # a mock's, which came in memory and unpacked
                return self._answer(response, [response.content], None)
            return self._answer(response, [*response.iter_raw()], response.headers.get("content-encoding"))
        finally:
            response.close()

    def close(self) -> None:
        """Close its connections; who is asking, or would have to ask later, is told `closed`."""
        self._mark_closed()
        self._client.close()

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._mark_closed()
        self._client.__exit__(kind, error, traceback)


class AsyncMiniapp(Watched):
    """A deployed service, watched from a task; everything that `Miniapp` says holds here, in asyncio and trio.

    >>> import asyncio, httpx
    >>> async def main():
    ...     transport = httpx.MockTransport(lambda request: httpx.Response(503))
    ...     async with AsyncMiniapp("https://shop.example", transport=transport, attempts=1) as shop:
    ...         return str(await shop.status())
    >>> asyncio.run(main())
    'offline (HTTP 503)'
    """

    _is_async = True

    async def status(self) -> Status:
        """Is it there? See `Miniapp.status`."""
        return await _areport(self._status, Status)

    async def health(self) -> Health:
        """How well is it? See `Miniapp.health`."""
        return await _areport(self._health, Health)

    async def deployment(self) -> Deployment:
        """What is deployed? See `Miniapp.deployment`."""
        return await _areport(self._deployment, Deployment)

    async def refresh(self) -> Status:
        """Ask for the status anew, whatever the cache holds, and fill it."""
        self._status.invalidate()
        return await _areport(self._status, Status)

    def _loader(self, kind: type[Report], flow: Callable[[], Flow[Any]]) -> Callable[[], Any]:
        async def load() -> Report:
            with deadline(self._limits[kind], clock=self._clock):
                report: Report = await self._play(flow(), kind)
                return report

        return load

    async def _play(self, flow: Flow[Kind], kind: type[Report]) -> Kind:
        step: Callable[[Any], str] = flow.send
        told: Any = None
        while True:
            try:
                path = step(told)
            except StopIteration as end:
                report: Kind = end.value
                return report
            try:
                step, told = flow.send, await self._bounded(kind)(path, kind)
            except Exception as error:
                step, told = flow.throw, Closed() if self._is_closed else error

    async def _look_at(self, response: Any) -> None:
        self._drop_unreadable(response)

    async def _fetch(self, path: str, kind: type[Report]) -> Answer:
        response = await self._client.send(self._request(path, kind), stream=True)
        try:
            if response.is_stream_consumed:  # a mock's, which came in memory and unpacked
                return self._answer(response, [response.content], None)
            pieces = [piece async for piece in response.aiter_raw()]
            return self._answer(response, pieces, response.headers.get("content-encoding"))
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close its connections; who is asking, or would have to ask later, is told `closed`."""
        self._mark_closed()
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._mark_closed()
        await self._client.__aexit__(kind, error, traceback)


def _report(load: Any, kind: type[Kind]) -> Kind:
    report: Any
    try:
        report = load()
    except Unanswered as unanswered:
        report = unanswered.report
    found: Kind = report
    return found


async def _areport(load: Any, kind: type[Kind]) -> Kind:
    report: Any
    try:
        report = await load()
    except Unanswered as unanswered:
        report = unanswered.report
    found: Kind = report
    return found
