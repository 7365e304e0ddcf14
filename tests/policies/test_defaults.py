"""The defaults that the documentation names are those that policies and parts are made with.

Each is made twice, once with no more than it needs, once with every option written out: the two must be the same inside,
whatever `inspect.signature` says.
"""

import inspect
from types import BuiltinFunctionType, FunctionType, MethodType

import pytest

import resilience
from resilience import (
    AIMD,
    FAILURES,
    UNAVAILABLE,
    AdaptiveLimit,
    Bulkhead,
    Cache,
    Chaos,
    CircuitBreaker,
    Consecutive,
    Decorrelated,
    Exponential,
    Failure,
    FailureRate,
    Fallback,
    Fixed,
    FixedWindow,
    Gradient2,
    Hedge,
    Linear,
    Outcome,
    Quantile,
    RateLimiter,
    Retry,
    RetryBudget,
    RetryQuota,
    RetryThrottle,
    SlidingWindow,
    SlowCalls,
    Throttle,
    Timeout,
    Vegas,
)
from resilience.policies._aws import StandardBackoff, is_retryable, is_throttling, named_delay
from resilience.policies._grpc import PushbackBackoff, pushback

NOTHING = {"name": None, "clock": None}
WINDOWED = {"per": 1.0, "wait": 0.0, "cost": 1, "key": None, "max_keys": 10_000, "shadow": False}
RETRY = {
    "attempts": 3,
    "on": FAILURES,
    "ignore": (),
    "on_result": None,
    "backoff": Exponential(0.1, multiplier=2.0, maximum=10.0, jitter="full"),
    "delay_from": None,
    "max_server_delay": 60.0,
    "max_elapsed": None,
    "budget": None,
    "retry_exhausted": False,
    "on_retry": None,
    "on_superseded": None,
    "random": None,
}
BREAKER = {
    "trip": Consecutive(5),
    "reset_timeout": 30.0,
    "half_open_max_calls": 1,
    "lease": None,
    "ramp": None,
    "slow": None,
    "on": FAILURES,
    "ignore": (),
    "on_result": None,
    "initial_state": "closed",
    "scope": "function",
    "shadow": False,
    "random": None,
}
CACHE = {
    "max_size": 1000,
    "key": None,
    "stale": 0.0,
    "stale_if_error": 0.0,
    "negative_ttl": 0.0,
    "jitter": 0.1,
    "copy": None,
    "cleanup_interval": 60.0,
    "random": None,
}
ADAPTIVE = {
    "algorithm": Gradient2(tolerance=1.5, queue_size=4, probe=30.0),
    "initial": 20,
    "minimum": 1,
    "maximum": 200,
    "max_queue": 0,
    "wait": 0.0,
    "on": FAILURES,
    "shadow": False,
}
THROTTLE = {"multiplier": 2.0, "window": 120.0, "min_requests": 100, "on": FAILURES, "shadow": False, "random": None}
CHAOS = {"latency": None, "result": None, "seed": None, "enabled": False}
DEFAULTS = [
    (Retry, (), RETRY | NOTHING),
    (CircuitBreaker, (), BREAKER | NOTHING),
    (Cache, (), {"ttl": 7}, CACHE | NOTHING),
    (RateLimiter, (9,), {"burst": 9} | WINDOWED | NOTHING),
    (SlidingWindow, (9,), WINDOWED | NOTHING),
    (FixedWindow, (9,), WINDOWED | NOTHING),
    (Bulkhead, (9,), {"max_queue": 0, "wait": None, "shadow": False} | NOTHING),
    (AdaptiveLimit, (), ADAPTIVE | NOTHING),
    (Throttle, (), THROTTLE | NOTHING),
    (Timeout, (9,), {"thread": False} | NOTHING),
    (Fallback, (9,), {"on": UNAVAILABLE, "on_result": None} | NOTHING),
    (Hedge, (9,), {"attempts": 2, "on": FAILURES, "on_result": None, "budget": None} | NOTHING),
    (
        Chaos,
        (),
        {"error": OSError, "rate": 0.5},
        CHAOS | NOTHING,
    ),
    (RetryBudget, (), {"ratio": 0.2, "min_per_second": 10.0, "window": 10.0, "clock": None}),
    (RetryQuota, (), {"capacity": 500, "cost": 14, "throttled_cost": 5, "throttled": is_throttling}),
    (RetryThrottle, (), {"max_tokens": 10, "token_ratio": 0.1}),
    (Exponential, (), {"initial": 0.1, "multiplier": 2.0, "maximum": 10.0, "jitter": "full"}),
    (Fixed, (9,), {"jitter": "none"}),
    (Linear, (), {"initial": 0.1, "step": 0.1, "maximum": 10.0, "jitter": "full"}),
    (Decorrelated, (), {"initial": 0.1, "maximum": 10.0}),
    (FailureRate, (0.5,), {"window": 30.0, "calls": None, "min_calls": 10}),
    (SlowCalls, (9,), {"rate": 0.5, "window": 30.0, "min_calls": 10}),
    (Quantile, (), {"share": 0.95, "min_calls": 20, "floor": None, "ceiling": None}),
    (AIMD, (), {"backoff": 0.9, "longer_than": None}),
    (Gradient2, (), {"tolerance": 1.5, "queue_size": 4, "probe": 30.0}),
    (Vegas, (), {"probe": 30.0}),
    (Failure, (), {"open_for": None}),
    (Outcome, (), {"value": None, "error": None, "attempt": 1, "elapsed": 0.0}),
]
# Two of one kind differ in these, and in these alone.
_OWN = {"name", "__weakref__"}
_PLAIN = (int, float, str, bool, type(None), type, range)


