"""Scenario files: what they may say, and how a mistake is told."""

import pytest

import resilience as r
from resilience.simulate import Constant, LogNormal, Outage, ScenarioError, read_scenario, simulate

WHOLE = """
clients = 20
rate = 2.0
duration = 12
patience = 0.5
shared = true
seed = 3

[[policies]]
kind = "Retry"
attempts = 4
backoff = { kind = "Fixed", seconds = 0.1 }
budget = { kind = "RetryBudget", ratio = 0.1 }

[[policies]]
kind = "CircuitBreaker"
name = "rates"
trip = { kind = "Consecutive", failures = 3 }

[dependency]
capacity = 100
latency = { median = 0.05, p99 = 0.2 }

[[dependency.outages]]
start = 4
end = 6
capacity = 0.0
"""


@pytest.fixture
def scenario(tmp_path, monkeypatch):
    """A function that reads a text as a scenario file."""
    monkeypatch.chdir(tmp_path)

    def read(text, **options):
        path = tmp_path / "scenario.toml"
        path.write_text(text, "utf-8")
        return read_scenario(path, **options)

    return read


def test_a_whole_file(scenario):
    """Every table of it, and it plays."""
    make, script = scenario(WHOLE)
    retry, breaker = make().parts()
    assert (retry.attempts, retry.backoff, retry.budget.ratio) == (4, r.Fixed(0.1), 0.1)
    assert (breaker.name.partition("#")[0], breaker.trip) == ("rates", r.Consecutive(3))
    assert make() is not make()
    assert (script.clients, script.rate, script.patience, script.shared, script.seed) == (20, 2.0, 0.5, True, 3)
    assert script.dependency.latency == LogNormal(0.05, p99=0.2)
    assert script.dependency.outages == (Outage(4, 6, capacity=0),)
    assert simulate(make, script).breaker[0]["policy"] == "rates"


def test_a_short_file(scenario):
    """Everything has a default; the seed may come from elsewhere."""
    make, script = scenario("", seed=9)
    assert make() is None
    assert (script.clients, script.seed, script.dependency.latency) == (100, 9, Constant(0.05))


def test_policies_of_a_module(scenario, tmp_path):
    """A function by its name, found from the working directory."""
    (tmp_path / "shop_policies.py").write_text("import resilience\ndef make(): return resilience.Retry(attempts=7)\n")
    make, _ = scenario('policy = "shop_policies:make"')
    assert make().attempts == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clients = ", "is no TOML"),
        ("clients = 0", "clients=0: must be a whole number"),
        ("client = 3", "client"),
        ("dependency = 3", r"\[dependency\] must be a table"),
        ("[dependency]\noutages = 3", r"\[\[dependency.outages\]\]"),
        ("[dependency]\noutages = [3]", "outage 1: must be a table"),
        ("secnods = 3", "no option 'secnods'; there are dependency, clients, rate, duration,"),
        ("[dependency]\ncapcity = 3", "dependency: no option 'capcity'; did you mean 'capacity'?"),
        ('[[policies]]\nkind = "Retry"\natempts = 3', "policy 1: no option 'atempts'; did you mean 'attempts'?"),
        ("[dependency]\ncapacity = -1", "dependency: capacity=-1"),
        ("[dependency]\nlatency = { median = 1, p99 = 0.5 }", "dependency.latency: p99=0.5"),
        ("[[dependency.outages]]\nstart = 3\nend = 2", "outage 1: end=2"),
        ('policy = "a:b"\n[[policies]]\nkind = "Retry"', "not both"),
        ("policies = []", "must be a list of tables"),
        ("[[policies]]\nattempts = 3", 'a kind, e.g. kind = "Retry"'),
        ('[[policies]]\nkind = "Retri"', "no kind 'Retri'; is it 'Retry'"),
        ('[[policies]]\nkind = "xyzzy"', "no kind 'xyzzy' \\("),
        ('[[policies]]\nkind = "CircuitOpenError"', "no kind 'CircuitOpenError'"),
        ('[[policies]]\nkind = "Retry"\nattempts = 0', "policy 1: attempts=0"),
        ('[[policies]]\nkind = "Retry"\nbackoff = { kind = "Fixed" }', "policy 1.backoff: "),
        ("policy = 3", "must name a function"),
        ('policy = "nowhere:make"', "ModuleNotFoundError"),
        ('policy = "math:pi"', "must be a function that makes a policy"),
    ],
)
def test_row_55_a_mistake_names_its_place(scenario, text, message):
    """The file, the place in it, and what is allowed."""
    with pytest.raises(ScenarioError, match=message) as caught:
        scenario(text)
    assert "scenario.toml" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    """Said in a line."""
    with pytest.raises(ScenarioError, match="cannot be read"):
        read_scenario(tmp_path / "none.toml")
