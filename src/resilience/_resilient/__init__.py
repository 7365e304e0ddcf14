"""`resilient(name)`: the usual layers around a function, with numbers and layers from the settings, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never, TypeVar, overload

from .. import _options
from .._registry import REGISTRY, Service
from ..policies.fallback import Fallback
from ._guard import Resilient
from ._said import UNSAID, Said
from ._shared import joined

if TYPE_CHECKING:
    from ..config import ServiceSettings

__all__ = ["Resilient", "resilient"]

T = TypeVar("T")


@overload
def resilient(
    name: str,
    *,
    on: Any = None,
    cache: Any = None,
    rate_limit: Any = None,
    bulkhead: Any = None,
    timeout: Any = None,
) -> Resilient[Never]: ...
@overload
def resilient(
    name: str,
    *,
    on: Any = None,
    fallback: Fallback[T],
    cache: Any = None,
    rate_limit: Any = None,
    bulkhead: Any = None,
    timeout: Any = None,
) -> Resilient[T]: ...
@overload
def resilient(
    name: str,
    *,
    on: Any = None,
    fallback: T,
    cache: Any = None,
    rate_limit: Any = None,
    bulkhead: Any = None,
    timeout: Any = None,
) -> Resilient[T]: ...
def resilient(
    name: str,
    *,
    on: Any = None,
    fallback: Any = UNSAID,
    cache: Any = None,
    rate_limit: Any = None,
    bulkhead: Any = None,
    timeout: Any = None,
) -> Resilient[Any]:
    """Guard a function as part of a named service; the settings give the numbers, and switch layers on by that name.

    By default there is only the breaker, with the numbers of `CIRCUIT_BREAKER_...`. A layer is on when an argument asks
    for it, or when the settings name it for this service, as `RESILIENCE__PAYMENTS__RETRY__MAX_ATTEMPTS=5` does; global
    names only give numbers, those that no argument says. Strongest first: the environment naming the service, the
    arguments, the environment's global names, files, defaults.

    Args:
        name: the service. Functions of one name share its breaker (`CircuitBreaker.named(name)`) and a `RetryBudget`.
        on: retry, on these errors: a type, a tuple, or `f(error) -> bool`. Retry that only the settings switch on takes
            `FAILURES`.
        fallback: a value that stands in, or a `Fallback(factory=...)` or `Fallback(call=...)`.
        cache: seconds that results are fresh, `True` for the settings' numbers, or a `Cache`; entries are kept apart for
            each function.
        rate_limit: calls a second, `True` for the settings' numbers, or a `RateLimiter`; functions of one name share it.
        bulkhead: calls at once, `True` for the settings' numbers, or a `Bulkhead`; functions of one name share it.
        timeout: seconds for one attempt, or a `Timeout`; `(total, attempt)` bounds the call with all its attempts too.

    Order, outermost first: fallback, cache, total timeout, retry, breaker, rate limiter, bulkhead, attempt timeout. A
    policy that is given is tuned in place where the environment names its number. `resilience.config.reload()` changes all
    of it in place, layers included: counts, windows, open circuits, and what was used of a rate stay.

    Raises:
        SettingsError: a setting in use cannot stand; or another name in use folds to the same name in the environment.
        ValueError: another function of this name says other numbers for the rate limiter or the bulkhead that they share.

    Safe to share between threads, tasks and loops. Reads the settings when it is called, and after that on reload only.

    >>> @resilient("doctest-rates", on=ConnectionError, fallback={})
    ... def fetch_rates(day):
    ...     raise ConnectionError("down")
    >>> from resilience.testing import no_waiting
    >>> with no_waiting():
    ...     fetch_rates(7)
    {}
    """
    from ..config._process import still

    label = _options.label("name", name)
    if label is None:
        _options.refuse("name", name, "the name of a service, e.g. 'payments'", kind=TypeError)
    said = Said(on=on, fallback=fallback, cache=cache, rate_limit=rate_limit, bulkhead=bulkhead, timeout=timeout)
    with still() as settings:
        own = settings.service(label)
        service = REGISTRY.service(label)
        numbers = service.plan(own)
        guard = _joining(service, said, own)
        service.breaker.retune(**numbers)
    return guard


def _joining(service: Service, said: Said, settings: ServiceSettings) -> Resilient[Any]:
    """The guard of one more function; the others take up what it says of the layers that they share."""
    before = service.asked
    service.asked = joined(service.name, before, said.shared)
    try:
        guard: Resilient[Any] = Resilient(service, said, settings)
    except BaseException:
        service.asked = before
        raise
    if service.asked != before:
        for member in list(service.members):
            member.follow(member.plan(settings))
    return guard
