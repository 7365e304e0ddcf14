"""Who watches whole calls: how long each took, and how it ended. Nobody, unless `resilience.telemetry` is on.

Rules: `recorder` and `tracers` are replaced, never changed in place. The outermost link of each chain has a seat; while
calls are watched it comes here (`_switches.py` turns that on) and its twin, the same program without a seat, goes on. So a
function that was decorated long before is watched as well, and nobody pays while nobody watches.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ._policy import Policy

Call = Callable[..., Any]


class Tag:
    """The label of a chain, as its records carry it: a record must not keep a policy alive.

    `series` is the recorder's, which puts there what it counts under this label.
    """

    __slots__ = ("kind", "name", "series")

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.series: Any = None


Note = tuple[Tag, float, float, Any]
"""One call that ended: begun, ended, and `None`, or what `failed` made of its error."""
MOST_NOTES = 1024


class Recorder(Protocol):
    """Keeps a note of every call. A note goes into `notes`, without a lock; at `MOST_NOTES` they are to be folded.

    Its functions run in the thread or task of the call; they must not raise.
    """

    notes: deque[Note]

    def now(self) -> float: ...
    def failed(self, policy: Policy[Any], error: BaseException) -> Any: ...
    def fold(self) -> None: ...


Ended = Callable[[BaseException | None], None]


class Tracer(Protocol):
    """Follows every call, in its thread or task and its context; must not raise."""

    def begun(self, seat: Seat) -> Ended:
        """A call begins; gives a function that is told how it ended."""
        ...

    def resumed(self, retry: str, attempt: int) -> None:
        """The wait is over: the retry of that label begins this attempt."""
        ...


class Nobody:
    """In the place of a recorder while there are tracers only."""

    __slots__ = ("notes",)

    def __init__(self) -> None:
        self.notes: deque[Note] = deque(maxlen=0)

    def now(self) -> float:
        """No matter."""
        return 0.0

    def failed(self, policy: Policy[Any], error: BaseException) -> None:
        """Not kept."""

    def fold(self) -> None:
        """Nothing to fold."""


NOBODY: Recorder = Nobody()
recorder = NOBODY
tracers: tuple[Tracer, ...] = ()


class Seat:
    """Where the calls of one chain are watched.

    It holds what the chain is made of, never the chain itself: that would be a cycle, which only the collector ends.
    """

    __slots__ = ("_made_of", "policy", "tag", "twin")

    def __init__(self, policy: Policy[Any], run: Any) -> None:
        self.policy = policy
        cells = [
            _EMPTY if name == "seat" else cell
            for name, cell in zip(run.__code__.co_freevars, run.__closure__, strict=True)
        ]
        self._made_of = run.__code__, run.__globals__, tuple(cells)
        self.twin: Call | None = None
        self.tag: Tag

    def taken(self) -> Call:
        """The chain without this seat, and the tag; made when a call is first watched."""
        code, names, cells = self._made_of
        self.tag = Tag(self.policy.name, self.policy.kind)
        made = self.twin = FunctionType(code, names, code.co_name, None, cells)
        return made


def _cell(seat: None) -> Any:
    closure: Any = (lambda: seat).__closure__
    return closure[0]


_EMPTY = _cell(None)


def seated(run: Any, policy: Policy[Any]) -> None:
    """Give the outermost link of a chain its seat; what has no place for one (a generator's driver) goes without."""
    names = run.__code__.co_freevars
    if "seat" in names:
        run.__closure__[names.index("seat")].cell_contents = Seat(policy, run)


def unseated(run: Any) -> Any:
    """Take the seat away again, from a chain that is a part of another."""
    names = run.__code__.co_freevars
    run.__closure__[names.index("seat")].cell_contents = None
    return run


def resumed(retry: str, attempt: int) -> None:
    """Tell the tracers that an attempt begins."""
    for tracer in tracers:
        tracer.resumed(retry, attempt)


def watch(seat: Seat, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    call = seat.twin or seat.taken()
    here = recorder
    ends = tuple([tracer.begun(seat) for tracer in tracers]) if tracers else ()
    begun = here.now()
    try:
        value = call(*args, **kwargs)
    except BaseException as error:
        here.notes.append((seat.tag, begun, here.now(), here.failed(seat.policy, error)))
        if len(here.notes) >= MOST_NOTES:
            here.fold()
        for end in ends:
            end(error)
        raise
    here.notes.append((seat.tag, begun, here.now(), None))
    if len(here.notes) >= MOST_NOTES:
        here.fold()
    for end in ends:
        end(None)
    return value


async def awatch(seat: Seat, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    call = seat.twin or seat.taken()
    here = recorder
    ends = tuple([tracer.begun(seat) for tracer in tracers]) if tracers else ()
    begun = here.now()
    try:
        value = await call(*args, **kwargs)
    except BaseException as error:
        here.notes.append((seat.tag, begun, here.now(), here.failed(seat.policy, error)))
        if len(here.notes) >= MOST_NOTES:
            here.fold()
        for end in ends:
            end(error)
        raise
    here.notes.append((seat.tag, begun, here.now(), None))
    if len(here.notes) >= MOST_NOTES:
        here.fold()
    for end in ends:
        end(None)
    return value
