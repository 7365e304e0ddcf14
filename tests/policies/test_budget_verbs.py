"""What retries and hedges say to their budget, word for word."""

import pytest
from tests.policies.hedged import call, script

from resilience import Fixed, Hedge, Pipeline, Retry


class Noted:
    """A budget that notes what it is told, and gives what it has."""

    def __init__(self, *gives):
        self.gives, self.told, self.clocks = list(gives), [], []

    def began(self):
        self.told.append("began")

    def failed(self, cause):
        self.told.append(("failed", cause))

    def withdraw(self, cause):
        self.told.append(("withdraw", cause))
        return self.gives.pop(0) if self.gives else None

    def succeeded(self, attempt, took):
        self.told.append(("succeeded", attempt, took))

    def balance(self):
        return 7.5

    def adopt(self, clock):
        self.clocks.append(clock)


def outcomes(*values):
    left = list(values)

    def body():
        value = left.pop(0)
        if isinstance(value, Exception):
            raise value
        return value

    return body


def test_a_retry_tells_its_budget_everything(clock):
    """Begin, each failure with its cause, each withdrawal, and what the last one had taken."""
    budget = Noted(1.5, 2.5)
    policy = Retry(5, backoff=Fixed(1), on_result=lambda value: value == "bad", budget=budget, clock=clock)
    error = ConnectionError("down")
    assert policy.call(outcomes(error, "bad", "good")) == "good"
    assert budget.told == [
        "began",
        ("failed", error),
        ("withdraw", error),
        ("failed", "bad"),
        ("withdraw", "bad"),
        ("succeeded", 3, 2.5),
    ]
    assert policy.snapshot().as_dict() == {
        "name": policy.name, "attempts": 5, "max_elapsed": None, "balance": 7.5,
    }  # fmt: skip


def test_a_first_success_took_nothing(clock):
    """Also that of the same policy after a retry."""
    budget = Noted(1.5)
    policy = Retry(5, backoff=Fixed(1), budget=budget, clock=clock)
    policy.call(outcomes("good"))
    policy.call(outcomes(ConnectionError(), "good"))
    policy.call(outcomes("good"))
    assert [told for told in budget.told if told[0] == "succeeded"] == [
        ("succeeded", 1, 0.0), ("succeeded", 2, 1.5), ("succeeded", 1, 0.0),
    ]  # fmt: skip


def test_an_attempt_that_is_the_last_withdraws_nothing(clock):
    """It failed all the same; what is not retried costs nobody anything."""
    budget = Noted(1.0)
    error = ConnectionError("down")
    with pytest.raises(ConnectionError):
        Retry(1, budget=budget, clock=clock).call(outcomes(error))
    assert budget.told == ["began", ("failed", error)]
    budget.told.clear()
    with pytest.raises(ValueError, match="x"):
        Retry(3, on=ConnectionError, budget=budget, clock=clock).call(outcomes(ValueError("x")))
    assert budget.told == ["began"]


@pytest.mark.worlds("asyncio", "trio", reason="threads take real time, which the clock does not wait for")
def test_a_hedge_tells_its_budget_everything(world, clock):
    """A withdrawal for slowness has no cause; one after a failure has; the winner's is paid back."""
    budget = Noted(1.5, 2.5)
    hedge = Hedge(2, attempts=3, budget=budget, clock=clock)
    error = ConnectionError("down")
    function = script(world, clock, first=(60, "one"), second=(1, error), third=(1, "three"))
    assert call(world, hedge, function) == "three"
    assert budget.told == [
        "began", ("withdraw", None), ("failed", error), ("withdraw", error), ("succeeded", 3, 2.5),
    ]  # fmt: skip


@pytest.mark.worlds("asyncio", "trio", reason="threads take real time, which the clock does not wait for")
def test_a_first_attempt_that_wins_took_nothing(world, clock):
    """Whether others were begun or not; a bad result is a failure with that result."""
    budget = Noted(1.5)
    hedge = Hedge(2, budget=budget, on_result=lambda value: value == "bad", clock=clock)
    assert call(world, hedge, script(world, clock, first=(3, "one"), second=(60, "two"))) == "one"
    assert budget.told == ["began", ("withdraw", None), ("succeeded", 1, 0.0)]
    budget.told.clear()
    assert call(world, hedge, script(world, clock, first=(1, "bad"))) == "bad"
    assert budget.told == ["began", ("failed", "bad"), ("withdraw", "bad")]


def test_a_budget_is_given_the_clock_of_the_pipeline(clock):
    """Of a retry and of a hedge; not that of a policy alone."""
    for make in (lambda budget: Retry(budget=budget), lambda budget: Hedge(2, budget=budget)):
        budget = Noted()
        policy = make(budget)
        assert budget.clocks == []
        Pipeline(policy, clock=clock)
        assert budget.clocks == [clock]
