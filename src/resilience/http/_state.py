"""What is kept for one origin: its breaker, its retry budget, its counts, and the chains that its requests run through.

Rules: `_chains` and `_hedges` are only added to and replaced whole, so they need no lock; two threads may build the same
one twice. The counts are plain additions: under threads one may be lost, which no decision rests on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from resilience._budget import Budget
from resilience._outcome import Failure, Outcome
from resilience._record import Record
from resilience._watch import unseated
from resilience.http import _attempt
from resilience.http._hedging import hedge_of
from resilience.http._judgement import delay_of, is_hopeless, is_repeatable, is_unsent, verdict_of
from resilience.http._repeating import Repeating
from resilience.http._retry_after import FOR_EVER
from resilience.policies._breaker_snapshot import BreakerSnapshot
from resilience.policies._limits import Limits
from resilience.policies.breaker import CircuitBreaker
from resilience.policies.hedge import Hedge, HedgeSnapshot
from resilience.policies.retry import Retry
from resilience.policies.timeout import Timeout

if TYPE_CHECKING:
    from resilience._chance import Chance
    from resilience._clock import Clock
    from resilience._policy import Policy
    from resilience.http._plan import Plan

_MOST_CHAINS = 64
_REPEATED = {Repeating.ANY: is_repeatable, Repeating.UNSENT: is_unsent, Repeating.NEVER: is_hopeless}


class OriginSnapshot(Record):
    """One origin, now.

    Attributes:
        origin: scheme, host and port.
        requests: that were begun; `attempts` of them went out, retries among them (or were refused by breaker or limiter).
        breaker: its snapshot, or `None` without one.
        budget: retries that it would grant now, or `None` without one.
        hedges: one record for each hedge in use, as a rule none or one.
    """

    origin: str
    requests: int
    attempts: int
    breaker: BreakerSnapshot | None
    budget: float | None
    hedges: tuple[HedgeSnapshot, ...] = ()


class OriginState:
    """The state of one origin, shared by all transports of one `Origins`."""

    __slots__ = (
        "_chains",
        "_clock",
        "_hedges",
        "_random",
        "attempts",
        "breaker",
        "budget",
        "bulkhead",
        "limiter",
        "name",
        "now",
        "requests",
    )

    def __init__(
        self,
        name: str,
        breaker: CircuitBreaker | None,
        budget: Budget | None,
        limiter: Limits | None,
        bulkhead: Policy[Any] | None,
        clock: Clock,
        random: Chance | None,
    ) -> None:
        self.name = name
        self.breaker = breaker
        self.budget = budget
        self.limiter = limiter
        self.bulkhead = bulkhead
        self.now = clock.now
        self._clock = clock
        self._random = random
        self._chains: dict[tuple[Plan, Repeating, bool, bool], Callable[..., Any]] = {}
        self._hedges: dict[tuple[Hedge, frozenset[int]], Hedge] = {}
        self.requests = 0
        self.attempts = 0

    @property
    def is_idle(self) -> bool:
        """May it be forgotten? Not while its circuit is open, or on its way back."""
        return self.breaker is None or self.breaker.state.value not in {"open", "half-open", "isolated"}

    def verdict_of(self, response: Any, plan: Plan) -> bool | Failure | None:
        """What a response means for the breaker: its own `on_result` if it has one, else what HTTP says."""
        if not plan.counts_statuses:
            return False
        judge = None if self.breaker is None else self.breaker.judge.on_result
        verdict: bool | Failure | None = (
            verdict_of(response, plan.max_server_delay) if judge is None else judge(response)
        )
        return verdict

    def chain(self, plan: Plan, repeating: Repeating, *, is_hedged: bool, is_async: bool) -> Callable[..., Any]:
        """The program of a request: total timeout, retry, hedge, attempt; it takes the exchange."""
        key = plan, repeating, is_hedged, is_async
        chain = self._chains.get(key)
        if chain is None:
            if len(self._chains) >= _MOST_CHAINS:
                self._chains = {}
            chain = self._chains[key] = self._built(plan, repeating, is_hedged=is_hedged, is_async=is_async)
        return chain

    def _built(self, plan: Plan, repeating: Repeating, *, is_hedged: bool, is_async: bool) -> Callable[..., Any]:
        send: Any = _attempt.asend if is_async else _attempt.send
        # A task is ended by its scope: one without a limit of its own still obeys the caller's deadline.
        send = self._limited(send, plan.attempt_timeout or (FOR_EVER if is_async else None), "attempt")
        if self.bulkhead is not None:
            send = self._in_crowd(self.bulkhead, send, plan, is_async=is_async)
        if self.limiter is not None:
            limiter: Any = self.limiter
            send = unseated(limiter(send))
        run: Any = _attempt.aattempt(send) if is_async else _attempt.attempt(send)
        if is_hedged and plan.hedge is not None:
            leg: Any = _attempt.aleg(run) if is_async else _attempt.leg(run)
            run = self._hedge(plan.hedge, plan.retry_statuses)(leg)
        run = self._retry(plan, repeating, is_async=is_async)(run)
        limited: Callable[..., Any] = self._limited(run, plan.total_timeout, "total")
        return limited

    def _in_crowd(self, bulkhead: Policy[Any], send: Any, plan: Plan, *, is_async: bool) -> Any:
        """An attempt that takes its place among those under way, and fails there by a bad answer too."""
        judged: Any = _attempt.ajudged if is_async else _attempt.judged
        unwrapped: Any = _attempt.aunwrapped if is_async else _attempt.unwrapped
        guard: Any = bulkhead
        return unwrapped(unseated(guard(judged(send, plan.retry_statuses))))

    def _hedge(self, pattern: Hedge, statuses: frozenset[int]) -> Any:
        """This origin's hedge, with what it has learned of it."""
        key = pattern, statuses
        found = self._hedges.get(key)
        if found is None:
            if len(self._hedges) >= _MOST_CHAINS:
                self._hedges = {}
            found = self._hedges[key] = hedge_of(
                pattern, statuses, self.budget, name=self._label("hedge"), clock=self._clock
            )
        return found

    def _limited(self, function: Any, seconds: float | None, kind: str) -> Any:
        if seconds is None:
            return function
        policy: Any = Timeout(seconds, name=self._label(f"{kind} timeout"), clock=self._clock)
        return unseated(policy(function))

    def _delay_of(self, outcome: Outcome) -> Any:
        """The delay that the origin names; `STOP` where the wait would end at an open circuit.

        Better the answer that is there than a refusal some time later.
        """
        named = delay_of(outcome)
        if self.breaker is None or self.is_idle:
            return named
        shut = self.breaker.snapshot().open_for
        return named if shut is not None and shut <= (named or 0.0) else Retry.STOP

    def _retry(self, plan: Plan, repeating: Repeating, *, is_async: bool) -> Any:
        def is_bad(response: Any) -> bool:
            return response.status_code in plan.retry_statuses

        return Retry(
            plan.attempts,
            on=_REPEATED[repeating],
            on_result=is_bad if repeating is Repeating.ANY else None,
            backoff=plan.backoff,
            delay_from=self._delay_of if plan.guarded else delay_of,
            max_server_delay=plan.max_server_delay,
            budget=self.budget,
            on_superseded=_attempt.adiscard if is_async else _attempt.discard,
            name=self._label("retry"),
            clock=self._clock,
            random=self._random,
        )

    def _label(self, kind: str) -> str:
        return f"{self.name[:180]} {kind}"

    def snapshot(self) -> OriginSnapshot:
        """Its state as a frozen record."""
        return OriginSnapshot(
            origin=self.name,
            requests=self.requests,
            attempts=self.attempts,
            breaker=None if self.breaker is None else self.breaker.snapshot(),
            budget=None if self.budget is None else self.budget.balance(),
            hedges=tuple(hedge.snapshot() for hedge in list(self._hedges.values())),
        )
