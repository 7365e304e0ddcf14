"""The server's side, for any ASGI framework: refusals as answers, the caller's deadline, guarded routes.

No framework is imported.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import nullcontext
from typing import Any

from .. import _options
from .._deadline import deadline
from .._policy import Policy
from ._answer import answer, single, status_of
from ._deadline_header import HEADER, checked_name, seconds_of

__all__ = ["HEADER", "ResilienceMiddleware"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
_NO_GUARDS = {"retry", "hedge", "cache"}


class ResilienceMiddleware:
    """Put around an ASGI app, in plain ASGI: `app.add_middleware(ResilienceMiddleware, ...)` in Starlette and FastAPI.

    Args:
        app: the app inside.
        guards: policies and pipelines by path prefix, `{"/pay": Bulkhead(20)}`; the longest prefix counts, by whole
            segments. Not retry, hedge and cache: a request is read once and an answer sent once. The value of a fallback
            (or of chaos) is an ASGI app, as every response of Starlette is, and answers instead. A policy's `key` and
            `cost` are asked with `(scope, receive, send)`; `on_result` with the status that was sent.
        header: where the caller tells the milliseconds it still waits; `None` to trust no caller.
        deadline: seconds that a request may take in any case; by default there is no such limit.

    - An error of ours that comes out of the app is an answer: 429 for `RateLimitedError`, 503 for every other
      `RejectedError`, both with `Retry-After` in whole seconds, rounded up; 504 for `CallTimeoutError`. Problem+json
      without names, reasons or texts. Once the answer has begun the error goes on to the server, as all others do.
    - The header only shortens: with it the request runs under `resilience.deadline`, which all policies and clients of ours
      inside obey. What is no whole number above 0 is ignored.

    Safe for any number of requests at once. Websockets and lifespan pass untouched.

    >>> import asyncio
    >>> from resilience import CircuitBreaker
    >>> breaker = CircuitBreaker("doctest-asgi", initial_state="isolated")
    >>> async def app(scope, receive, send): ...
    >>> async def send(message): print(message.get("status", ""))
    >>> guarded = ResilienceMiddleware(app, guards={"/": breaker})
    >>> asyncio.run(guarded({"type": "http", "method": "HEAD", "path": "/", "headers": []}, None, send))
    503
    """

    def __init__(
        self,
        app: App,
        *,
        guards: Mapping[str, Policy[Any]] | None = None,
        header: str | None = HEADER,
        deadline: Any = None,
    ) -> None:
        self._app = app
        self._header = None if header is None else checked_name(header).encode()
        self._seconds = _options.optional_seconds("deadline", deadline)
        some = {} if guards is None else dict(guards)
        # The longest first, so that the first that fits is the right one.
        ordered = sorted(some, key=_length)
        self._guards = [(prefix.rstrip("/"), _guarded(some[prefix], self._serve)) for prefix in ordered]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reply = _Reply(send)
        seconds = self._allowed(scope)
        serve = self._serving(scope)
        try:
            with nullcontext() if seconds is None else deadline(seconds):
                await _finish(await serve(scope, receive, reply), scope, receive, reply)
        except Exception as error:
            cause = single(error)
            status = status_of(cause)
            if status is None or reply.status is not None:
                raise
            await _tell(send, status, cause, is_head=scope["method"] == "HEAD")

    async def _serve(self, scope: Message, receive: Receive, reply: _Reply) -> int | None:
        try:
            await self._app(scope, receive, reply)
        except Exception as error:
            reply.broken = error
            raise
        return reply.status

    def _serving(self, scope: Message) -> Callable[..., Awaitable[Any]]:
        if not self._guards:
            return self._serve
        path, root = scope["path"], scope.get("root_path", "").rstrip("/")
        path = path[len(root) :] if root and path.startswith(f"{root}/") else path
        for prefix, guarded in self._guards:
            if path == prefix or path.startswith(f"{prefix}/"):
                return guarded
        return self._serve

    def _allowed(self, scope: Message) -> float | None:
        """Seconds that the request may take."""
        told = [seconds_of(value) for name, value in scope["headers"] if name.lower() == self._header]
        limits = [seconds for seconds in (*told, self._seconds) if seconds is not None]
        return min(limits, default=None)


class _Reply:
    """Sends on, and knows the status that was sent, and the error that ended the app."""

    __slots__ = ("_send", "broken", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        self.broken: Exception | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


async def _finish(result: Any, scope: Message, receive: Receive, reply: _Reply) -> None:
    """What a guard gave instead of the app's answer is the answer, unless one has begun: then its end is an error."""
    if reply.status is not None:
        if reply.broken is not None:
            raise reply.broken
        return
    if result is None:
        return
    if not callable(result):
        raise TypeError(
            f"guards: the policies for {scope['path']!r} gave {result!r} instead of an answer; give an ASGI app, e.g. "
            "Fallback(PlainTextResponse('busy', 503)) with a response of Starlette (docs/server.md)"
        )
    instead: Any = result
    await instead(scope, receive, reply)


async def _tell(send: Send, status: int, error: BaseException, *, is_head: bool) -> None:
    headers, body = answer(status, error)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})


def _length(prefix: Any) -> int:
    if not isinstance(prefix, str) or not prefix.startswith("/"):
        _options.refuse("guards", prefix, "policies by path prefix, e.g. guards={'/pay': Bulkhead(20)}")
    return -len(prefix)


def _guarded(policy: Any, serve: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    if not isinstance(policy, Policy):
        _options.refuse("guards", policy, "policies by path prefix, e.g. guards={'/pay': Bulkhead(20)}", kind=TypeError)
    for part in policy.parts():
        if part.kind in _NO_GUARDS:
            raise ValueError(
                f"guards: {part.name} is a {part.kind}, and a request is read once and an answer sent once: nothing can be "
                "repeated or kept here. Guard what the route calls with it instead (docs/server.md)"
            )

    async def request(scope: Message, receive: Receive, reply: _Reply) -> Any:
        return await serve(scope, receive, reply)

    guarded: Callable[..., Awaitable[Any]] = policy(request)
    return guarded
