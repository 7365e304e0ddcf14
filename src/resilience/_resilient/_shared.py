"""The layers that the functions of one service share, its rate limiter and its bulkhead: who asks, and for what numbers.

Rules: `Service.asked` is what the code of all its functions said, one answer for each layer; it is replaced, never
changed, under the lock of the settings' reload only. So is `Service.shared`, what we made ourselves, written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .. import _options
from .._policy import Policy
from .._registry import Service

if TYPE_CHECKING:
    from ..config import ServiceSettings

Numbers = dict[str, Any]
_NOUNS = {"rate_limit": "rate limiter", "bulkhead": "bulkhead"}
# Which setting gives which number of `retune`.
_FIELDS = {
    "limit": "requests_per_second",
    "per": "requests_per_second",
    "burst": "burst_size",
    "max_concurrent": "max_concurrent",
    "max_queue": "max_queue",
    "wait": "max_wait_ms",
}


class Asked:
    """What the code of one function asks of a shared layer: a policy, numbers, or only that it be on."""

    __slots__ = ("numbers", "policy", "value")

    def __init__(self, value: Any, policy: Any, numbers: Numbers) -> None:
        self.value = value
        self.policy = policy
        self.numbers = numbers

    def agrees(self, other: Asked) -> bool:
        """One policy, or the same numbers; two policies are two limits, whatever their numbers."""
        return self.policy is other.policy and (self.policy is not None or self.numbers == other.numbers)


def asked_of(layer: str, value: Any) -> Asked | None:
    """What `rate_limit=` or `bulkhead=` asks, checked; `None` for nothing."""
    if value is None or value is False:
        return None
    if value is True:
        return Asked(value, None, {})
    return (_asked_limiter if layer == "rate_limit" else _asked_bulkhead)(value)


def _asked_limiter(value: Any) -> Asked:
    if isinstance(value, (int, float)):
        return Asked(value, None, _per_second(_options.amount("rate_limit", value, above=True)))
    from ..policies.limiter import RateLimiter

    if not isinstance(value, RateLimiter):
        allowed = "calls a second, True, or a RateLimiter, e.g. rate_limit=10"
        _options.refuse("rate_limit", value, allowed, kind=TypeError)
    return Asked(value, value, {"limit": value.limit, "per": value.per, "burst": value.burst})


def _asked_bulkhead(value: Any) -> Asked:
    if isinstance(value, (int, float)):
        return Asked(value, None, {"max_concurrent": _options.count("bulkhead", value)})
    from ..policies.bulkhead import Bulkhead

    if not isinstance(value, Bulkhead):
        allowed = "calls at once, True, or a Bulkhead, e.g. bulkhead=10"
        _options.refuse("bulkhead", value, allowed, kind=TypeError)
    numbers = {"max_concurrent": value.max_concurrent, "max_queue": value.max_queue, "wait": value.wait}
    return Asked(value, value, numbers)


def _per_second(rate: float) -> Numbers:
    """A limiter counts whole calls: a broken rate is one call each so many seconds."""
    return {"limit": int(rate), "per": 1.0} if rate == int(rate) else {"limit": 1, "per": 1 / rate}


def joined(service: str, before: Mapping[str, Asked], new: Mapping[str, Asked]) -> dict[str, Asked]:
    """What the functions of a service ask, one more function among them.

    Raises:
        ValueError: it says other numbers than another function, or has a policy of its own.
    """
    result = dict(before)
    for layer, asked in new.items():
        if asked.value is True:
            continue
        known = result.setdefault(layer, asked)
        if not known.agrees(asked):
            raise ValueError(
                f"{layer}={asked.value!r}: the functions of {service!r} share one {_NOUNS[layer]}, and another says "
                f"{layer}={known.value!r}; say the same everywhere, or True where another says it "
                "(docs/configuration.md)"
            )
    return result


def numbers_of(layer: str, settings: ServiceSettings, asked: Asked | None) -> Numbers:
    """The numbers for `retune`: the environment naming the service, else the code, else the settings.

    Raises:
        SettingsError: one of them cannot stand, or a limiter of the code cannot have it.
    """
    section: Any = getattr(settings, layer)
    if layer == "rate_limit":
        numbers = _per_second(section.requests_per_second) | {"burst": section.burst_size}
    else:
        wait = section.max_wait_ms / 1000
        numbers = {"max_concurrent": section.max_concurrent, "max_queue": section.max_queue, "wait": wait}
    for option, value in asked.numbers.items() if asked is not None else ():
        if not settings.source(f"{layer}.{_FIELDS[option]}").beats_code:
            numbers[option] = value
    if asked is not None and layer == "rate_limit" and asked.policy is not None:
        _check_burst(asked.policy.checked_burst, numbers["burst"], settings)
    return numbers


def _check_burst(check: Callable[[int], int], burst: int, settings: ServiceSettings) -> None:
    from ..config import SettingsError

    try:
        check(burst)
    except ValueError as error:
        raise SettingsError(f"{settings.source('rate_limit.burst_size')}: {error}") from None


def may_wait(asked: Mapping[str, Asked], limiter: Numbers | None, bulkhead: Numbers | None) -> bool:
    """May a call stand before one of these layers?"""
    if bulkhead is not None and bulkhead["max_queue"] and bulkhead["wait"] != 0:
        return True
    policy = asked["rate_limit"].policy if limiter is not None and "rate_limit" in asked else None
    return policy is not None and policy.wait != 0


def shared(service: Service, layer: str, numbers: Numbers) -> Policy[Any]:
    """The one policy of this service for this layer, with these numbers: the code's, or one that we make."""
    asked = service.asked.get(layer)
    policy: Any = service.shared.get(layer) if asked is None or asked.policy is None else asked.policy
    if policy is None:
        policy = service.shared[layer] = _made(service.name, layer, numbers)
    policy.retune(**numbers)
    made: Policy[Any] = policy
    return made


def _made(service: str, layer: str, numbers: Numbers) -> Policy[Any]:
    if layer == "rate_limit":
        from ..policies.limiter import RateLimiter

        return RateLimiter(**numbers, name=f"{service}.{RateLimiter.kind}")
    from ..policies.bulkhead import Bulkhead

    return Bulkhead(**numbers, name=f"{service}.{Bulkhead.kind}")
