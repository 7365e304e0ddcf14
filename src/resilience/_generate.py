"""The drivers of generators: the permit is held from the first `next` to the close, however that comes about."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from ._clock import Clock
from ._drive import Call, asettle, settle
from ._gate import Gate, Verdict
from ._outcome import UNSEEN


def generate(gate: Gate, inner: Callable[..., Generator[Any, Any, Any]], clock: Clock) -> Call:
    def run(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        permit = gate.admit(args, kwargs)
        if isinstance(permit, Verdict):
            permit = settle(permit, inner, args, kwargs, clock)
        try:
            value = yield from inner(*args, **kwargs)
        except BaseException as error:
            gate.failed(permit, error, 1)
            raise
        gate.succeeded(permit, UNSEEN if value is None else value)
        return value

    return run


def agenerate(gate: Gate, inner: Callable[..., AsyncGenerator[Any, Any]], clock: Clock) -> Call:
    async def run(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        permit = gate.admit(args, kwargs)
        if isinstance(permit, Verdict):
            permit = await asettle(permit, inner, args, kwargs, clock)
        stream = inner(*args, **kwargs)
        try:
            item = await anext(stream)
            while True:
                try:
                    sent = yield item
                except GeneratorExit:
                    await stream.aclose()
                    raise
                except BaseException as thrown:
                    item = await stream.athrow(thrown)
                else:
                    item = await stream.asend(sent)
        except StopAsyncIteration:
            gate.succeeded(permit, UNSEEN)
        except BaseException as error:
            gate.failed(permit, error, 1)
            raise

    return run