def inside(thing, depth=6):
    """What a policy holds, as plain data."""
    if isinstance(thing, _PLAIN):
        return thing
    if isinstance(thing, (list, tuple, set, frozenset)):
        return [inside(each, depth) for each in thing]
    if isinstance(thing, MethodType):
        return thing.__func__.__qualname__
    if isinstance(thing, (FunctionType, BuiltinFunctionType)):
        return thing.__qualname__
    names = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ()) if name not in _OWN]
    names += getattr(thing, "__dict__", {})
    if not depth or not type(thing).__module__.startswith("resilience"):
        return type(thing).__qualname__
    held = {name: inside(getattr(thing, name), depth - 1) for name in names if hasattr(thing, name)}
    return type(thing).__qualname__, held


@pytest.mark.parametrize("row", DEFAULTS, ids=lambda row: row[0].__name__)
def test_defaults_are_what_is_documented(row):
    """Made with nothing, it is what it is with everything written out; and no option is left out here."""
    kind, needed, *given, defaults = row
    options = given[0] if given else {}
    assert inside(kind(*needed, **options)) == inside(kind(*needed, **options, **defaults))
    parameters = [name for name in inspect.signature(kind).parameters if name != "values"]
    assert set(parameters[len(needed) :]) - {*options, *defaults} == (
        {"factory", "call"} if kind is Fallback else set()
    )


def test_the_standards_are_what_they_name():
    """Retries by the rules of AWS and gRPC, written out."""
    aws = RETRY | {"on": is_retryable, "backoff": StandardBackoff(), "delay_from": named_delay, "budget": RetryQuota()}
    assert inside(Retry.aws()) == inside(Retry(**aws))
    grpc = RETRY | {
        "attempts": 5,
        "on": Retry.grpc(codes=("UNAVAILABLE",)).judge._on,
        "backoff": PushbackBackoff(0.1, multiplier=2.0, maximum=10.0),
        "delay_from": pushback,
        "max_server_delay": float("inf"),
        "budget": RetryThrottle(),
    }
    assert inside(Retry.grpc()) == inside(Retry(**grpc))
    assert Retry.grpc().backoff.jitter == 0.2
    other = Retry.grpc(initial_backoff=0.2, max_backoff=3, backoff_multiplier=4).backoff
    assert inside(other) == inside(PushbackBackoff(0.2, multiplier=4.0, maximum=3.0))
    assert (other.initial, other.multiplier, other.maximum) == (0.2, 4.0, 3.0)
    assert Retry.aws(on_result=bool).judge.on_result is bool


def test_a_policy_takes_every_option_where_it_belongs():
    """Names that a class keeps as they are given."""
    clock, chance = resilience.testing.FakeClock(), lambda: 0.5
    for made in (
        Retry(name="mine", clock=clock, random=chance),
        Retry.aws(name="mine", clock=clock, random=chance),
        Retry.grpc(name="mine", clock=clock, random=chance),
        CircuitBreaker("mine", clock=clock, random=chance),
        Throttle(name="mine", clock=clock, random=chance),
        resilience.Pipeline(Retry(), name="mine", clock=clock, random=chance),
    ):
        assert (made.name.partition("#")[0], made.clock, made._random, made._now) == ("mine", clock, chance, clock.now)
    for made in (
        Cache("mine", ttl=1, clock=clock),
        RateLimiter(1, name="mine", clock=clock),
        SlidingWindow(1, name="mine", clock=clock),
        FixedWindow(1, name="mine", clock=clock),
        Bulkhead(1, name="mine", clock=clock),
        AdaptiveLimit(name="mine", clock=clock),
        Timeout(1, name="mine", clock=clock),
        Fallback(1, name="mine", clock=clock),
        Hedge(1, name="mine", clock=clock),
        Chaos(error=OSError, rate=1, name="mine", clock=clock),
    ):
        assert (made.name.partition("#")[0], made.clock, made._now) == ("mine", clock, clock.now)


def test_labels_of_policies_without_a_name():
    """The kind of policy, and its class."""
    kinds = {
        Retry: "retry",
        CircuitBreaker: "circuit-breaker",
        Cache: "cache",
        RateLimiter: "rate-limiter",
        SlidingWindow: "sliding-window",
        FixedWindow: "fixed-window",
        Bulkhead: "bulkhead",
        AdaptiveLimit: "adaptive-limit",
        Throttle: "throttle",
        Timeout: "timeout",
        Fallback: "fallback",
        Hedge: "hedge",
        Chaos: "chaos",
        resilience.Pipeline: "pipeline",
    }
    assert {kind: kind.kind for kind in kinds} == kinds
    made = Retry()
    assert made.name.partition("#")[0] == "retry"
