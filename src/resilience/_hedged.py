"""The drivers of hedges: attempts in tasks or threads of their own, and the wait for the first that will do.

The sync program and its async twin are one text but for `await`; a test compares their syntax trees, so they carry no
docstrings of their own. What differs is how an attempt is launched, cancelled and waited for: `_Threads`, `_Tasks`.
A plan gives a race for each call, which decides; see `policies/_race.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Protocol

from . import _scope, _watch
from ._clock import Clock
from ._deadline import NO_SCOPE, SCOPE, Scope, current_scope
from ._options import INFINITY
from ._watch import Seat, awatch, watch
from ._world import SYSTEM_CLOCK, async_world, block
from .errors import BulkheadFullError

if TYPE_CHECKING:
    from ._threads import Threads

Call = Callable[..., Any]
Arguments = tuple[Any, ...]
Keywords = dict[str, Any]


class Race(Protocol):
    """One call, as the drivers see it; what a verb gives is to be closed."""

    over: bool

    @property
    def name(self) -> str: ...
    def launch(self) -> int | None: ...
    def refused(self, number: int, reason: str) -> None: ...
    def patience(self) -> float: ...
    def abandon(self) -> Any: ...
    def result(self) -> Any: ...
    def begins(self, number: int) -> bool: ...
    def returned(self, number: int, value: Any) -> Any: ...
    def raised(self, number: int, error: BaseException) -> Any: ...


class Plan(Protocol):
    """What a hedge decides."""

    def begin(self) -> Race: ...


def hedged(plan: Plan, inner: Call, clock: Clock, threads: Any, seat: Seat | None = None) -> Call:
    def run(*args: Any, **kwargs: Any) -> Any:
        if _scope.astray:
            if _scope.passing:
                return inner(*args, **kwargs)
            if seat is not None:
                return watch(seat, args, kwargs)
        race = plan.begin()
        attempts = _Threads(race, inner, args, kwargs, clock, threads)
        try:
            while not race.over:
                number = race.launch()
                if number is not None:
                    attempts.launch(number)
                elif not race.over:
                    attempts.wait(race.patience())
        except BaseException:
            attempts.close(race.abandon())
            raise
        finally:
            attempts.leave()
        return race.result()

    return run


def ahedged(plan: Plan, inner: Call, clock: Clock, threads: Any, seat: Seat | None = None) -> Call:
    async def run(*args: Any, **kwargs: Any) -> Any:
        if _scope.astray:
            if _scope.passing:
                return await inner(*args, **kwargs)
            if seat is not None:
                return await awatch(seat, args, kwargs)
        race = plan.begin()
        attempts = _Tasks(race, inner, args, kwargs, clock, threads)
        try:
            while not race.over:
                number = race.launch()
                if number is not None:
                    attempts.launch(number)
                elif not race.over:
                    await attempts.wait(race.patience())
        except BaseException:
            attempts.close(race.abandon())
            raise
        finally:
            attempts.leave()
        return race.result()

    return run


class _Threads:
    """Attempts in threads of a bounded pool. None can be ended: one that has lost finds its deadline passed."""

    __slots__ = ("_args", "_clock", "_done", "_inner", "_kwargs", "_race", "_threads")

    def __init__(
        self, race: Race, inner: Call, args: Arguments, kwargs: Keywords, clock: Clock, threads: Threads
    ) -> None:
        from threading import Event

        self._race, self._inner, self._args, self._kwargs = race, inner, args, kwargs
        self._clock = clock
        self._threads = threads
        self._done = Event()

    def launch(self, number: int) -> None:
        """Begin an attempt, the first one in this thread if there is no other; no thread, no hedge."""
        race = self._race
        context = copy_context()
        context.run(SCOPE.set, Lane(race, current_scope() or NO_SCOPE, number))

        def work() -> None:
            if not race.begins(number):
                return
            ends = _watch.raced(race.name, number) if _watch.tracers else ()
            try:
                value = self._inner(*self._args, **self._kwargs)
            except BaseException as error:
                for end in ends:
                    end(error)
                rest = race.raised(number, error)
            else:
                for end in ends:
                    end(None)
                rest = race.returned(number, value)
            self._done.set()
            self.close(rest)

        try:
            self._threads.submit(context, work)
        except BulkheadFullError:
            if number > 1:
                race.refused(number, "threads")
            else:
                context.run(work)

    def wait(self, seconds: float) -> None:
        """Until an attempt has ended, or so long."""
        block(self._done, seconds, self._clock)
        self._done.clear()

    def close(self, value: Any) -> None:
        """Close what nobody will use; its own troubles are nobody's."""
        close = getattr(value, "close", None)
        if callable(close):
            try:
                close()
            except Exception:  # noqa: S110 - nobody waits for it
                pass

    def leave(self) -> None:
        """Threads that have lost end by themselves."""


