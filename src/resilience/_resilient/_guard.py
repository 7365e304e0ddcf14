"""The guard that `resilient(...)` makes: layers in a fixed order, which settings switch on and tune while it lives.

Rules: `pipeline` is one reference, replaced when layers come or go; every guarded function goes through a `_Link` that
holds its present chain, replaced at the same time. Both are written under the lock of the settings' reload only. Layers
that went are kept, so that what they counted is there when they come back. A generator that was guarded before a layer
comes that cannot guard it goes on without that layer.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet, ref

from .._awaitable import Vet
from .._callable import ASYNC, ASYNC_GENERATOR, GENERATOR
from .._chance import Chance
from .._clock import Clock
from .._gate import Gate
from .._outcome import FAILURES
from .._pipeline import Pipeline, PipelineSnapshot
from .._policy import OFFERS, Policy
from .._registry import Service
from .._watch import seated
from ..policies.fallback import Fallback
from ..policies.retry import Retry
from ..policies.timeout import Timeout
from ._plan import Plan, plan_of
from ._said import Said
from ._shared import shared

if TYPE_CHECKING:
    from ..config import ServiceSettings
    from ..policies.cache import Cache

Also = TypeVar("Also", covariant=True)
_ORDER = ("fallback", "cache", "total", "retry", "breaker", "rate_limit", "bulkhead", "attempt")
_GENERATORS = (GENERATOR, ASYNC_GENERATOR)
_OPEN = Gate()
_OF_GENERATORS = frozenset(("circuit-breaker", "rate-limiter", "bulkhead"))


class Resilient(Policy[Also]):
    """The layers of one service around functions; made by `resilient(...)`, and itself a policy.

    Outermost first: fallback, cache, total timeout, retry, breaker, rate limiter, bulkhead, attempt timeout; those that
    are on.
    """

    __slots__ = ("_layers", "_links_made", "_said", "_service", "_standby", "pipeline")
    kind = "resilient"

    def __init__(self, service: Service, said: Said, settings: ServiceSettings) -> None:
        plan = plan_of(said, settings, service.asked)
        super().__init__(f"{service.name}.resilient")
        self._service = service
        self._said = said
        self._standby = _Standby()
        self._layers: dict[str, Policy[Any]] = {"breaker": service.breaker}
        self._links_made: WeakSet[_Link] = WeakSet()
        self.pipeline: Pipeline[Any] = Pipeline(*self._planned(plan), name=self._label("pipeline"))
        service.members.add(self)

    def _label(self, layer: str) -> str:
        return f"{self._service.name}.{layer}"

    # What settings change

    def plan(self, settings: ServiceSettings) -> Plan:
        """What these settings mean here."""
        return plan_of(self._said, settings, self._service.asked)

    def follow(self, plan: Plan) -> None:
        """Tune every layer; where layers come or go, build the chains anew."""
        layers = self._planned(plan)
        if layers != list(self.pipeline.policies):
            clock = self._clock if self._clock_given else None
            self.pipeline = Pipeline(*layers, name=self._label("pipeline"), clock=clock)
            for link in list(self._links_made):
                link.chain = link.build()

    def _planned(self, plan: Plan) -> list[Policy[Any]]:
        chosen: dict[str, Policy[Any] | None] = {
            "fallback": self._fallback(plan),
            "cache": None if plan.cache is None else self._cache(plan.cache),
            "total": None if plan.total is None else self._timeout("total", plan.total),
            "retry": None if plan.retry is None else self._retry(*plan.retry),
            "breaker": self._service.breaker,
            "rate_limit": None if plan.rate_limit is None else shared(self._service, "rate_limit", plan.rate_limit),
            "bulkhead": None if plan.bulkhead is None else shared(self._service, "bulkhead", plan.bulkhead),
            "attempt": None if plan.attempt is None else self._timeout("attempt", plan.attempt),
        }
        return [policy for layer in _ORDER if (policy := chosen[layer]) is not None]

    def _fallback(self, plan: Plan) -> Fallback[Any] | None:
        if plan.fallback is None:
            return self._said.fallback
        (self._standby.value,) = plan.fallback
        made = self._layers.get("fallback")
        if not isinstance(made, Fallback):
            made = self._layers["fallback"] = Fallback(factory=self._standby.copy, name=self._label("fallback"))
        return made

    def _cache(self, numbers: dict[str, Any]) -> Cache:
        from ..policies.cache import Cache

        made = self._layers.get("cache") or self._said.cache
        if not isinstance(made, Cache):
            made = Cache(self._label("cache"), **numbers)
        made.retune(**numbers)
        self._layers["cache"] = made
        return made

    def _retry(self, attempts: int, backoff: Any) -> Retry:
        made = self._layers.get("retry")
        if not isinstance(made, Retry):
            on = FAILURES if self._said.on is None else self._said.on
            budget, name = self._service.budget, self._label("retry")
            self._layers["retry"] = made = Retry(attempts, on=on, backoff=backoff, budget=budget, name=name)
        made.attempts, made.backoff = attempts, backoff
        return made

    def _timeout(self, layer: str, seconds: float) -> Timeout:
        made = self._layers.get(layer) or (self._said.timeout if layer == "attempt" else None)
        if not isinstance(made, Timeout):
            made = Timeout(seconds, name=self._label(f"{layer}-timeout"))
        made.seconds = seconds
        self._layers[layer] = made
        return made

    # The chain

    def adopt(self, clock: Clock | None, random: Chance | None) -> None:
        super().adopt(clock, random)
        self.pipeline.adopt(clock, random)

    def link(self, inner: Callable[..., Any], form: str, function: Callable[..., Any], vet: Vet | None) -> Any:
        # Where something stands for the function, its caller keeps it alive, and we must not.
        held = _weakly(function) if inner is not function else lambda: function
        build = partial(self._chain_around, inner, form, held, vet)
        link = _Link(build)
        self._links_made.add(link)
        if form in _GENERATORS:
            return self.drive(_OPEN, _calling(link), form, vet)  # a generator function, as its callers expect
        run = _acalling(link) if form == ASYNC else _calling(link)
        setattr(run, OFFERS, getattr(link.chain, OFFERS, {}))
        return run

    def _chain_around(self, inner: Callable[..., Any], form: str, held: Callable[[], Any], vet: Vet | None) -> Any:
        function = held()
        if function is None:
            return None
        if form not in _GENERATORS:
            chain = self.pipeline.link(inner, form, function, vet)
            seated(chain, self)
            return chain
        for policy in reversed(self.pipeline.policies):
            if policy.kind in _OF_GENERATORS:
                inner = policy.link(inner, form, function, vet)
        return inner

    def check_generator(self, function: Callable[..., Any]) -> None:
        self.pipeline.check_generator(function)

    def dress(self, run: Any, function: Callable[..., Any]) -> Any:
        return super().dress(self.pipeline.dress(run, function), function)

    # What users ask

    def parts(self) -> tuple[Policy[Any], ...]:
        return self.pipeline.parts()

    def describe(self) -> str:
        """The layers, one a line, outermost first."""
        return self.pipeline.describe()

    def snapshot(self) -> PipelineSnapshot:
        return self.pipeline.snapshot().replace(name=self.name)

    def __repr__(self) -> str:
        return f"<Resilient {self._service.name!r} {' > '.join(policy.name for policy in self.pipeline.policies)}>"


class _Standby:
    """The value that the settings name for a fallback."""

    value: Any

    __slots__ = ("value",)

    def copy(self) -> Any:
        """A copy each time: what one caller does to it is not the next one's."""
        return deepcopy(self.value)


class _Link:
    """The present chain around one function."""

    __slots__ = ("__weakref__", "build", "chain")

    def __init__(self, build: Callable[[], Callable[..., Any]]) -> None:
        self.build = build
        self.chain = build()


def _weakly(function: Callable[..., Any]) -> Callable[[], Any]:
    try:
        return ref(function)
    except TypeError:
        return lambda: function


def _calling(link: _Link) -> Callable[..., Any]:
    def resilient(*args: Any, **kwargs: Any) -> Any:
        return link.chain(*args, **kwargs)

    return resilient


def _acalling(link: _Link) -> Callable[..., Any]:
    async def resilient(*args: Any, **kwargs: Any) -> Any:
        return await link.chain(*args, **kwargs)

    return resilient
