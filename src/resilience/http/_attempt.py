"""The trampolines: they alone do what an exchange decides. Each sync one and its async twin are one text but for `await`.

A test compares their syntax trees, so they carry no docstrings of their own.

- `attempt`, `aattempt`: one request, once; what the retry repeats.
- `leg`, `aleg`: the same with an exchange of its own; what a hedge has several of at once.
- `send`, `asend`: the request goes out, and the body is read if the client would read it anyway.
- `judged`, `ajudged`, `unwrapped`, `aunwrapped`: a bad answer is an error for who stands between the two.
- `discard`, `adiscard`: an answer that another one replaces is closed before the wait; its own troubles are nobody's.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from resilience.http._exchange import Exchange


def attempt(send: Callable[[Exchange], Any]) -> Callable[[Exchange], Any]:
    def run(exchange: Exchange) -> Any:
        exchange.begin()
        try:
            response = send(exchange)
        except BaseException as error:
            other = exchange.failed(error)
            if other is None:
                raise
            raise other from error
        try:
            return exchange.answered(response)
        except BaseException:
            response.close()
            raise

    return run


def aattempt(send: Callable[[Exchange], Awaitable[Any]]) -> Callable[[Exchange], Awaitable[Any]]:
    async def run(exchange: Exchange) -> Any:
        exchange.begin()
        try:
            response = await send(exchange)
        except BaseException as error:
            other = exchange.failed(error)
            if other is None:
                raise
            raise other from error
        try:
            return exchange.answered(response)
        except BaseException:
            await response.aclose()
            raise

    return run


def leg(attempt: Callable[[Exchange], Any]) -> Callable[[Exchange], Any]:
    def run(exchange: Exchange) -> Any:
        return attempt(exchange.leg())

    return run


def aleg(attempt: Callable[[Exchange], Awaitable[Any]]) -> Callable[[Exchange], Awaitable[Any]]:
    async def run(exchange: Exchange) -> Any:
        return await attempt(exchange.leg())

    return run


def send(exchange: Exchange) -> Any:
    response = exchange.inner.handle_request(exchange.request)
    if exchange.reads_whole(response):
        try:
            for piece in response.stream:
                if not exchange.take(piece):
                    break
        finally:
            response.stream.close()
        exchange.fill(response)
    return response


async def asend(exchange: Exchange) -> Any:
    response = await exchange.inner.handle_async_request(exchange.request)
    if exchange.reads_whole(response):
        try:
            async for piece in response.stream:
                if not exchange.take(piece):
                    break
        finally:
            await response.stream.aclose()
        exchange.fill(response)
    return response


class BadAnswer(Exception):  # noqa: N818 - an answer, on its way through those who hear errors only
    """Carries an answer that would be retried."""

    def __init__(self, response: Any) -> None:
        super().__init__(response)
        self.response = response


def judged(send: Callable[[Exchange], Any], statuses: frozenset[int]) -> Callable[[Exchange], Any]:
    def run(exchange: Exchange) -> Any:
        response = send(exchange)
        if response.status_code in statuses:
            raise BadAnswer(response)
        return response

    return run


def ajudged(
    send: Callable[[Exchange], Awaitable[Any]], statuses: frozenset[int]
) -> Callable[[Exchange], Awaitable[Any]]:
    async def run(exchange: Exchange) -> Any:
        response = await send(exchange)
        if response.status_code in statuses:
            raise BadAnswer(response)
        return response

    return run


def unwrapped(send: Callable[[Exchange], Any]) -> Callable[[Exchange], Any]:
    def run(exchange: Exchange) -> Any:
        try:
            return send(exchange)
        except BadAnswer as bad:
            return bad.response

    return run


def aunwrapped(send: Callable[[Exchange], Awaitable[Any]]) -> Callable[[Exchange], Awaitable[Any]]:
    async def run(exchange: Exchange) -> Any:
        try:
            return await send(exchange)
        except BadAnswer as bad:
            return bad.response

    return run


def discard(response: Any) -> None:
    with suppress(Exception):
        response.close()


async def adiscard(response: Any) -> None:
    with suppress(Exception):
        await response.aclose()
