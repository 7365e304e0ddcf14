"""Loads: who runs them, in which world, and how they land.

Sync, the leader's thread is the work: it cannot be cancelled and never leaves. Async, the load is a task of its own,
without the leader's deadline (which would cut all others short), and the leader waits like everybody else. A refresh
behind a stale answer is a task too, or a job for a bounded pool of daemon threads; with no thread free the old value
is served on and a later call tries again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from . import _watch
from ._deadline import NO_SCOPE, SCOPE, Scope, current_scope
from ._flight import INSIDE, UNDER_WAY, Flight
from ._gate import Answer, Park
from ._world import async_world
from .errors import BulkheadFullError

Call = Callable[..., Any]


def lead(flight: Flight, inner: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:
    """Run the load in this thread; the answer for the leader, or what it raised."""
    token = INSIDE.set((*INSIDE.get(), flight))
    try:
        value = inner(*args, **kwargs)
    except Exception as error:
        if _out_of_time():
            return _out_of_time_alone(flight, error)
        rescued = flight.fail(error)
        if rescued is None:
            raise
        return Answer(flight.given(rescued.value))
    except BaseException:
        flight.abandon()
        raise
    finally:
        INSIDE.reset(token)
    flight.land(value)
    return Answer(flight.given(value))


def _out_of_time_alone(flight: Flight, error: Exception) -> Answer:
    """The leader's own deadline is nobody else's: the next waiter may have more time."""
    rescued = flight.rescue(error)
    flight.abandon()
    if rescued is None:
        raise error
    return Answer(flight.given(rescued.value))


def _out_of_time() -> bool:
    scope = current_scope()
    return scope is not None and scope.remaining() <= 0


async def alead(flight: Flight, inner: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Park:
    """Begin the load in a task of its own; the leader's place among the waiters."""
    place = flight.embark(INSIDE.get())
    _launch(flight, inner, args, kwargs)
    return place


def _launch(flight: Flight, inner: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    world = async_world()

    async def work() -> None:
        try:
            value = await inner(*args, **kwargs)
        except Exception as error:
            flight.fail(error)
        except BaseException as error:
            if isinstance(error, world.cancelled) and world.is_cancelled():
                flight.abandon()
                raise
            # Out of a task of its own it would reach nobody, or break trio's whole run.
            if not flight.interrupted(error):
                raise
        else:
            flight.land(value)

    context = copy_context()
    context.run(SCOPE.set, _unbounded())
    context.run(INSIDE.set, (*INSIDE.get(), flight))
    flight.alive = world.alive()
    cancel = world.spawn(work, context)
    flight.cancel = cancel if flight.state is UNDER_WAY else None  # an eager task may have landed it


def _unbounded() -> Scope | None:
    """No deadline. For tracers it is said aloud, so that no retry inside takes the short way past them."""
    return NO_SCOPE if _watch.tracers else None


def refresh(flight: Flight, inner: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Run the load in a daemon thread, if one is free."""

    def work() -> None:
        SCOPE.set(_unbounded())
        try:
            lead(flight, inner, args, kwargs)
        except Exception:  # noqa: S110 - the flight has told whom it concerns: a refresh has no caller
            pass

    from ._threads import REFRESHERS

    try:
        REFRESHERS.submit(copy_context(), work)
    except BulkheadFullError:
        flight.abandon()


async def arefresh(flight: Flight, inner: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Run the load in a task that nobody waits for."""
    _launch(flight, inner, args, kwargs)
    flight.cancel = None
