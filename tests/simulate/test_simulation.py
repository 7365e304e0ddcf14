"""Simulations: the same figures at every run, a storm that is one, and what policies do to it."""

import asyncio

import pytest

import resilience as r
from resilience.simulate import Dependency, Outage, Scenario, simulate
from resilience.simulate._report import _quantiles


def brown_out(**options):
    """200 calls a second to a dependency of 300; for 8 s a tenth of that is left."""
    dependency = Dependency(capacity=300, latency=0.05, outages=[Outage(5, 13, capacity=0.1)])
    return Scenario(dependency, **{"clients": 200, "duration": 30, "patience": 0.5, "shared": True, **options})


def storming():
    return r.Pipeline(r.Retry(attempts=3), r.Timeout(0.15))


def budgeted():
    budget = r.RetryBudget(0.1, min_per_second=1)
    return r.Pipeline(r.Retry(attempts=3, budget=budget), r.CircuitBreaker(reset_timeout=1), r.Timeout(0.15))


def test_the_same_seed_gives_the_same_report():
    """To the last digit, whatever else lives in the process; another seed another one."""
    first = simulate(budgeted, brown_out())
    other_lives = r.CircuitBreaker(), r.Retry()
    assert simulate(budgeted, brown_out()) == first
    assert simulate(budgeted, brown_out(seed=1)) != first
    assert len(other_lives) == 2


def test_row_2_a_retry_storm_outlives_its_trigger_and_a_budget_ends_it():
    """Without protection the retries keep the dependency down; with budget and breaker it is back by itself."""
    storm, calm = simulate(storming, brown_out()), simulate(budgeted, brown_out())
    assert storm.amplification > 2
    assert storm.outages[0].back is None
    assert calm.amplification < 1.1
    assert calm.outages[0].back is not None
    assert calm.success_rate > 2 * storm.success_rate


def test_no_policies_at_all():
    """The dependency alone: every call is one request, and all that fails is told by its class."""
    scenario = Scenario(Dependency(outages=[Outage(2, 4, capacity=0)]), clients=100, duration=10)
    report = simulate(lambda: None, scenario)
    assert report.amplification == 1
    assert report.failures == {"DependencyError": report.failed}
    assert report.outages[0].as_dict() == {"start": 2, "end": 4, "served": 0, "back": 0}
    assert report.latency_ms == pytest.approx({"p50": 50, "p95": 50, "p99": 50})
    assert report.calls == sum(second.offered for second in report.seconds) == pytest.approx(1000, abs=120)
    assert report.calls == report.served + report.failed + report.under_way


def test_callers_lose_patience():
    """A dependency that hangs is given up on, and counted so."""
    scenario = Scenario(Dependency(outages=[Outage(1, 9, hangs=True)]), clients=50, duration=10, patience=0.5)
    report = simulate(lambda: None, scenario)
    assert report.gave_up > 300
    assert report.failed == 0
    assert report.breaker == ()


def test_every_client_has_a_breaker_of_its_own_unless_shared():
    """The timeline names the client; a shared one is one."""
    dependency = Dependency(outages=[Outage(2, 4, capacity=0)])
    own = simulate(budgeted, Scenario(dependency, clients=2, rate=20, duration=8)).breaker
    assert {change["policy"] for change in own} == {"circuit-breaker of client 1", "circuit-breaker of client 2"}
    shared = simulate(budgeted, Scenario(dependency, clients=2, rate=20, duration=8, shared=True))
    first = [(change["from"], change["to"]) for change in shared.breaker[:2]]
    assert first == [("closed", "open"), ("open", "half-open")]
    assert {change["policy"] for change in shared.breaker} == {"circuit-breaker"}
    assert shared.seconds[2].open == 1
    assert shared.refused == sum(second.refused for second in shared.seconds) > 0


def test_a_cache_serves_without_the_dependency():
    """Requests are fewer than calls: the amplification is below one."""
    report = simulate(lambda: r.Cache(ttl=1), Scenario(Dependency(), clients=10, rate=10, duration=10, shared=True))
    assert report.amplification < 0.2
    assert report.success_rate > 0.98


@pytest.mark.parametrize(
    ("policy", "message"),
    [(r.Retry(), "policy=<Retry"), (3, "policy=3"), (lambda: 3, r"policy\(\) gave 3")],
    ids=["a policy", "a number", "makes a number"],
)
def test_what_makes_no_policy_is_refused(policy, message):
    """By what it is, and what to give."""
    with pytest.raises(TypeError, match=message):
        simulate(policy, brown_out())


def test_not_inside_a_loop_or_another_one():
    """It would block the loop; the message says so."""

    async def main():
        with pytest.raises(RuntimeError, match="event loop"):
            simulate(storming, brown_out())

    asyncio.run(main())

    def nested():
        simulate(storming, brown_out())

    with pytest.raises(RuntimeError, match="another simulation"):
        simulate(nested, brown_out())
    assert simulate(lambda: None, brown_out()).calls > 0  # all is as before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clients": 0}, "clients=0"),
        ({"rate": 0}, "rate=0"),
        ({"duration": 4}, "duration=4"),
        ({"patience": -1}, "patience=-1"),
        ({"shared": "yes"}, "shared='yes'"),
        ({"seed": -1}, "seed=-1"),
    ],
    ids=str,
)
def test_row_54_bad_options_name_themselves(options, message):
    """Each bad option is refused by name."""
    with pytest.raises((ValueError, TypeError), match=message):
        brown_out(**options)
    with pytest.raises(TypeError, match="dependency=None"):
        Scenario(None)


def test_latencies_are_told_by_rank():
    """Half, 95 and 99 of a hundred are below; of few the last; of none nothing."""
    assert _quantiles([number / 1000 for number in range(100, 0, -1)]) == pytest.approx(
        {"p50": 51, "p95": 96, "p99": 100}
    )
    assert _quantiles([number / 1000 for number in range(1, 1001)]) == pytest.approx(
        {"p50": 501, "p95": 951, "p99": 991}
    )
    assert _quantiles([0.007]) == pytest.approx({"p50": 7, "p95": 7, "p99": 7})
    assert _quantiles([]) == {"p50": None, "p95": None, "p99": None}
