"""The base class of every policy: decorator, `call`, `acall`, label, clock, listeners.

Rules: `name` never changes. The clock and the source of chance are settled by the first pipeline that gives one; the
listeners are a tuple that is replaced, never changed in place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import update_wrapper
from typing import Any, ClassVar, Generic, NoReturn, ParamSpec, Self, TypeVar, overload
from weakref import WeakKeyDictionary, ref

from . import _options
from ._awaitable import Vet, finish
from ._callable import ASYNC, ASYNC_GENERATOR, GENERATOR, SYNC, checked_callable, form_of, name_of
from ._chance import Chance, chance
from ._clock import Clock
from ._drive import PAIR, adrive, drive, named
from ._front import fronted
from ._gate import Gate
from ._generate import agenerate, generate
from ._guarded import Guarded
from ._listeners import HUB, Listener, Subscription, checked_listener, tell, without
from ._names import NAMED, register
from ._pages import see
from ._record import Record
from ._watch import seated
from ._world import SYSTEM_CLOCK
from ._worst import WorstCase
from .events import Event

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Also = TypeVar("Also", covariant=True)
OFFERS = "__resilience_offers__"
"""What a link adds to the decorated function, carried outwards along the chain."""
_FUNCTION = type(lambda: None)


class PolicySnapshot(Record):
    """What is told of a policy that says nothing of its own."""

    name: str


class Policy(Gate, Generic[Also]):
    """What all policies share; not to be made by itself. `Also` is what a call may give besides its own type.

    Safe to share between threads, tasks and event loops. A decorated function has `.policy` and `__wrapped__`.
    """

    __slots__ = ("__weakref__", "_clock", "_clock_given", "_links", "_listeners", "_now", "_random", "name")
    kind: ClassVar[str] = "policy"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for verb in ("admit", "succeeded", "failed"):
            if form_of(getattr(cls, verb)) != SYNC:  # its answer would be no verdict, and let every call pass
                raise TypeError(
                    f"{cls.__qualname__}.{verb}: must be a plain function, without async and yield, for nobody awaits or "
                    "iterates it; what has to wait belongs into the guarded function (docs/write-a-policy.md)"
                )

    def __init__(self, name: str | None = None, *, clock: Clock | None = None, random: Chance | None = None) -> None:
        self._clock_given = clock is not None
        self._clock: Clock = SYSTEM_CLOCK if clock is None else checked_clock(clock)
        self._now = self._clock.now
        self._random: Chance = chance if random is None else _options.logic("random", random)
        self._listeners: tuple[tuple[Listener, tuple[type, ...]], ...] = ()
        self._links: WeakKeyDictionary[Any, Callable[..., Any]] | None = None
        self.name = register(self, _options.label("name", name) or self.kind)

    @property
    def clock(self) -> Clock:
        """The clock that rules this policy."""
        return self._clock

    def adopt(self, clock: Clock | None, random: Chance | None) -> None:
        """Take the clock and the chance of the pipeline that this policy is put into."""
        if clock is not None and clock is not self._clock:
            if self._clock_given and self._clock is not SYSTEM_CLOCK:
                raise ValueError(
                    f"clock={clock!r}: {self.name} already runs on {self._clock!r}; give each pipeline policies of its own "
                    "(docs/policies/pipeline.md)"
                )
            self._clock, self._now, self._clock_given = clock, clock.now, True
        if random is not None:
            self._random = random

    @classmethod
    def named(cls, name: str, **options: Any) -> Self:
        """The one instance of this name: made at the first call with these options, given back at every other.

        Raises:
            ValueError: it exists with other options.
        """
        made: Self = NAMED.get_or_make(cls, name, options)
        return made

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def describe(self) -> str:
        """What it does, on one line."""
        return repr(self).strip("<>")

    def worst_case(self, inner: WorstCase) -> WorstCase:
        """What it makes of the worst that it guards: more calls, more time, or less."""
        return inner

    def parts(self) -> tuple[Policy[Any], ...]:
        """The policies it is made of, outermost first: itself, or those of a pipeline."""
        return (self,)

    def snapshot(self) -> Record:
        """The state of this policy as a frozen record; of one that says nothing of its own, its name."""
        return PolicySnapshot(name=self.name)

    def _steady(self) -> tuple[int, ...] | None:
        """Figures, taken without a lock, that stay equal as long as `snapshot()` does; `None` where only that can tell."""
        return None

    def reset_after_fork(self) -> None:
        """Forget what belongs to threads of the parent process."""

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{self.name}: a policy cannot be pickled or copied, for its state is live and shared; make one in each "
            f"process, e.g. with CircuitBreaker.named(), or pass on what dump() gives{see(type(self))}"
        )

    def listen(self, listener: Listener, *event_types: type) -> Subscription:
        """Hear the events of this policy, or only those of some classes; see `resilience.listen`."""
        entry = checked_listener(listener, event_types)
        self._listeners = (*self._listeners, entry)

        def end() -> None:
            self._listeners = without(self._listeners, entry)

        return Subscription(end)

    def heard(self) -> bool:
        """Does anybody listen?"""
        return bool(self._listeners or HUB.listeners)

    def tell(self, kind: type[Event], **fields: Any) -> None:
        """Build and tell an event, if anybody listens to its class; never under a lock."""
        if self._listeners or HUB.wants(kind):
            event = kind(policy=self.name, at=self._now(), **fields)
            tell(self._listeners, event)
            tell(HUB.listeners, event)

    def link(self, inner: Callable[..., Any], form: str, function: Callable[..., Any], vet: Vet | None) -> Any:
        """One link of a chain: this policy around `inner`, for `function`."""
        return self.drive(self.bind(function), inner, form, vet)

    def drive(self, gate: Gate, inner: Callable[..., Any], form: str, vet: Vet | None) -> Any:
        """A gate around `inner`, driven in the way of that form."""
        driver: Any = {SYNC: drive, ASYNC: adrive, GENERATOR: generate, ASYNC_GENERATOR: agenerate}[form]
        run = driver(gate, inner, self._clock) if vet is None else driver(gate, inner, self._clock, vet)
        name = self.kind.replace("-", "_")
        if form in (SYNC, ASYNC):
            return named(run, name)
        run.__code__ = run.__code__.replace(co_name=name)
        return run

    def chain(
        self, function: Callable[..., Any], form: str, inner: Callable[..., Any] | None = None
    ) -> Callable[..., Any]:
        """The whole chain around `function`, or around `inner` that stands for it."""
        if form in (GENERATOR, ASYNC_GENERATOR):
            self.check_generator(function)
        run: Callable[..., Any] = self.link(inner or function, form, function, finish if form == SYNC else None)
        seated(run, self)
        return run

    def check_generator(self, function: Callable[..., Any]) -> None:
        """Raise a `TypeError` if this policy cannot guard a generator."""
        article = "an" if self.kind[0] in "aeiou" else "a"
        raise TypeError(
            f"{self.name}: {article} {self.kind} cannot guard the generator {name_of(function)}, whose work happens while "
            f"it is iterated; guard the function that consumes it, or one that returns a list{see(type(self))}"
        )

    @overload
    def __call__(  # type: ignore[overload-overlap] # a descriptor is the more precise case
        self, function: staticmethod[P, R], /
    ) -> staticmethod[P, R]: ...
    @overload
    def __call__(self, function: classmethod[T, P, R], /) -> classmethod[T, P, R]: ...
    @overload
    def __call__(
        self, function: Callable[P, Coroutine[Any, Any, R]], /
    ) -> Guarded[P, Coroutine[Any, Any, R | Also]]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Guarded[P, R | Also]: ...
    def __call__(self, function: Any, /) -> Any:
        """Guard a function: plain, coroutine, `partial`, callable object, method; generators where it makes sense."""
        if isinstance(function, (staticmethod, classmethod)):
            return type(function)(self(function.__func__))
        checked_callable(function, self.name)
        form = form_of(function)
        run: Any = fronted(self.chain(function, form), function, form)
        vars(run).pop(PAIR, None)  # a function that is guarded again is called as it is, by its own signature
        dressed = self.dress(update_wrapper(run, function), function)
        around = getattr(type(function), "around", None)
        return dressed if around is None else around(function, dressed)

    def dress(self, run: Any, function: Callable[..., Any]) -> Any:
        """What the decorated function carries."""
        run.__wrapped__ = function
        run.policy = self
        run.__dict__.update(run.__dict__.pop(OFFERS, {}))
        return run

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R | Also:
        """Call a plain function under this policy.

        Raises:
            TypeError: for a coroutine function (use `acall`) or a generator.
        """
        result: R | Also = self._chain_of(function, SYNC)(*args, **kwargs)
        return result

    async def acall(self, function: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R | Also:
        """Call a coroutine function under this policy, in asyncio or trio.

        Raises:
            TypeError: for a plain function (use `call`).
        """
        result: R | Also = await self._chain_of(function, ASYNC)(*args, **kwargs)
        return result

    def _chain_of(self, function: Callable[..., Any], form: str) -> Callable[..., Any]:
        links = self._links
        if links is None:
            links = self._links = WeakKeyDictionary()
        try:
            found = links.get(function)
        except TypeError:  # unhashable, or without weak references: built each time
            return self._checked_chain(function, form)
        if found is None or form_of(found) != form:
            if type(function) is not _FUNCTION:
                return self._checked_chain(function, form)
            found = links[function] = self._checked_chain(function, form, weakly(function, form))
        return found

    def _checked_chain(
        self, function: Callable[..., Any], form: str, inner: Callable[..., Any] | None = None
    ) -> Callable[..., Any]:
        if not callable(function):
            raise TypeError(
                f"{self.name}: {function!r} is no function; pass the function, then its arguments{see(type(self))}"
            )
        actual = form_of(function)
        if actual != form:
            right = {SYNC: ".call()", ASYNC: ".acall()"}.get(actual, "the policy as a decorator")
            raise TypeError(f"{self.name}: {name_of(function)} is {actual}; use {right} for it{see(type(self))}")
        return self.chain(function, form, inner)


def weakly(function: Callable[..., Any], form: str) -> Callable[..., Any]:
    """Stands for a function without keeping it alive; its caller does while it is called."""
    reference = ref(function)
    if form == ASYNC:

        async def acalled(*args: Any, **kwargs: Any) -> Any:
            target: Any = reference()
            return await target(*args, **kwargs)

        return acalled

    def called(*args: Any, **kwargs: Any) -> Any:
        target: Any = reference()
        return target(*args, **kwargs)

    return called


def checked_clock(clock: Any) -> Clock:
    """A clock, or at least something with its verbs."""
    missing = [verb for verb in ("now", "sleep", "asleep", "call_at") if not callable(getattr(clock, verb, None))]
    if missing:
        raise TypeError(
            f"clock={clock!r}: must have now, sleep, asleep and call_at; it lacks {', '.join(missing)} (docs/testing.md)"
        )
    result: Clock = clock
    return result
