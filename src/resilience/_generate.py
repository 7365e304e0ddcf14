"""The drivers of generators: the permit is held from the first `next` to the close, however that comes about."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from . import _drive
from ._clock import Clock
from ._drive import Call, asettle, settle
from ._gate import Gate, Verdict
from ._outcome import UNSEEN

_OPEN = Gate()
"""The judge inside `resilience.testing.disabled()`."""


def generate(gate: Gate, inner: Callable[..., Generator[Any, Any, Any]], clock: Clock) -> Call:
    def run(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        judge = _OPEN if _drive.passing else gate
        permit = judge.admit(args, kwargs)
        if isinstance(permit, Verdict):
            permit = settle(permit, inner, args, kwargs, clock)
        try:
            value = yield from inner(*args, **kwargs)
        except BaseException as error:
            judge.failed(permit, error, 1)
            raise
        judge.succeeded(permit, UNSEEN if value is None else value)
        return value

    return run


def agenerate(gate: Gate, inner: Callable[..., AsyncGenerator[Any, Any]], clock: Clock) -> Call:
    async def run(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        judge = _OPEN if _drive.passing else gate
        permit = judge.admit(args, kwargs)
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
            judge.succeeded(permit, UNSEEN)
        except BaseException as error:
            judge.failed(permit, error, 1)
            raise

    return run
