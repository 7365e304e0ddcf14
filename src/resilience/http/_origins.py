"""How requests are guarded, and the state of every origin they go to: what transports and clients may share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from resilience import _options
from resilience._budget import Budget, checked_budget
from resilience._chance import Chance
from resilience._clock import Clock
from resilience._policy import checked_clock
from resilience._record import Record
from resilience._world import SYSTEM_CLOCK
from resilience.http._address import origin_of, printable
from resilience.http._origin_map import OriginMap
from resilience.http._plan import PLAN_OPTIONS, Plan
from resilience.http._state import OriginSnapshot, OriginState
from resilience.policies._limits import Limits
from resilience.policies.adaptive import AdaptiveLimit
from resilience.policies.breaker import CircuitBreaker
from resilience.policies.budget import RetryBudget
from resilience.policies.bulkhead import Bulkhead
from resilience.policies.throttle import Throttle

if TYPE_CHECKING:
    from resilience.config import ServiceSettings, Settings

EXTENSION = "resilience"
PER_ORIGIN: Any = "per origin"


Crowd = Bulkhead | AdaptiveLimit | Throttle
CROWDS = (Bulkhead, AdaptiveLimit, Throttle)


class OriginsSnapshot(Record):
    """All origins, now.

    Attributes:
        origins: one record each, the least recently used first.
        shared: requests that had to share the state `_other`, because all states were taken by open circuits.
        evicted: idle states that made room for others.
    """

    origins: tuple[OriginSnapshot, ...]
    shared: int
    evicted: int


class Origins:
    """The options of a guarded transport, and its state per origin (scheme, host, port).

    Made by each transport for itself, unless one is given: give the same one to a `Client` and an `AsyncClient`, and
    they share circuits and retry budgets.

    Args:
        attempts: requests in all, retries included (default 3).
        backoff: delay between them (default `Exponential()`: 0.1 s doubling to 10 s, full jitter).
        retry_statuses: answers that are retried (default 408, 429, 500, 502, 503, 504; never 501 and 505).
        max_server_delay: seconds; a longer `Retry-After` means no retry, and the answer at once (default 60).
        attempt_timeout: seconds for one attempt up to its headers (default 10; `None`: only the client's own
            timeouts); where a client reads the body before it gives the response back, the body too.
        total_timeout: seconds for all attempts and waits (default `None`).
        verdict: `body` (default): an answer whose body dies half-way is a failure; or `headers`.
        hedge: a `Hedge` as a pattern, of which each origin gets one of its own: a further request while the first is slow.
            Only for GET, HEAD, OPTIONS, TRACE and QUERY, or with an `Idempotency-Key` (or `idempotent=True`), and a body
            that is in memory. Takes from `budget`, unless it has its own (default `None`).
        breaker: `f(origin) -> CircuitBreaker`, one for each origin (default: `CircuitBreaker(origin)`); one instance
            to share; or `None` for none. Its `on`, `ignore` and `on_result` (of the response) are obeyed; without an
            `on_result` a status of 500 and above is a failure (501 and 505 are not), and a 503 with `Retry-After`
            opens for as long.
        rate_limiter: `f(origin) -> RateLimiter`, one instance to share, or `None` (default). Each attempt takes a turn, and
            each answer teaches it: `Retry-After` of a 429 or 503 pauses it, and so do the `RateLimit` headers.
        bulkhead: `f(origin)` for a `Bulkhead`, `AdaptiveLimit` or `Throttle`, one instance to share, or `None` (default).
            Each attempt asks it, up to the headers, or to the end of a body that is read whole. An answer that would be
            retried counts as a failure.
        budget: `f() -> RetryBudget` (default `RetryBudget`), one to share, or `None`.
        max_origins: how many states are kept (default 1000). Idle ones make room; when all circuits are open, new
            origins share one state, `_other`, which is counted.
        name: put before the origin in labels.
        clock, random: as for every policy; breakers and budgets that are given take them over.

    Raises:
        TypeError, ValueError: an option that makes no sense; the message says which.

    Safe to share between threads, tasks and loops.

    >>> Origins(attempts=4).snapshot().origins
    ()
    """

    def __init__(
        self,
        *,
        breaker: CircuitBreaker | Callable[[str], CircuitBreaker] | None = PER_ORIGIN,
        budget: Budget | Callable[[], Budget] | None = RetryBudget,
        rate_limiter: Limits | Callable[[str], Limits] | None = None,
        bulkhead: Crowd | Callable[[str], Crowd] | None = None,
        max_origins: int = 1000,
        name: str | None = None,
        clock: Clock | None = None,
        random: Chance | None = None,
        **options: Any,
    ) -> None:
        self.plan = Plan().changed(options)
        self._breaker = breaker
        if breaker is not None and breaker is not PER_ORIGIN and not callable(breaker):
            _options.refuse("breaker", breaker, "a CircuitBreaker, a function of the origin, or None", kind=TypeError)
        self._rate_limiter: Any = rate_limiter
        if rate_limiter is not None and not callable(self._rate_limiter):
            allowed = "a RateLimiter, a function of the origin, or None"
            _options.refuse("rate_limiter", rate_limiter, allowed, kind=TypeError)
        self._bulkhead: Any = bulkhead
        if bulkhead is not None and not callable(self._bulkhead):
            allowed = "a Bulkhead, AdaptiveLimit or Throttle, a function of the origin, or None"
            _options.refuse("bulkhead", bulkhead, allowed, kind=TypeError)
        self._budget = budget if callable(budget) else checked_budget(budget)
        self._prefix = "" if name is None else f"{_options.label('name', name)} "
        self._given_clock = clock
        self._clock = SYSTEM_CLOCK if clock is None else checked_clock(clock)
        self._random = _options.logic("random", random)
        self._code: dict[str, Any] = {}
        self._service: str | None = None
        self._states = OriginMap(self._state_for, _is_idle, _options.count("max_origins", max_origins))

    @classmethod
    def from_settings(
        cls, settings: Settings | ServiceSettings | None = None, *, service: str | None = None, **options: Any
    ) -> Self:
        """Options from the settings and from the code.

        What an operator sets for the service of this name beats the code, all else gives way to it. Without `settings`
        they are those of the process, and a reload of them reaches what is made here: circuits and counts stay.

        Raises:
            SettingsError: a setting that cannot stand.
            TypeError: `settings` is neither, or is of one service already and `service` is given as well.

        >>> from resilience.config import Settings
        >>> Origins.from_settings(Settings(environment={"RETRY_MAX_ATTEMPTS": "7"})).plan.attempts
        7
        """
        from resilience.config import ServiceSettings
        from resilience.config import settings as process_settings
        from resilience.http._configured import options_of, some_settings
        from resilience.http._following import follow_reloads

        own: Any = some_settings(settings, "service") or process_settings()
        if service is not None:
            if isinstance(own, ServiceSettings):
                _options.refuse("service", service, "None, for settings= is that of one service", kind=TypeError)
            own = own.service(service)
        made = cls(**options_of(own, options))
        made._code, made._service = options, service
        if settings is None:
            follow_reloads(made)
        return made

    def follow(self, settings: Settings) -> None:
        """Take the numbers of these settings, where neither code nor operator says otherwise."""
        from resilience.http._configured import breaker_numbers, options_of

        own = settings if self._service is None else settings.service(self._service)
        options = options_of(own, self._code)
        self.plan = self.plan.changed({name: value for name, value in options.items() if name in PLAN_OPTIONS})
        if options["breaker"] is not self._code.get("breaker", self):
            self._breaker = options["breaker"]
            for state in self._states.values():
                if state.breaker is not None:
                    state.breaker.retune(**breaker_numbers(own))

    def _state_for(self, origin: str) -> OriginState:
        label = printable(f"{self._prefix}{origin}", 180)
        budget = checked_budget(self._budget() if callable(self._budget) else self._budget)
        breaker = self._breaker_for(label)
        if budget is not None and self._given_clock is not None:
            budget.adopt(self._given_clock)
        if breaker is not None:
            breaker.adopt(self._given_clock, self._random)
        limiter, bulkhead = self._limiter_for(label), self._bulkhead_for(label)
        for policy in (limiter, bulkhead):
            if policy is not None:
                policy.adopt(self._given_clock, None)
        return OriginState(label, breaker, budget, limiter, bulkhead, self._clock, self._random)

    def _bulkhead_for(self, label: str) -> Crowd | None:
        if self._bulkhead is None or isinstance(self._bulkhead, CROWDS):
            return self._bulkhead
        made: Any = self._bulkhead(label)
        if not isinstance(made, CROWDS):
            _options.refuse(
                "bulkhead", made, "a function that gives a Bulkhead, AdaptiveLimit or Throttle", kind=TypeError
            )
        return made

    def _limiter_for(self, label: str) -> Limits | None:
        if self._rate_limiter is None or isinstance(self._rate_limiter, Limits):
            return self._rate_limiter
        made: Limits = self._rate_limiter(label)
        if not isinstance(made, Limits):
            _options.refuse("rate_limiter", made, "a function that gives a RateLimiter", kind=TypeError)
        return made

    def _breaker_for(self, label: str) -> CircuitBreaker | None:
        if self._breaker is PER_ORIGIN:
            return CircuitBreaker(label)
        if self._breaker is None or isinstance(self._breaker, CircuitBreaker):
            return self._breaker
        made = self._breaker(label)
        if not isinstance(made, CircuitBreaker):
            _options.refuse("breaker", made, "a function that gives a CircuitBreaker", kind=TypeError)
        return made

    def of(self, url: Any) -> OriginState:
        """The state of a URL's origin, made when there is none."""
        return self._states.get(origin_of(url))

    def plan_for(self, request: Any) -> Plan | None:
        """How this request is guarded; `None` when it asks not to be.

        Raises:
            TypeError, ValueError: `extensions={"resilience": ...}` is neither False nor options that make sense.
        """
        wanted = request.extensions.get(EXTENSION)
        if wanted is None or wanted is True:
            return self.plan
        if wanted is False:
            return None
        if not isinstance(wanted, Mapping):
            _options.refuse("resilience", wanted, 'False, or options: {"attempts": 1}', kind=TypeError)
        changes = cast("Mapping[str, Any]", wanted)
        return self.plan.changed(dict(changes))

    def snapshot(self) -> OriginsSnapshot:
        """Every origin's breaker, budget and counts."""
        return OriginsSnapshot(
            origins=tuple(state.snapshot() for state in self._states.values()),
            shared=self._states.shared,
            evicted=self._states.evicted,
        )

    def __repr__(self) -> str:
        one, all_of_them = self.plan.attempt_timeout, self.plan.total_timeout
        numbers = [f"{self.plan.attempts} attempt{'s' if self.plan.attempts > 1 else ''}"]
        numbers += [] if one is None else [f"{one:g} s each"]
        numbers += [] if all_of_them is None else [f"{all_of_them:g} s in all"]
        service = "" if self._service is None else f" {self._service!r}"
        return f"<Origins{service}: {', '.join(numbers)}; {len(self._states.values())} met>"


def origins_of(given: Any, options: dict[str, Any]) -> Origins:
    """Those that are given, or new ones of these options.

    Raises:
        TypeError, ValueError: both at once, no origins, or an option that makes no sense.
    """
    if given is None:
        return Origins(**options)
    if not isinstance(given, Origins):
        _options.refuse("origins", given, "an Origins or None, e.g. origins=Origins(attempts=4)", kind=TypeError)
    if options:
        raise TypeError(
            f"origins= has its options already; give {', '.join(sorted(options))} to Origins() instead (docs/http.md)"
        )
    return given


def _is_idle(state: OriginState) -> bool:
    return state.is_idle
