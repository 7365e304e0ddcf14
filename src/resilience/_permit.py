"""Two steps instead of a call: acquire a permit, settle it on leaving.

Rules: a permit is settled once; what comes later changes nothing. The permit is the context manager, not the policy:
that would need a stack for each task.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from . import _drive
from ._clock import Clock
from ._drive import asettle, settle
from ._gate import Verdict
from ._options import seconds
from ._outcome import UNSEEN
from .errors import ResilienceError


class Permit:
    """Leave to call, held until settled: by `with` or `async with`, or by one of the three verbs.

    Leaving without an error is a success, with one what the policy makes of it.
    """

    __slots__ = ("__weakref__", "_inner", "_policy", "settled")

    def __init__(self, policy: Acquirable, inner: Any) -> None:
        self._policy = policy
        self._inner = inner
        self.settled = False

    def __del__(self) -> None:
        if not self.settled:
            self._policy.forgotten(self._inner)

    def _take(self) -> bool:
        first, self.settled = not self.settled, True
        return first

    def success(self, value: Any = UNSEEN) -> None:
        """The work succeeded; a value is judged by `on_result`."""
        if self._take():
            self._policy.succeeded(self._inner, value)

    def failure(self, error: BaseException | None = None, *, open_for: Any = None) -> None:
        """The work failed. Given an error, the policy decides whether that counts; without one, it does.

        `open_for` (seconds): the callee asked to be left alone for so long.
        """
        asked = None if open_for is None else seconds("open_for", open_for)  # refused before the permit is spent
        if not self._take():
            return
        if error is not None and asked is None:
            self._policy.failed(self._inner, error, 1)
        else:
            self._policy.blamed(self._inner, error, asked)

    def release(self) -> None:
        """Give it back: neither success nor failure."""
        if self._take():
            self._policy.released(self._inner)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.success()
        else:
            self.failure(error)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)


class Acquirable:
    """Mixed into policies whose permit may be held apart from a call."""

    __slots__ = ()
    name: str

    @property
    def clock(self) -> Clock:
        raise NotImplementedError

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        raise NotImplementedError

    def succeeded(self, permit: Any, value: Any) -> Any:
        raise NotImplementedError

    def failed(self, permit: Any, error: BaseException, attempt: int) -> Any:
        raise NotImplementedError

    def blamed(self, permit: Any, error: BaseException | None, open_for: float | None) -> None:
        """It was a failure, whatever `on` says; here without a meaning of its own."""
        self.released(permit)

    def forgotten(self, permit: Any) -> None:
        """The permit was collected unsettled. Runs in a finalizer, so it must take no lock."""

    def released(self, permit: Any) -> None:
        """The permit comes back with neither success nor failure."""
        raise NotImplementedError

    def acquire(self) -> Permit:
        """A permit, in this thread: `with policy.acquire() as permit:`.

        Raises:
            RejectedError: refused.
        """
        if _drive.passing:
            return Permit(_NOBODY, None)
        inner = self.admit((), {})
        if isinstance(inner, Verdict):
            inner = settle(inner, _never, (), {}, self.clock)
        return Permit(self, inner)

    async def aacquire(self) -> Permit:
        """A permit, in this task: `async with await policy.aacquire() as permit:`."""
        if _drive.passing:
            return Permit(_NOBODY, None)
        inner = self.admit((), {})
        if isinstance(inner, Verdict):
            inner = await asettle(inner, _never, (), {}, self.clock)
        return Permit(self, inner)


class _Nobody(Acquirable):
    """Whose permits are those inside `resilience.testing.disabled()`."""

    __slots__ = ()

    def succeeded(self, permit: Any, value: Any) -> None:
        """It has no say."""

    def failed(self, permit: Any, error: BaseException, attempt: int) -> None:
        """It has no say."""

    def released(self, permit: Any) -> None:
        """It has no say."""


_NOBODY = _Nobody()


def _never(*args: Any, **kwargs: Any) -> Any:
    raise ResilienceError(
        "acquire() was told to lead a load, and has no function for it: .call() the function under this policy instead "
        "(docs/write-a-policy.md)"
    )
