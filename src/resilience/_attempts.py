"""`for attempt in retry: with attempt: ...`, and the same with `async for`: a block repeated as a call would be.

Rules: an iteration belongs to one task. The `with` block reports how the attempt ended; the next step of the iteration
acts on the verdict.
"""

from __future__ import annotations

from contextvars import Token
from types import TracebackType
from typing import Self

from . import _drive
from ._awaitable import afinish, finish
from ._clock import Clock
from ._deadline import NO_SCOPE, SCOPE, Scope, current_scope
from ._gate import Again, Gate
from ._world import apause, pause


class Attempts:
    """The attempts of one block; each is this object again, with its `number`."""

    __slots__ = ("_clock", "_done", "_entered", "_gate", "_permit", "_token", "_verdict", "number")

    def __init__(self, gate: Gate, clock: Clock) -> None:
        self._gate = Gate() if _drive.passing else gate  # inside `resilience.testing.disabled()` the first is the last
        self._clock = clock
        self._done = False
        self._entered = True
        self._verdict: Again | None = None
        self._token: Token[Scope | None]
        self.number = 0

    def __iter__(self) -> Attempts:
        return self

    def __aiter__(self) -> Attempts:
        return self

    def __next__(self) -> Attempts:
        again = self._pending()
        if again is None:
            raise StopIteration
        finish(again.superseded())
        if again.seconds > 0:
            pause(self._clock, again.seconds, self._gate)
        return self._resume(again)

    async def __anext__(self) -> Attempts:
        again = self._pending()
        if again is None:
            raise StopAsyncIteration
        await afinish(again.superseded())
        if again.seconds > 0:
            await apause(self._clock, again.seconds, self._gate)
        return self._resume(again)

    def _pending(self) -> Again | None:
        """What the next step waits for; `None` at the end."""
        if not self._entered:
            raise RuntimeError(
                "an attempt was not used: write `for attempt in retry:` and inside it `with attempt:` "
                "(docs/policies/retry.md)"
            )
        if self._done:
            return None
        if self._verdict is None:
            permit = self._gate.admit((), {})
            self._verdict = permit if isinstance(permit, Again) else _First(permit)
        return self._verdict

    def _resume(self, again: Again) -> Attempts:
        self._permit, self.number = again.resume(), again.attempt()
        self._entered = False
        return self

    def __enter__(self) -> Self:
        self._entered = True
        self._token = SCOPE.set((current_scope() or NO_SCOPE).at_attempt(self.number))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        SCOPE.reset(self._token)
        self._done = True
        if error is None:
            self._gate.succeeded(self._permit, None)
            return False
        verdict = self._gate.failed(self._permit, error, self.number)
        if not isinstance(verdict, Again) or not isinstance(error, Exception):
            return False
        self._verdict, self._done = verdict, False
        return True


class _First(Again):
    """The first attempt: at once, with the permit of admission."""

    __slots__ = ("_permit",)

    def __init__(self, permit: object) -> None:
        super().__init__(0.0)
        self._permit = permit

    def resume(self) -> object:
        return self._permit
