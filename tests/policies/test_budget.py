"""The retry budget: its arithmetic against a reference model, and its place in a retry."""

import collections
import threading

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import resilience
from resilience import Fixed, Pipeline, Retry, RetryBudget, events
from resilience._budget import Budget
from resilience.testing import FakeClock, Recorder


def fail():
    raise ConnectionError


def test_retries_are_a_share_of_calls(clock):
    """With 20 % and no minimum, ten calls earn two retries."""
    budget = RetryBudget(0.2, min_per_second=0, clock=clock)
    for _ in range(10):
        budget.began()
    assert [budget.withdraw(None) for _ in range(3)] == [1.0, 1.0, None]
    assert budget.snapshot().as_dict() == {"ratio": 0.2, "balance": 0.0, "granted": 2, "refused": 1}


def test_the_minimum_is_there_without_calls(clock):
    """A quiet client may retry: ten a second over the window."""
    budget = RetryBudget(clock=clock)
    assert budget.balance() == 100
    assert all(budget.withdraw(None) for _ in range(100))
    assert not budget.withdraw(None)


def test_what_was_not_used_is_lost(clock):
    """After the window nothing of it counts."""
    budget = RetryBudget(1.0, min_per_second=0, window=10, clock=clock)
    for _ in range(50):
        budget.began()
    clock.advance(11)
    assert not budget.withdraw(None)


def test_row_2_an_empty_budget_is_the_real_error_now(world, clock):
    """The budget is asked before the sleep; refused means the real error, at once."""
    budget = RetryBudget(0.0, min_per_second=0)
    calls = []

    def body():
        calls.append(1)
        raise ConnectionError

    with Recorder() as recorder, pytest.raises(ConnectionError) as caught:
        world.call(Retry(budget=budget, clock=clock), body)
    assert len(calls) == 1
    assert clock.slept == []
    assert "(budget)" in caught.value.__notes__[0]
    assert len(recorder.of(events.BudgetRefused)) == 1


def test_row_1_budgets_bound_the_load():
    """A dead callee behind three nested retries, 10 % each, sees at most 1.1 times the requests."""
    clock = FakeClock()
    calls = []

    def body():
        calls.append(1)
        raise ConnectionError

    retries = [Retry(budget=RetryBudget(0.1, min_per_second=0), backoff=Fixed(0)) for _ in range(3)]
    policy = Pipeline(*retries, clock=clock)
    for _ in range(1000):
        with pytest.raises(ConnectionError):
            policy.call(body)
    assert 1000 < len(calls) <= 1100


def test_one_budget_serves_many_policies():
    """What one policy took, another cannot take."""
    budget = RetryBudget(0, min_per_second=0.1, window=10, clock=FakeClock())
    first, second = (Retry(attempts=2, budget=budget, backoff=Fixed(0)) for _ in range(2))
    for retry, calls in ((first, 2), (second, 1)):
        made = []

        def body(made=made):
            made.append(1)
            raise ConnectionError

        with pytest.raises(ConnectionError):
            retry.call(body)
        assert len(made) == calls


def test_a_budget_takes_the_pipelines_clock():
    """Its time is the pipeline's, unless it was given one."""
    clock, own = FakeClock(), FakeClock()
    budget, owned = RetryBudget(1.0, min_per_second=0), RetryBudget(1.0, min_per_second=0, clock=own)
    for each in (budget, owned):
        Pipeline(Retry(budget=each, attempts=1), clock=clock).call(int)
    clock.advance(100)
    assert (budget.balance(), owned.balance()) == (0, 1)


def test_success_earns_nothing_more(world, clock):
    """A success is heard, and changes nothing here."""
    budget = RetryBudget(0.5, min_per_second=0, clock=clock)
    assert world.call(Retry(budget=budget, clock=clock), int) == 0
    assert budget.balance() == 0.5
    assert isinstance(budget, Budget)


@pytest.mark.stress
def test_stress_never_more_than_allowed():
    """Two hundred threads take no more than there is."""
    budget = RetryBudget(0, min_per_second=10, window=10, clock=FakeClock())
    granted = []
    threads = [
        threading.Thread(target=lambda: granted.extend(budget.withdraw(None) for _ in range(5))) for _ in range(200)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert granted.count(1.0) == 100


@pytest.mark.parametrize(
    "options",
    [
        {"ratio": -0.1},
        {"ratio": 1.1},
        {"ratio": True},
        {"min_per_second": -1},
        {"min_per_second": float("inf")},
        {"window": 0},
        {"window": float("nan")},
    ],
    ids=repr,
)
def test_row_54_bad_options_name_themselves(options):
    """Each bad option is refused by name."""
    (option,) = options
    with pytest.raises((ValueError, TypeError), match=f"{option}="):
        RetryBudget(**options)


def test_repr():
    """At a glance."""
    assert repr(RetryBudget()) == "RetryBudget(0.2, min_per_second=10, window=10)"
    with pytest.raises(TypeError, match="budget="):
        Retry(budget=object())
    assert resilience.RetryBudget is RetryBudget


class BudgetModel(RuleBasedStateMachine):
    """Against a list of everything that happened in the last ten slices of the window."""

    def __init__(self):
        super().__init__()
        self.clock = FakeClock(start=1000)
        self.budget = RetryBudget(0.25, min_per_second=0.2, window=10, clock=self.clock)
        self.kept = collections.deque()

    def expected(self):
        newest = int(self.clock.now() // 1)
        live = [weight for slice_, weight in self.kept if slice_ > newest - 10]
        return sum(live) + 2

    @rule()
    def began(self):
        self.budget.began()
        self.kept.append((int(self.clock.now() // 1), 0.25))

    @rule()
    def withdraw(self):
        allowed = self.expected() >= 1 - 1e-9
        assert self.budget.withdraw(None) == (1.0 if allowed else None)
        if allowed:
            self.kept.append((int(self.clock.now() // 1), -1))

    @rule(seconds=st.floats(0, 25))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @invariant()
    def same_balance(self):
        assert self.budget.balance() == pytest.approx(max(0, self.expected()), abs=1e-6)


TestBudgetModel = BudgetModel.TestCase