class _Tasks:
    """Attempts in tasks of their own, in asyncio or trio, that nobody awaits."""

    __slots__ = ("_args", "_cancels", "_clock", "_done", "_inner", "_kwargs", "_race", "_world")

    def __init__(self, race: Race, inner: Call, args: Arguments, kwargs: Keywords, clock: Clock, threads: None) -> None:
        self._race, self._inner, self._args, self._kwargs = race, inner, args, kwargs
        self._clock = clock
        self._world = async_world()
        self._done = self._world.event()
        self._cancels: list[Callable[[], object]] = []

    def launch(self, number: int) -> None:
        """Begin an attempt."""
        race, ended = self._race, (self._world.cancelled, GeneratorExit)
        context = copy_context()
        scope = current_scope()
        if scope is not None or number > 1:
            context.run(SCOPE.set, (scope or NO_SCOPE).at_attempt(number))

        async def work() -> None:
            if not race.begins(number):
                return
            ends = _watch.raced(race.name, number) if _watch.tracers else ()
            try:
                value = await self._inner(*self._args, **self._kwargs)
            except BaseException as error:
                for end in ends:
                    end(error)
                # A loser has no caller whom the end of the program could reach.
                passes = isinstance(error, (*ended, KeyboardInterrupt, SystemExit) if race.over else ended)
                rest = race.raised(number, error)
                self._done.set()
                if passes:
                    raise
            else:
                for end in ends:
                    end(None)
                rest = race.returned(number, value)
                self._done.set()
            self.close(rest)

        self._cancels.append(self._world.spawn(work, context))

    async def wait(self, seconds: float) -> None:
        """Until an attempt has ended, or so long."""
        if seconds == INFINITY:
            await self._done.wait()
        else:
            clock, wake = self._clock, self._done.set
            real = clock is SYSTEM_CLOCK  # which would ask anew what world this is
            cancel = self._world.call_later(seconds, wake) if real else clock.call_at(clock.now() + seconds, wake)
            try:
                await self._done.wait()
            finally:
                cancel()
        if not self._race.over:
            self._done.clear()

    def close(self, value: Any) -> None:
        """Close what nobody will use, in a task that no cancellation of an attempt reaches."""
        close = getattr(value, "aclose", None) or getattr(value, "close", None)
        if callable(close):
            self._world.spawn(lambda: _closed(close), Context())

    def leave(self) -> None:
        """Cancel the attempts that still run; they end in the background."""
        for cancel in self._cancels:
            cancel()


async def _closed(close: Callable[[], Any]) -> None:
    try:
        closing = close()
        if hasattr(type(closing), "__await__"):
            await closing
    except Exception:  # noqa: S110 - nobody waits for it
        pass


class Lane(Scope):
    """The scope of an attempt in a thread: once its race is over, its time is.

    So our own retries, waits and requests inside an attempt that has lost begin nothing more.
    """

    __slots__ = ("_race",)

    def __init__(self, race: Race, scope: Scope, attempt: int) -> None:
        super().__init__(scope.due, scope.now, scope.enforced, attempt)
        self._race = race

    def remaining(self) -> float:
        return -INFINITY if self._race.over else super().remaining()

    def at_attempt(self, attempt: int) -> Scope:
        return Lane(self._race, self, attempt)
