"""What a miniapp is in every world: a guarded client, the questions to ask, a cache for each kind of report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from resilience import _options
from resilience._deadline import remaining
from resilience.config import ServiceSettings, Settings
from resilience.config import settings as process_settings
from resilience.errors import ResilienceError
from resilience.http import OriginsSnapshot
from resilience.http._address import origin_of, shown
from resilience.http._configured import some_settings
from resilience.http._exchange import READ_AT_MOST, TOLD
from resilience.http._following import follow_reloads
from resilience.http._kit import kit_for
from resilience.http._origins import EXTENSION, Origins
from resilience.http._packages import package_of
from resilience.miniapp._bounded import ACCEPT_ENCODING, LIMIT, BoundedBody
from resilience.miniapp._given import address, one_path, some_headers, some_paths
from resilience.miniapp._location import next_page, target_of
from resilience.miniapp._patience import Patience
from resilience.miniapp._report import Deployment, Health, Report, Status
from resilience.miniapp._watch import DEPLOYMENT_PATHS, HEALTH_PATHS, Answer, Flow, Watch
from resilience.policies.cache import Cache

_MS = 1000.0
_OFFLINE_TTL = 1.0
_HOME = {"httpx": "resilience.http", "httpx2": "resilience.http.httpx2"}


class Watched:
    """What both miniapps are: a guarded client, the questions to ask, and a cache for each kind of report."""

    _is_async: bool

    def __init__(
        self,
        base_url: str,
        *,
        name: str | None = None,
        settings: Settings | ServiceSettings | None = None,
        transport: Any = None,
        headers: Any = None,
        auth: Any = None,
        status_path: str = "/",
        health_paths: Iterable[str] = HEALTH_PATHS,
        deployment_paths: Iterable[str] = DEPLOYMENT_PATHS,
        **options: Any,
    ) -> None:
        own = _own(some_settings(settings, "name") or process_settings(), name)
        package = package_of(transport, "BaseTransport", "AsyncBaseTransport") or "httpx"
        kit = kit_for(package, _HOME[package])
        url = address(base_url, kit.package)
        self.url = shown(base_url)
        self.origin = origin_of(url)
        self._service = name
        self.name = _options.label("name", name) or url.netloc.decode("ascii")
        self.settings = own
        named = {} if name is None else {"name": name}
        service = name if settings is None or isinstance(settings, Settings) else None
        self.origins = Origins.from_settings(settings, service=service, **named, **options)
        self._package = kit.package
        self._is_closed = False
        self._patience = None if self._is_async else Patience(self.name[:150])
        self._clock = options.get("clock")
        client = kit.async_client if self._is_async else kit.client
        self._client: Any = client(
            origins=self.origins,
            base_url=url,
            transport=transport,
            headers=some_headers(headers, kit.package),
            auth=auth,
            timeout=None,
            event_hooks={"response": [self._look_at]},
        )
        self._limits = _limits(own)
        self._watch = Watch(
            status_path=one_path("status_path", status_path),
            health_paths=some_paths("health_paths", health_paths),
            deployment_paths=some_paths("deployment_paths", deployment_paths),
            slow=own.threshold.response_time_ms / _MS,
            # The last two are of addresses that cannot be asked, which a transport or a proxy may come upon late.
            down=(kit.package.HTTPError, OSError, ResilienceError, UnicodeError, kit.package.InvalidURL),
        )
        self._status = self._cached(Status, self._watch.status, own.miniapp.status_ttl_ms)
        self._health = self._cached(Health, self._watch.health, own.miniapp.health_ttl_ms)
        self._deployment = self._cached(Deployment, self._watch.deployment, own.miniapp.health_ttl_ms)
        if settings is None:
            follow_reloads(self)

    def follow(self, settings: Settings) -> None:
        """Take the numbers of these settings; what is cached stays."""
        own = self.settings = _own(settings, self._service)
        self._limits = _limits(own)
        self._watch.slow = own.threshold.response_time_ms / _MS
        self._status.cache.retune(ttl=own.miniapp.status_ttl_ms / _MS)
        for loaded in (self._health, self._deployment):
            loaded.cache.retune(ttl=own.miniapp.health_ttl_ms / _MS)

    def _cached(self, kind: type[Report], flow: Callable[[], Flow[Any]], milliseconds: int) -> Any:
        seconds = milliseconds / _MS
        cache: Any = Cache(
            f"{self.name[:150]} {kind.__name__.lower()}",
            ttl=seconds,
            max_size=1,
            negative_ttl=min(_OFFLINE_TTL, seconds),
            clock=self._clock,
        )
        return cache(self._loader(kind, flow))

    def _bounded(self, kind: type[Report]) -> Callable[..., Any]:
        """How an answer is fetched so that it ends in time; the fetch of a task is cancelled by its client."""
        fetch: Callable[..., Any] = self._fetch
        patience = self._patience
        if patience is None:
            return fetch
        # What is left of an injected clock's time says nothing of a real socket's.
        seconds = min(self._limits[kind], remaining()) if self._clock is None else self._limits[kind]
        return partial(patience.run, fetch, seconds)

    def _mark_closed(self) -> None:
        self._is_closed = True
        if self._patience is not None:
            self._patience.close()

    def _fetch(self, path: str, kind: type[Report]) -> Any:
        raise NotImplementedError

    def _look_at(self, response: Any) -> Any:
        raise NotImplementedError

    def _drop_unreadable(self, response: Any) -> None:
        """Forget a Location that cannot be read, at which the client fails, although it was not to follow it."""
        if "location" in response.headers and target_of(response, self._package) is None:
            del response.headers["location"]

    def _loader(self, kind: type[Report], flow: Callable[[], Flow[Any]]) -> Callable[[], Any]:
        raise NotImplementedError

    def _request(self, path: str, kind: type[Report]) -> Any:
        # The deadline is the question's own: a service that lets it pass has failed, not somebody's patience.
        options: dict[str, Any] = {"attempt_timeout": self._limits[kind], "counts_deadline": True}
        if kind is not Status:
            # A health endpoint that says 503 has answered: its report is wanted, not another attempt.
            options |= {"retry_statuses": (), "counts_statuses": False}
        return self._client.build_request(
            "GET",
            path,
            headers={"accept-encoding": ACCEPT_ENCODING, "cache-control": "no-cache"},
            extensions={READ_AT_MOST: LIMIT, EXTENSION: options},
        )

    def _answer(self, response: Any, pieces: list[bytes], encoding: str | None) -> Answer:
        body = BoundedBody(encoding)
        for piece in pieces:
            if not body.feed(piece):
                break
        told = response.extensions[TOLD]
        return Answer(
            http_status=response.status_code,
            headers=response.headers,
            body=body.content,
            response_time=told["response_time"],
            url=str(response.url).partition("#")[0],
            leads_to=next_page(response, self._package),
        )

    def snapshot(self) -> OriginsSnapshot:
        """Its circuit, retry budget and counts."""
        return self.origins.snapshot()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def _own(settings: Settings | ServiceSettings, name: str | None) -> Settings | ServiceSettings:
    return settings.service(name) if name is not None and isinstance(settings, Settings) else settings


def _limits(settings: Settings | ServiceSettings) -> dict[type[Report], float]:
    """Seconds for each kind of question."""
    health = settings.timeout.health_check / _MS
    return {Status: settings.timeout.http_request / _MS, Health: health, Deployment: health}
