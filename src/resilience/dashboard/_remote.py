"""Other dashboards: `http://service/resilience` is asked for the processes it knows, through this library's own policies.

Rules: each address has a task of its own, so none can delay another; a fetch that fails changes nothing but `error`.
"""

from __future__ import annotations

import json
from typing import Any

from .._backoff import Exponential
from ..http import AsyncClient
from ..http._address import shown
from ..policies._trip import Consecutive
from ..policies.breaker import CircuitBreaker
from ._processes import Processes, named, rows, text

TOKEN_HEADER = "X-Resilience-Token"  # noqa: S105 - the name of a header
PATH = "api/processes"
_SUFFIX = "/resilience"
_PATIENCE = 5.0
_RESET = 5.0
_MOST_BYTES = 32 * 1024 * 1024


class Remote:
    """One address of a dashboard.

    Args:
        url: where the dashboard is mounted; `name=url` says of which service, and addresses of one name are of one service.
        token: what it asks for, if it does; sent to this address only, in a header.
        transport: of httpx, instead of a real one.
    """

    def __init__(self, url: str, processes: Processes, *, token: str | None, transport: Any = None) -> None:
        name, url = named(url)
        self.url = url.rstrip("/")
        self.name = shown(self.url)
        self.service = text(name or self.name)
        self.at: float | None = None
        self.error: str | None = "not asked yet"
        self._processes = processes
        breaker = CircuitBreaker(f"dashboard {self.name}", trip=Consecutive(3), reset_timeout=_RESET)
        # A connection for each fetch: with one that is kept, always the same worker would answer.
        headers = {"connection": "close", "accept": "application/json"}
        self._client = AsyncClient(
            breaker=breaker,
            name="dashboard",
            attempts=2,
            attempt_timeout=_PATIENCE,
            backoff=Exponential(maximum=1.0),
            transport=transport,
            headers=headers if token is None else headers | {TOKEN_HEADER: token},
            follow_redirects=False,
            timeout=None,
        )

    async def fetch(self, now: float) -> None:
        """Ask once, and take what is told; never raises for what a service does."""
        try:
            for one in rows(await self._told()):
                self._processes.take(one, now, origin=self.url, service=self.service)
        except Exception as error:
            self.error = _reason(error)
        else:
            self.at, self.error = now, None

    async def _told(self) -> Any:
        async with self._client.stream("GET", f"{self.url}/{PATH}") as response:
            if response.status_code != 200:
                hint = ": it asks for another token" if response.status_code in {401, 403} else ""
                raise ValueError(f"HTTP {response.status_code}{hint}")
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise ValueError("the answer is too long")
        try:
            told = json.loads(body)
        except ValueError:
            raise ValueError("no dashboard: the answer is no JSON") from None
        if not isinstance(told, dict) or "processes" not in told:
            raise ValueError("no dashboard: the answer is another JSON")
        return told["processes"]

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


def is_dashboard(url: str) -> bool:
    """Does an address name a dashboard, and not a service? Its path ends with `/resilience`."""
    return url.partition("?")[0].rstrip("/").endswith(_SUFFIX)


def _reason(error: Exception) -> str:
    return text(str(error) or type(error).__name__)
