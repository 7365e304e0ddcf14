"""The services of this process: what all functions that are guarded under one name share.

Rules: `_services` is written under `_lock`; a service keeps its members weakly. Settings are applied under the lock of the
settings' own reload, in two steps: everything is planned, and may be refused, before anything changes.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

from ._names import NAMED, reset_in_child
from .policies.breaker import CircuitBreaker
from .policies.budget import RetryBudget

if TYPE_CHECKING:
    from .config import ServiceSettings, Settings


class Member(Protocol):
    """One guard of a service, made by one `resilient(...)`."""

    def plan(self, settings: ServiceSettings) -> Any:
        """What these settings mean for it; raises if they cannot be met."""
        ...

    def follow(self, plan: Any) -> None:
        """Change in place."""
        ...


class Service:
    """A name, with what its functions share: the breaker, the same as `CircuitBreaker.named(name)`, and a budget.

    `asked` and `shared`: what their code asks of the limiter and the bulkhead, and those that were made for it.
    """

    __slots__ = ("asked", "breaker", "budget", "members", "name", "shared")

    def __init__(self, name: str, breaker: CircuitBreaker) -> None:
        self.name = name
        self.breaker = breaker
        self.budget = RetryBudget()
        self.members: WeakSet[Any] = WeakSet()
        self.asked: dict[str, Any] = {}
        self.shared: dict[str, Any] = {}

    def plan(self, settings: ServiceSettings) -> dict[str, Any]:
        """The numbers of the breaker: the environment naming the service, else the code, else the settings.

        Raises:
            SettingsError: one of them cannot be met.
        """
        section, code = settings.circuit_breaker, NAMED.options(CircuitBreaker, self.name)
        numbers: dict[str, Any] = {}
        for option, field, value in (
            ("reset_timeout", "reset_timeout_ms", section.reset_timeout_ms / 1000),
            ("half_open_max_calls", "half_open_max_calls", section.half_open_max_calls),
        ):
            beats = settings.source(f"circuit_breaker.{field}").beats_code
            numbers[option] = value if beats or option not in code else code[option]
        return numbers | self._threshold(settings, code.get("trip"))

    def _threshold(self, settings: ServiceSettings, trip: Any) -> dict[str, int]:
        from .config import SettingsError
        from .policies._trip import Consecutive

        source = settings.source("circuit_breaker.failure_threshold")
        if trip is None or (source.beats_code and isinstance(trip, Consecutive)):
            return {"failures": settings.circuit_breaker.failure_threshold}
        if source.beats_code:
            raise SettingsError(
                f"{source}: the code makes this breaker trip on {trip!r}, which has no such threshold; "
                "take this name away, or make the code trip on Consecutive(...)"
            )
        return {"failures": trip.failures} if isinstance(trip, Consecutive) else {}


class Registry:
    """All services."""

    __slots__ = ("_lock", "_services")

    def __init__(self) -> None:
        self._services: dict[str, Service] = {}
        self.renew_lock()

    def renew_lock(self) -> None:
        """A lock that another thread held in the parent is nobody's in the child."""
        self._lock = allocate_lock()

    def service(self, name: str) -> Service:
        """The service of this name, made at the first call; a reload of the settings reaches it from then on."""
        from .config._process import wire

        wire(self.plan)
        breaker = CircuitBreaker.named(name)
        with self._lock:
            found = self._services.get(name)
            # Another breaker of this name means that named instances were forgotten, as tests do.
            if found is None or found.breaker is not breaker:
                found = self._services[name] = Service(name, breaker)
        return found

    def plan(self, settings: Settings) -> list[Callable[[], None]]:
        """The changes that these settings mean for everything that lives; raises if one cannot be made."""
        changes: list[Callable[[], None]] = []
        for service in list(self._services.values()):
            own = settings.service(service.name)
            changes.append(partial(service.breaker.retune, **service.plan(own)))
            changes += [partial(member.follow, member.plan(own)) for member in list(service.members)]
        return changes


REGISTRY = Registry()
reset_in_child(REGISTRY.renew_lock)
