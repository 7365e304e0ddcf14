"""The quota of the AWS standard mode and the throttle of gRPC: their arithmetic, and their place in a retry."""

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import resilience
from resilience import Fixed, Pipeline, RateLimitedError, Retry, RetryQuota, RetryThrottle
from resilience._budget import Budget
from resilience.testing import FakeClock


def fail():
    raise ConnectionError


def throttled():
    raise RateLimitedError("too many", policy="theirs", reason="rate")


def test_a_quota_pays_for_35_retries_and_no_more(world, clock):
    """500 tokens at 14 each; when everything fails, the rest of the calls fail at once."""
    quota, calls = RetryQuota(), []

    def body():
        calls.append(1)
        raise ConnectionError

    policy = Retry(attempts=3, backoff=Fixed(0), budget=quota, clock=clock)
    for _ in range(100):
        with pytest.raises(ConnectionError):
            world.call(policy, body)
    assert len(calls) == 100 + 35
    assert quota.snapshot().as_dict() == {"capacity": 500, "balance": 10, "granted": 35, "refused": 83}


def test_throttling_costs_less(clock):
    """The service says itself when to come again."""
    quota = RetryQuota()
    policy = Retry(attempts=2, on=RateLimitedError, backoff=Fixed(0), budget=quota, clock=clock)
    with pytest.raises(RateLimitedError):
        policy.call(throttled)
    assert quota.balance() == 495


def test_a_success_gives_back_what_its_last_retry_took(world, clock):
    """Two retries take 28; the success gives 14, a first-try success one."""
    quota = RetryQuota()
    outcomes = iter([ConnectionError(), ConnectionError(), 1, 2])

    def body():
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    policy = Retry(backoff=Fixed(0), budget=quota, clock=clock)
    assert world.call(policy, body) == 1
    assert quota.balance() == 486
    assert world.call(policy, body) == 2
    assert quota.balance() == 487


def test_what_throttling_is_may_be_said():
    """`throttled` hears the error or the bad result, outside the lock."""
    quota = RetryQuota(
        capacity=10, cost=10, throttled_cost=1, throttled=lambda cause: cause == "busy" and quota.balance()
    )
    policy = Retry(attempts=2, on_result=lambda value: value == "busy", backoff=Fixed(0), budget=quota)
    assert policy.call(lambda: "busy") == "busy"
    assert quota.balance() == 9


def test_half_a_bucket_ends_the_retries_of_grpc(world, clock):
    """Each failed attempt takes a token, the last as well; at half of them nothing is retried."""
    throttle, calls = RetryThrottle(max_tokens=10), []

    def body():
        calls.append(1)
        raise ConnectionError

    policy = Retry(attempts=3, backoff=Fixed(0), budget=throttle, clock=clock)
    for _ in range(10):
        with pytest.raises(ConnectionError):
            world.call(policy, body)
    # 3 calls of the first, 2 of the second: the fifth failure leaves 5 of 10 tokens; then one each.
    assert len(calls) == 5 + 8
    assert throttle.snapshot().as_dict() == {"max_tokens": 10, "tokens": 0, "granted": 3, "refused": 9}
    assert throttle.balance() == 0


def test_successes_bring_the_retries_of_grpc_back(clock):
    """A success gives `token_ratio`, whichever attempt it came at."""
    throttle = RetryThrottle(max_tokens=2, token_ratio=0.5)
    throttle.failed(ConnectionError())
    assert throttle.withdraw(ConnectionError()) is None
    Retry(budget=throttle, clock=clock).call(int)
    assert throttle.withdraw(ConnectionError()) == 0
    assert throttle.balance() == 0.5


def test_what_is_beyond_three_decimals_is_ignored():
    """Cut, as gRFC A6 has it, and not rounded."""
    ratios = (0.5466, 0.5469999, 0.3, 0.29, 0.001, 1.9999, 7)
    assert [RetryThrottle(token_ratio=ratio).token_ratio for ratio in ratios] == [
        0.546, 0.546, 0.3, 0.29, 0.001, 1.999, 7,
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"token_ratio=0\.0009"):
        RetryThrottle(token_ratio=0.0009)


