"""What happens inside the policies, as typed, frozen events.

Every event has `policy` (the label of the policy), `key` (what it was about where a policy serves many: an origin,
a limiter key, an endpoint; else `None`) and `at` (the policy's clock, in seconds; only differences mean anything).
An event is built only if somebody listens: `resilience.listen(fn, *types)` for all policies, `policy.listen(fn)` for one.
Arguments and results of calls are never part of an event.
"""

from __future__ import annotations

from ._record import Record


class Event(Record):
    """The base of all events.

    >>> CallRejected(policy="payments", at=1.0, reason="open", retry_after=2.0).retry_after
    2.0
    """

    policy: str
    at: float
    key: str | None = None


class RetryScheduled(Event):
    """An attempt failed and another follows after `delay` seconds.

    `attempt` is the number of the one that failed, `error` its error (`None` for a bad result), `server_delay` tells
    that the callee named the delay, `elapsed` is since the call began.
    """

    attempt: int
    delay: float
    elapsed: float
    error: BaseException | None = None
    server_delay: bool = False


class RetryGaveUp(Event):
    """A retry ended without success.

    `reason`: `attempts`, `max_elapsed`, `deadline`, `budget`, `server delay` or `stop`.
    """

    attempt: int
    elapsed: float
    reason: str
    error: BaseException | None = None


class RetrySucceeded(Event):
    """A call succeeded after at least one retry."""

    attempt: int
    elapsed: float


class RetrySuperseded(Event):
    """An inner retry had given up on this error, so this one did not repeat it."""

    attempt: int
    error: BaseException | None = None


class CallRejected(Event):
    """A policy refused a call that was therefore never begun."""

    reason: str
    retry_after: float | None = None


class WouldReject(Event):
    """A policy in shadow mode would have refused this call, and let it through."""

    reason: str
    retry_after: float | None = None


class LimitChanged(Event):
    """An adaptive limit moved from `old` to `new` calls at once."""

    old: int
    new: int


class CallTimedOut(Event):
    """A call was ended because its `seconds` were over; `abandoned`: its thread runs on."""

    seconds: float
    abandoned: bool = False


class CallOverran(Event):
    """A sync call came back after its time (`elapsed` of `seconds`); its result was delivered as it was."""

    seconds: float
    elapsed: float


class BreakerStateChanged(Event):
    """A circuit breaker went from `old` to `new` (values of `State`).

    `reason` in words; `retry_after` for how long it stays open, if it opened.
    """

    old: str
    new: str
    reason: str
    retry_after: float | None = None


class LateResult(Event):
    """A result of an earlier epoch came back: it counts here and nowhere else."""

    success: bool


class ProbeLost(Event):
    """A half-open probe did not come back within its lease, or was collected; its slot is free again."""

    reason: str


class FallbackUsed(Event):
    """A fallback answered: the caller got a degraded result. `error` is what it hides (`None` for a bad result)."""

    error: BaseException | None = None
    degraded: bool = True


class FallbackFailed(Event):
    """The fallback raised as well; its error goes to the caller with the original as its cause."""

    error: BaseException
    original: BaseException | None = None


class CacheHit(Event):
    """An entry answered, `age` seconds old; `stale`: past its time, by `stale` or `stale_if_error`."""

    age: float
    stale: bool = False


class CacheMiss(Event):
    """Nothing usable was stored, so the call goes on."""


class CacheLoaded(Event):
    """A load ended with a value after `elapsed` seconds; `stored` tells whether it was kept."""

    elapsed: float
    stored: bool = True


class CacheLoadFailed(Event):
    """A load raised; `refresh` tells that it ran in the background, so that nobody saw the error."""

    error: BaseException
    refresh: bool = False


class CacheEvicted(Event):
    """An entry went: `reason` is `size`, `expired`, `invalidated` or `cleared`; `count` of them at once.

    `expired` is what `expire()` found; what is swept in passing, as others are used, is in the snapshot alone.
    """

    reason: str
    count: int = 1


class BudgetRefused(Event):
    """A retry budget was empty: the retry did not happen."""

    balance: float = 0.0


class HedgeLaunched(Event):
    """A further attempt of a hedged call is begun, `elapsed` seconds after the first.

    `error` is the failure that it follows at once; `None` if the others are slow (or gave a bad result).
    """

    attempt: int
    elapsed: float
    error: BaseException | None = None


class HedgeWon(Event):
    """A hedged call has its value: `attempt` of `launched` was the first whose answer would do."""

    attempt: int
    launched: int
    elapsed: float


class HedgeFailed(Event):
    """All attempts of a hedged call failed; the caller gets the first one's outcome."""

    launched: int
    elapsed: float
    error: BaseException | None = None


class HedgeRefused(Event):
    """A further attempt was due and is not made. `reason`: `budget`, `deadline` or `threads` (none is free)."""

    attempt: int
    reason: str


class ChaosInjected(Event):
    """CHAOS IS ON: a call was given a fault on purpose. `fault`: `error`, `result` or `latency` alone.

    `latency` in seconds (0 for none); `error` is what was raised.
    """

    fault: str
    latency: float = 0.0
    error: BaseException | None = None
