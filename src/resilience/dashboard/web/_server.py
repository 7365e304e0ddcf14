"""The server of `resilience dashboard --web`: uvicorn, with limits so that slow and greedy clients hurt nobody else."""

from __future__ import annotations

import asyncio
from typing import Any

from ..._extras import brought
from ._guard import Guard

_HEADERS_WITHIN, _READ_WITHIN = 10.0, 15.0
_LONGEST_HEADERS = 16 * 1024
_MOST_CONNECTIONS = 128


def server_for(app: Guard, host: str, port: int) -> Any:
    """A server of uvicorn, not yet running.

    Raises:
        ModuleNotFoundError: uvicorn is not installed.
    """
    uvicorn = brought("uvicorn", "web", "the web page")
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=_protocol(),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=_LONGEST_HEADERS,
    )
    return uvicorn.Server(config)


def _protocol(within: float = _HEADERS_WITHIN) -> type[asyncio.Protocol]:
    """Uvicorn's own protocol, which would wait for ever for the rest of a head, and for a client that does not read."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class PatientUpTo(H11Protocol):
        _hurry: asyncio.TimerHandle | None = None
        _stalled: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)  # type: ignore[arg-type] # uvicorn names the class that it needs
            self._await_head()

        def data_received(self, data: bytes) -> None:
            is_idle = self._is_idle()
            super().data_received(data)
            if not self._is_idle():
                self._stop_waiting()
            elif is_idle and self._hurry is None:
                self._await_head()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._stalled = self._stalled or self.loop.call_later(_READ_WITHIN, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._go_on()

        def _go_on(self) -> None:
            if self._stalled is not None:
                self._stalled.cancel()
                self._stalled = None

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            self._go_on()
            super().connection_lost(exc)

        def _is_idle(self) -> bool:
            return self.cycle is None or bool(self.cycle.response_complete)

        def _await_head(self) -> None:
            self._hurry = self.loop.call_later(within, self._give_up)

        def _stop_waiting(self) -> None:
            if self._hurry is not None:
                self._hurry.cancel()
                self._hurry = None

        def _give_up(self) -> None:
            self._hurry = None
            if self._is_idle():
                self.transport.close()

    return PatientUpTo