@pytest.mark.parametrize(("ratio", "successes"), [(0.01, 100), (0.7, 10), (0.3, 10), (0.1, 10)])
def test_a_bucket_that_is_half_empty_to_the_thousandth_ends_the_retries(ratio, successes):
    """However it came there: sums of floats would stand a hair above, and grant."""
    throttle = RetryThrottle(max_tokens=20, token_ratio=ratio)
    for _ in range(10):
        throttle.failed(ConnectionError())
    for _ in range(10_000 // successes):
        for _ in range(round(successes * ratio)):
            throttle.failed(ConnectionError())
        for _ in range(successes):
            throttle.succeeded(1, 0.0)
        assert throttle.snapshot().tokens == 10
        assert throttle.withdraw(ConnectionError()) is None
    throttle.succeeded(1, 0.0)
    assert throttle.withdraw(ConnectionError()) == 0.0
    assert throttle.balance() == pytest.approx(ratio)


def test_one_may_serve_many(clock):
    """Retries of several pipelines draw on one bucket."""
    quota = RetryQuota(capacity=14)
    first, second = (Pipeline(Retry(backoff=Fixed(0), budget=quota), clock=clock) for _ in range(2))
    for policy in (first, second):
        with pytest.raises(ConnectionError):
            policy.call(fail)
    assert (quota.granted, quota.refused) == (1, 2)
    assert isinstance(quota, Budget)
    assert isinstance(RetryThrottle(), Budget)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (RetryQuota, {"capacity": 0}),
        (RetryQuota, {"capacity": True}),
        (RetryQuota, {"cost": -1}),
        (RetryQuota, {"cost": 501}),
        (RetryQuota, {"throttled_cost": 1.5}),
        (RetryQuota, {"throttled": 3}),
        (RetryThrottle, {"max_tokens": 0}),
        (RetryThrottle, {"max_tokens": 1001}),
        (RetryThrottle, {"token_ratio": 0}),
        (RetryThrottle, {"token_ratio": 0.0001}),
        (RetryThrottle, {"token_ratio": float("nan")}),
    ],
    ids=repr,
)
def test_row_54_bad_options_name_themselves(kind, options):
    """Each bad option is refused by name."""
    (option,) = options
    with pytest.raises((ValueError, TypeError), match=f"{option}="):
        kind(**options)


def test_repr_and_copies():
    """At a glance; and no copy of a live thing."""
    assert repr(RetryQuota()) == "RetryQuota(500, cost=14, throttled_cost=5)"
    assert repr(RetryThrottle()) == "RetryThrottle(10, token_ratio=0.1)"
    assert resilience.RetryQuota is RetryQuota
    with pytest.raises(TypeError, match="RetryThrottle cannot be pickled"):
        RetryThrottle().__reduce_ex__(4)


class QuotaModel(RuleBasedStateMachine):
    """Against two plain numbers: the bucket, and what the last retry took."""

    def __init__(self):
        super().__init__()
        self.quota = RetryQuota(capacity=30, cost=14, throttled_cost=5, throttled=bool)
        self.throttle = RetryThrottle(max_tokens=4, token_ratio=0.3)
        self.tokens, self.took, self.left = 30, 0.0, 4.0

    @rule(is_throttled=st.booleans())
    def fail(self, is_throttled):
        self.left = max(0.0, self.left - 1)
        for budget in (self.quota, self.throttle):
            budget.began()
            budget.failed(is_throttled)
        cost = 5 if is_throttled else 14
        allowed = self.tokens >= cost
        assert self.quota.withdraw(is_throttled) == (cost if allowed else None)
        assert (self.throttle.withdraw(None) is None) == (self.left <= 2)
        if allowed:
            self.tokens, self.took = self.tokens - cost, cost

    @rule(first=st.booleans())
    def succeed(self, first):
        self.quota.succeeded(1 if first else 2, 0.0 if first else self.took)
        self.throttle.succeeded(1 if first else 2, 0.0)
        self.tokens = min(30, self.tokens + (1 if first else self.took))
        self.left = min(4.0, self.left + 0.3)

    @invariant()
    def same(self):
        assert self.quota.balance() == self.tokens
        assert self.throttle.balance() == pytest.approx(max(0.0, self.left - 2))


TestQuotaModel = QuotaModel.TestCase


def test_time_gives_nothing_back(clock):
    """Neither knows a clock; a pipeline's means nothing to them."""
    quota = RetryQuota(capacity=14)
    quota.withdraw(None)
    quota.adopt(FakeClock())
    clock.advance(1e9)
    assert quota.withdraw(None) is None
