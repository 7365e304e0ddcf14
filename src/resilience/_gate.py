"""Gates and verdicts: what a policy decides, apart from who acts on it.

A gate never blocks, sleeps, awaits or loops over calls; it answers three questions (`admit`, `succeeded`, `failed`) and
a driver obeys. `None` means "nothing to say". A permit is anything that is no verdict; it carries the call's private
memory from `admit` to `succeeded` or `failed`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Protocol

    from ._flight import Flight
    from ._ticket import Ticket

    class Standing(Protocol):
        """A permit that stands for all calls for a while, read without a lock and before each call.

        Attributes:
            admission: what `admit` would give just now, or `None`: ask it.
            calm: that permit while `succeeded` would change nothing, or `None`.
        """

        admission: Any
        calm: Any


class Verdict:
    """The base of what a gate may answer; the driver asks for it once, by class."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        VERDICTS.add(cls)


VERDICTS: set[type] = {Verdict}
"""Every class of verdict: a look-up here costs a call half of what `isinstance` does."""


class Answer(Verdict):
    """The call is over: this is its value."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Park(Verdict):
    """Wait until the ticket is granted, then redeem it."""

    __slots__ = ("ticket",)

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket


class Lead(Verdict):
    """Run the load of this flight, for all who wait for it."""

    __slots__ = ("flight",)

    def __init__(self, flight: Flight) -> None:
        self.flight = flight


class Stale(Verdict):
    """Answer with the old value at once; run the load of this flight in the background."""

    __slots__ = ("flight", "value")

    def __init__(self, value: Any, flight: Flight) -> None:
        self.value = value
        self.flight = flight


class Again(Verdict):
    """Call once more after so many seconds."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def superseded(self) -> Any:
        """Before the sleep: let go of the outcome that nobody will see; an awaitable is awaited where one can."""

    def resume(self) -> Any:
        """After the sleep: the permit of the next attempt."""

    def attempt(self) -> int:
        """The number of the next attempt."""
        return 1


class Instead(Verdict):
    """Call this function for the value; in an async call it may give an awaitable."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function = function
        self.arguments = arguments

    def run(self) -> Any:
        """Call it, once. The arguments are let go: one is the error, whose traceback holds who holds this verdict."""
        arguments, self.arguments = self.arguments, ()
        return self.function(*arguments)


class Verbs:
    """What a gate answers with at the first attempt; `None` for what it has nothing to say to.

    `quick` stands in for `admit` where no deadline and no outer attempt surrounds the call: without arguments, it gives
    a permit, or `None` to have `admit` asked, never a verdict, and may be a C function.
    `standing` holds a permit that any call may take without asking, for reading it costs a tenth of asking.
    """

    __slots__ = ("admit", "failed", "quick", "standing", "succeeded")

    def __init__(
        self,
        admit: Callable[[tuple[Any, ...], dict[str, Any]], Any] | None,
        succeeded: Callable[[Any, Any], Verdict | None] | None,
        failed: Callable[[Any, BaseException, int], Verdict | None] | None,
        quick: Callable[[], Any] | None = None,
        standing: Standing | None = None,
    ) -> None:
        self.admit = admit
        self.succeeded = succeeded
        self.failed = failed
        self.quick = quick
        self.standing = standing


class Gate:
    """The base of all gates. A verb that a subclass leaves alone costs nothing: the chain is built without it."""

    __slots__ = ()

    def bind(self, function: Callable[..., Any]) -> Gate:
        """The gate that belongs to this function, once, at decoration; it must not keep the function alive."""
        return self

    def admit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Before the call: a permit, a verdict, or it raises."""

    def succeeded(self, permit: Any, value: Any) -> Verdict | None:
        """The call returned."""

    def failed(self, permit: Any, error: BaseException, attempt: int) -> Verdict | None:
        """The call raised; every `BaseException` is heard, a verdict is obeyed only for an `Exception`."""

    def verbs(self) -> Verbs:
        """The three verbs for the first attempt, `None` for each that it has left at the base class's no-op."""
        kind = type(self)
        return Verbs(
            None if kind.admit is Gate.admit else self.admit,
            None if kind.succeeded is Gate.succeeded else self.succeeded,
            None if kind.failed is Gate.failed else self.failed,
        )
