"""The drivers: they alone act on what gates decide. Each sync program and its async twin are one text but for `await`.

A test compares their syntax trees, so they carry no docstrings of their own.

- `drive`, `adrive`: one link of a chain around `inner`, built once, at decoration.
- `settle`, `asettle`: admission said something rare: wait, lead a load, answer with the old value.
- `repeat`, `arepeat`: all attempts after the first.
- `conclude`, `aconclude`: the verdict ends the call; run inside the `except` block, so that no cycle of frame,
  traceback and error outlives it, and a failing fallback has its `__context__`.
- `seat` is set in the outermost link of a chain: where its calls are watched, see `_watch.py`.
- `vet` is given to the innermost link of a plain function: a result that is an awaitable must not pass for a success, of
  whichever attempt, and be stored by no cache. The class that passed last (`seen`) is not asked about again.

`failed` hears every `BaseException`, so that a cancelled probe or slot comes back; its verdict is obeyed only for an
`Exception`. No await lies between a permit and the `try` around the call.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from ._awaitable import Vet, afinish, finish, vetted
from ._background import alead, arefresh, lead, refresh
from ._clock import Clock
from ._deadline import NO_SCOPE, SCOPE, current_scope
from ._gate import VERDICTS, Again, Answer, Gate, Instead, Lead, Park, Stale, Verbs, Verdict
from ._watch import Seat, awatch, watch
from ._world import aattend, apause, attend, pause

Call = Callable[..., Any]
Arguments = tuple[Any, ...]
Keywords = dict[str, Any]
_VARARGS, _VARKEYWORDS = 0x04, 0x08
PAIR = "__resilience_pair__"
astray = False
"""Are calls to leave their usual way? One question for both reasons, so that it costs a call next to nothing."""
passing = False
"""On inside `resilience.testing.disabled()`: every call goes straight to its function."""


class Link:
    """What a link of a chain needs on its rare ways: in one object, for each name of a closure costs every call."""

    __slots__ = ("clock", "gate", "inner", "verbs")

    def __init__(self, gate: Gate, verbs: Verbs, inner: Call, clock: Clock) -> None:
        self.gate = gate
        self.verbs = verbs
        self.inner = inner
        self.clock = clock


def drive(gate: Gate, inner: Call, clock: Clock, vet: Vet | None = None, seat: Seat | None = None) -> Call:
    link = Link(gate, gate.verbs(), inner if vet is None else vetted(inner, vet), clock)
    admit, quick, standing, succeeded = link.verbs.admit, link.verbs.quick, link.verbs.standing, link.verbs.succeeded
    pair, seen = getattr(inner, PAIR, None), None

    def run(*args: Any, **kwargs: Any) -> Any:
        nonlocal seen
        if astray:
            if passing:
                return inner(*args, **kwargs)
            if seat is not None:
                return watch(seat, args, kwargs)
        if not (
            (quick is not None and current_scope() is None and (permit := quick()) is not None)
            or (standing is not None and (permit := standing.admission) is not None)
        ):
            permit = admit and admit(args, kwargs)
            if permit.__class__ in VERDICTS:
                if isinstance(permit, Answer):
                    return permit.value
                permit = settle(permit, link.inner, args, kwargs, link.clock)
                if isinstance(permit, Answer):
                    return permit.value
                if isinstance(permit, Again):
                    return repeat(link, permit, args, kwargs)
        try:
            if pair is not None:
                value = pair(args, kwargs)
            else:
                # An empty `**kwargs` would cost a dictionary.
                value = inner(*args, **kwargs) if kwargs else inner(*args)
                if vet is not None and value.__class__ is not seen:
                    vet(value)
                    seen = value.__class__
            if succeeded is None or (standing is not None and permit is standing.calm):
                return value
        except BaseException as error:
            if link.verbs.failed is None:
                raise
            verdict = link.verbs.failed(permit, error, 1)
            if verdict is None or not isinstance(error, Exception):
                raise
            if not isinstance(verdict, Again):
                return conclude(verdict)
        else:
            verdict = succeeded(permit, value)
            if verdict is None:
                return value
            if not isinstance(verdict, Again):
                return conclude(verdict)
        return repeat(link, verdict, args, kwargs)

    return run


def adrive(gate: Gate, inner: Call, clock: Clock, vet: Vet | None = None, seat: Seat | None = None) -> Call:
    link = Link(gate, gate.verbs(), inner if vet is None else vetted(inner, vet), clock)
    admit, quick, standing, succeeded = link.verbs.admit, link.verbs.quick, link.verbs.standing, link.verbs.succeeded
    pair, seen = getattr(inner, PAIR, None), None

    async def run(*args: Any, **kwargs: Any) -> Any:
        nonlocal seen
        if astray:
            if passing:
                return await inner(*args, **kwargs)
            if seat is not None:
                return await awatch(seat, args, kwargs)
        if not (
            (quick is not None and current_scope() is None and (permit := quick()) is not None)
            or (standing is not None and (permit := standing.admission) is not None)
        ):
            permit = admit and admit(args, kwargs)
            if permit.__class__ in VERDICTS:
                if isinstance(permit, Answer):
                    return permit.value
                permit = await asettle(permit, link.inner, args, kwargs, link.clock)
                if isinstance(permit, Answer):
                    return permit.value
                if isinstance(permit, Again):
                    return await arepeat(link, permit, args, kwargs)
        try:
            if pair is not None:
                value = await pair(args, kwargs)
            else:
                # An empty `**kwargs` would cost a dictionary.
                value = await inner(*args, **kwargs) if kwargs else await inner(*args)
                if vet is not None and value.__class__ is not seen:
                    vet(value)
                    seen = value.__class__
            if succeeded is None or (standing is not None and permit is standing.calm):
                return value
        except BaseException as error:
            if link.verbs.failed is None:
                raise
            verdict = link.verbs.failed(permit, error, 1)
            if verdict is None or not isinstance(error, Exception):
                raise
            if not isinstance(verdict, Again):
                return await aconclude(verdict)
        else:
            verdict = succeeded(permit, value)
            if verdict is None:
                return value
            if not isinstance(verdict, Again):
                return await aconclude(verdict)
        return await arepeat(link, verdict, args, kwargs)

    return run


def named(run: Any, name: str) -> Call:
    """`run` with the policy's name, for tracebacks, and code of its own, for inline caches of its own.

    With it goes its pair: the same code and cells, but taking `args` and `kwargs` as two plain arguments. A link outside
    calls that, and so packs nothing anew: a third of what a link costs. The two differ in the flags of the code only.
    """
    code = run.__code__ = run.__code__.replace(co_name=name)
    plain = code.replace(co_argcount=2, co_flags=code.co_flags & ~(_VARARGS | _VARKEYWORDS))
    setattr(run, PAIR, FunctionType(plain, run.__globals__, name, None, run.__closure__))
    linked: Call = run
    return linked


def settle(verdict: Any, inner: Call, args: Arguments, kwargs: Keywords, clock: Clock) -> Any:
    while isinstance(verdict, Verdict) and not isinstance(verdict, Answer | Again):
        if isinstance(verdict, Lead):
            verdict = lead(verdict.flight, inner, args, kwargs)
        elif isinstance(verdict, Stale):
            refresh(verdict.flight, inner, args, kwargs)
            verdict = Answer(verdict.value)
        elif isinstance(verdict, Park):
            verdict = attend(verdict.ticket, clock)
        else:
            raise TypeError(
                f"admit() said {verdict!r}; it may say Answer, Park, Lead, Stale or Again (docs/write-a-policy.md)"
            )
    return verdict


async def asettle(verdict: Any, inner: Call, args: Arguments, kwargs: Keywords, clock: Clock) -> Any:
    while isinstance(verdict, Verdict) and not isinstance(verdict, Answer | Again):
        if isinstance(verdict, Lead):
            verdict = await alead(verdict.flight, inner, args, kwargs)
        elif isinstance(verdict, Stale):
            await arefresh(verdict.flight, inner, args, kwargs)
            verdict = Answer(verdict.value)
        elif isinstance(verdict, Park):
            verdict = await aattend(verdict.ticket, clock)
        else:
            raise TypeError(
                f"admit() said {verdict!r}; it may say Answer, Park, Lead, Stale or Again (docs/write-a-policy.md)"
            )
    return verdict


def repeat(link: Link, verdict: Again, args: Arguments, kwargs: Keywords) -> Any:
    gate, inner = link.gate, link.inner
    token = SCOPE.set(current_scope())
    try:
        while True:
            finish(verdict.superseded())
            if verdict.seconds > 0:
                pause(link.clock, verdict.seconds, gate)
            permit, attempt = verdict.resume(), verdict.attempt()
            if isinstance(permit, Answer):
                return permit.value
            SCOPE.set((current_scope() or NO_SCOPE).at_attempt(attempt))
            try:
                value = inner(*args, **kwargs)
            except BaseException as error:
                answer = gate.failed(permit, error, attempt)
                if answer is None or not isinstance(error, Exception):
                    raise
                if not isinstance(answer, Again):
                    return conclude(answer)
            else:
                answer = gate.succeeded(permit, value)
                if answer is None:
                    return value
                if not isinstance(answer, Again):
                    return conclude(answer)
            verdict = answer
    finally:
        SCOPE.reset(token)


async def arepeat(link: Link, verdict: Again, args: Arguments, kwargs: Keywords) -> Any:
    gate, inner = link.gate, link.inner
    token = SCOPE.set(current_scope())
    try:
        while True:
            await afinish(verdict.superseded())
            if verdict.seconds > 0:
                await apause(link.clock, verdict.seconds, gate)
            permit, attempt = verdict.resume(), verdict.attempt()
            if isinstance(permit, Answer):
                return permit.value
            SCOPE.set((current_scope() or NO_SCOPE).at_attempt(attempt))
            try:
                value = await inner(*args, **kwargs)
            except BaseException as error:
                answer = gate.failed(permit, error, attempt)
                if answer is None or not isinstance(error, Exception):
                    raise
                if not isinstance(answer, Again):
                    return await aconclude(answer)
            else:
                answer = gate.succeeded(permit, value)
                if answer is None:
                    return value
                if not isinstance(answer, Again):
                    return await aconclude(answer)
            verdict = answer
    finally:
        SCOPE.reset(token)


def conclude(verdict: Verdict) -> Any:
    if isinstance(verdict, Answer):
        return verdict.value
    if isinstance(verdict, Instead):
        return finish(verdict.run())
    raise TypeError(
        f"a gate said {verdict!r} after the call; it may say Again, Answer or Instead (docs/write-a-policy.md)"
    )


async def aconclude(verdict: Verdict) -> Any:
    if isinstance(verdict, Answer):
        return verdict.value
    if isinstance(verdict, Instead):
        return await afinish(verdict.run())
    raise TypeError(
        f"a gate said {verdict!r} after the call; it may say Again, Answer or Instead (docs/write-a-policy.md)"
    )
