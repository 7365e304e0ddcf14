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
    """The label of a chain, as its records carry it: a record must not keep a policy alive."""

    __slots__ = ("buffer", "kind", "name")

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.buffer: Buffer = NOWHERE


class Buffer(Protocol):
    """Where the calls under one label are noted, without a lock, until somebody folds it; those that end before `until`."""

    until: float
    times: deque[float]
    """How long each call took that returned."""
    problems: deque[tuple[float, Any]]
    """The same of each that raised, and what `failed` made of its error."""


class Nowhere:
    """A buffer that keeps nothing, and that every call finds at its end."""

    __slots__ = ("problems", "times", "until")

    def __init__(self) -> None:
        self.until = float("-inf")
        self.times: deque[float] = deque(maxlen=0)
        self.problems: deque[tuple[float, Any]] = deque(maxlen=0)


NOWHERE = Nowhere()
MOST_NOTES = 128
"""So many notes of one label, and they are to be folded: few enough that thousands of labels stay small."""


class Recorder(Protocol):
    """Keeps a note of every call. Its functions run in the thread or task of the call; they must not raise."""

    def now(self) -> float: ...
    def buffer(self, tag: Tag, ended: float) -> Any:
        """The buffer for a call that ended then, which `tag` remembers until the buffer's `until`."""
        ...

    def failed(self, policy: Policy[Any], error: BaseException) -> Any: ...
    def fold(self, buffer: Any) -> None: ...


Ended = Callable[[BaseException | None], None]


class Tracer(Protocol):
    """Follows every call, in its thread or task and its context; must not raise."""

    def begun(self, seat: Seat) -> Ended:
        """A call begins; gives a function that is told how it ended.

        Without a scope around the call (`_deadline.SCOPE`) its retry may take a short way, and nobody hears of its first
        attempt: who wants to sets one.
        """
        ...

    def attempted(self, retry: str, attempt: int) -> None:
        """The retry of that label begins this attempt."""
        ...

    def raced(self, hedge: str, attempt: int) -> Ended:
        """The hedge of that label begins this attempt, in a context of its own; gives what is told how it ended."""
        ...


class Nobody:
    """In the place of a recorder while there are tracers only."""

    __slots__ = ()

    def now(self) -> float:
        """No matter."""
        return 0.0

    def buffer(self, tag: Tag, ended: float) -> Nowhere:
        """Not kept."""
        return NOWHERE

    def failed(self, policy: Policy[Any], error: BaseException) -> None:
        """Not kept."""

    def fold(self, buffer: Any) -> None:
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
    """Take the seat away again, from a chain that is a part of another; from what is behind it, if this is a front."""
    cells = dict(zip(run.__code__.co_freevars, run.__closure__, strict=True))
    if "run_" in cells:
        unseated(cells["run_"].cell_contents)
    else:
        cells["seat"].cell_contents = None
    return run


def attempted(retry: str, attempt: int) -> None:
    """Tell the tracers that an attempt begins."""
    for tracer in tracers:
        tracer.attempted(retry, attempt)


def raced(hedge: str, attempt: int) -> tuple[Ended, ...]:
    """The same for an attempt of a hedge; what is to be told how it ended."""
    return tuple([tracer.raced(hedge, attempt) for tracer in tracers])


def note_problem(here: Recorder, seat: Seat, begun: float, error: BaseException) -> None:
    """The call raised."""
    ended = here.now()
    buffer = seat.tag.buffer
    if ended >= buffer.until:
        buffer = here.buffer(seat.tag, ended)
    buffer.problems.append((ended - begun, here.failed(seat.policy, error)))
    if len(buffer.problems) >= MOST_NOTES:
        here.fold(buffer)


def watch(seat: Seat, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    call = seat.twin or seat.taken()
    here = recorder
    ends = tuple([tracer.begun(seat) for tracer in tracers]) if tracers else ()
    begun = here.now()
    try:
        value = call(*args, **kwargs) if kwargs else call(*args)
    except BaseException as error:
        note_problem(here, seat, begun, error)
        for end in ends:
            end(error)
        raise
    ended = here.now()
    buffer = seat.tag.buffer
    if ended >= buffer.until:
        buffer = here.buffer(seat.tag, ended)
    buffer.times.append(ended - begun)
    if len(buffer.times) >= MOST_NOTES:
        here.fold(buffer)
    if ends:
        for end in ends:
            end(None)
    return value


async def awatch(seat: Seat, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    call = seat.twin or seat.taken()
    here = recorder
    ends = tuple([tracer.begun(seat) for tracer in tracers]) if tracers else ()
    begun = here.now()
    try:
        value = await call(*args, **kwargs) if kwargs else await call(*args)
    except BaseException as error:
        note_problem(here, seat, begun, error)
        for end in ends:
            end(error)
        raise
    ended = here.now()
    buffer = seat.tag.buffer
    if ended >= buffer.until:
        buffer = here.buffer(seat.tag, ended)
    buffer.times.append(ended - begun)
    if len(buffer.times) >= MOST_NOTES:
        here.fold(buffer)
    if ends:
        for end in ends:
            end(None)
    return value
