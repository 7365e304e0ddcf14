"""The drivers of plans: calls that run under a clock rather than behind a gate.

A plan is pure arithmetic: `begin()` gives the scope to run under (or `None` when an outer one that is enforced ends
sooner), `expired()` the error, `late()` hears of a call that came back after its time, `abandoned()` of a thread that
runs on. `bounded` is cooperative, `abounded` uses the world's own cancel scopes, `_threaded.py` leaves a thread behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ._clock import Clock
from ._deadline import Expired, Scope, reset_scope, set_scope
from ._watch import Seat, awatch, watch
from ._world import SYSTEM_CLOCK, async_world

Call = Callable[..., Any]
astray = passing = False
"""As in `_drive.py`."""


class Plan(Protocol):
    """What a timeout decides. It gets back the very scope that it gave."""

    def begin(self, *, within: bool) -> Scope | None: ...
    def expired(self, scope: Any) -> Exception: ...
    def late(self, scope: Any) -> None: ...
    def abandoned(self, running: int) -> None: ...


def bounded(plan: Plan, inner: Call, seat: Seat | None = None) -> Call:
    def run(*args: Any, **kwargs: Any) -> Any:
        if astray:
            if passing:
                return inner(*args, **kwargs)
            if seat is not None:
                return watch(seat, args, kwargs)
        scope = plan.begin(within=False)
        if scope is None:
            return inner(*args, **kwargs)
        token = set_scope(scope)
        try:
            value = inner(*args, **kwargs)
        finally:
            reset_scope(token)
        if scope.now() > scope.due:
            plan.late(scope)
        return value

    return run


def abounded(plan: Plan, inner: Call, clock: Clock, seat: Seat | None = None) -> Call:
    timer = None if clock is SYSTEM_CLOCK else clock

    async def run(*args: Any, **kwargs: Any) -> Any:
        if astray:
            if passing:
                return await inner(*args, **kwargs)
            if seat is not None:
                return await awatch(seat, args, kwargs)
        scope = plan.begin(within=False)
        if scope is None:
            return await inner(*args, **kwargs)
        token = set_scope(scope)
        try:
            return await async_world().bounded(inner, args, kwargs, scope, timer)
        except Expired:
            raise plan.expired(scope) from None
        finally:
            reset_scope(token)

    return run
