"""Checks of what a program has already: its breakers, its miniapps, whatever has a `ping`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _options
from .._callable import ASYNC, form_of
from .._level import Level
from ._check import Check
from ._result import Verdict

_STATES = {"open": Level.UNHEALTHY, "isolated": Level.UNHEALTHY, "half-open": Level.DEGRADED}


def breaker(circuit: Any) -> Check:
    """Is the circuit closed? Open or isolated is unhealthy, half-open degraded. Asks nobody.

    Raises:
        TypeError: this is no circuit breaker.

    >>> from resilience import CircuitBreaker
    >>> breaker(CircuitBreaker("doctest-checked", initial_state="isolated"))().level
    <Level.UNHEALTHY: 'unhealthy'>
    """
    if not isinstance(getattr(circuit, "state", None), str):
        _options.refuse("circuit", circuit, "a CircuitBreaker", kind=TypeError)

    def look() -> Verdict:
        level = _STATES.get(str(circuit.state), Level.HEALTHY)
        explain = getattr(circuit, "explain", None)
        return Verdict(level=level, detail=str(explain() if callable(explain) else circuit.state))

    return Check(look, kind="breaker")


def miniapp(app: Any) -> Check:
    """What does `app.health()` say? For `Miniapp` and `AsyncMiniapp`, which have a cache of their own.

    Raises:
        TypeError: this has no `health()`.
    """
    health = getattr(app, "health", None)
    if not callable(health):
        _options.refuse("app", app, "a Miniapp or an AsyncMiniapp", kind=TypeError)
    return Check(_asked(health, _by_report, is_async=form_of(health) == ASYNC), kind="miniapp")


def ping(target: Any, *, is_async: bool | None = None) -> Check:
    """Does `target.ping()`, or `target()`, return anything but `False`? For clients of Redis, databases, brokers.

    Args:
        target: an object with a method `ping`, or a function.
        is_async: whether that gives an awaitable; by default told by its code. The methods of `redis.asyncio` do not
            show it: say `is_async=True`.

    Raises:
        TypeError: it has no `ping`, and is no function.

    >>> ping(lambda: b"PONG")().level
    <Level.HEALTHY: 'healthy'>
    """
    call = getattr(target, "ping", target)
    if not callable(call):
        _options.refuse("target", target, "something with a method `ping`, or a function", kind=TypeError)
    awaits = form_of(call) == ASYNC if is_async is None else _options.flag("is_async", is_async)
    return Check(_asked(call, _by_answer, is_async=awaits), kind="ping")


def _asked(call: Callable[[], Any], judge: Callable[[Any], Any], *, is_async: bool) -> Callable[[], Any]:
    if not is_async:
        return lambda: judge(call())

    async def ask() -> Any:
        return judge(await call())

    return ask


def _by_report(report: Any) -> Verdict:
    return Verdict(level=report.level, detail=str(report))


def _by_answer(answer: Any) -> Any:
    # An awaitable is no answer: the judge of all checks says what to do about it.
    return answer if answer is False or hasattr(answer, "__await__") else Verdict(level=Level.HEALTHY)
