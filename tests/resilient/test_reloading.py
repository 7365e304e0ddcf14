"""A reload changes live guards in place: numbers, layers; what was counted and decided stays."""

import os
import threading

import pytest

import resilience as r
from resilience import _registry
from resilience.config import SettingsError, configure, reload
from resilience.testing import no_waiting


def kinds(guard):
    """The kinds of the layers, outermost first."""
    return [part.kind for part in guard.parts()]


def down():
    raise ConnectionError("down")


def test_counts_and_windows_stay(names):
    """A new threshold counts the failures from before; an open circuit stays open."""
    call = r.resilient("pay")(down)
    (breaker,) = call.policy.parts()
    for _ in range(3):
        with pytest.raises(ConnectionError):
            call()
    names(CIRCUIT_BREAKER_FAILURE_THRESHOLD=4)
    reload()
    assert breaker.explain() == "closed: 3 failures in a row; opens at 4"
    with pytest.raises(ConnectionError):
        call()
    assert breaker.state == "open"
    names(CIRCUIT_BREAKER_FAILURE_THRESHOLD=100, CIRCUIT_BREAKER_RESET_TIMEOUT_MS=1)
    reload()
    assert breaker.state == "open"
    with pytest.raises(r.CircuitOpenError):
        call()
    names(CIRCUIT_BREAKER_FAILURE_THRESHOLD=None)
    reload()
    assert repr(breaker.trip) == "Consecutive(5)"


def test_numbers_change_in_place(names):
    """The same policies have the new numbers, and what they had stays."""
    guard = r.resilient("pay", on=OSError, cache=True, timeout=(9, 3))
    assert guard(lambda: 7)() == 7
    before = guard.parts()
    cache, total, retry, _, attempt = before
    names(
        RETRY_MAX_ATTEMPTS=9, RETRY_JITTER="none", CACHE_TTL_MS=1000, CACHE_MAX_SIZE=5, CACHE_CLEANUP_INTERVAL_MS=2000,
        TIMEOUT_TOTAL=1000,
    )  # fmt: skip
    reload()
    assert guard.parts() == before
    assert (retry.attempts, retry.backoff.jitter) == (9, "none")
    assert (cache.ttl, cache.max_size, cache.store.interval, cache.snapshot().size) == (1, 5, 2, 1)
    assert (total.seconds, attempt.seconds) == (9, 3)
    names(RESILIENCE__PAY__TIMEOUT__TOTAL=4000, RESILIENCE__PAY__TIMEOUT__HTTP_REQUEST=2000)
    reload()
    assert guard.parts() == before
    assert (total.seconds, attempt.seconds) == (4, 2)
    names(RESILIENCE__PAY__TIMEOUT__TOTAL=None, RESILIENCE__PAY__TIMEOUT__HTTP_REQUEST=None)
    reload()
    assert (total.seconds, attempt.seconds) == (9, 3)


def test_running_episode_sees_the_new_numbers(names):
    """A call that is being retried while settings are read goes on by the new ones."""
    calls = []

    @r.resilient("pay", on=OSError)
    def call():
        calls.append(1)
        if len(calls) == 2:
            names(RETRY_MAX_ATTEMPTS=5)
            reload()
        raise ConnectionError

    with no_waiting(), pytest.raises(ConnectionError):
        call()
    assert len(calls) == 5


def test_layers_come_and_go(world, names):
    """A name of the service switches its layer on in functions that were decorated before, and off again."""
    calls = []

    def body():
        calls.append(1)
        raise ConnectionError("down")

    guard = r.resilient("pay")
    call = guard(world.function(body))
    with no_waiting():
        with pytest.raises(ConnectionError):
            world.run(call)
        names(RESILIENCE__PAY__RETRY__MAX_ATTEMPTS=2, RESILIENCE__PAY__FALLBACK__VALUE='"nothing"')
        reload()
        assert kinds(guard) == ["fallback", "retry", "circuit-breaker"]
        assert world.run(call) == "nothing"
        assert len(calls) == 3
        retry = guard.parts()[1]
        names(RESILIENCE__PAY__RETRY__MAX_ATTEMPTS=None, RESILIENCE__PAY__FALLBACK__VALUE='"none"')
        reload()
        assert world.run(call) == "none"
        assert len(calls) == 4
        names(RESILIENCE__PAY__RETRY__MAX_ATTEMPTS=3)
        reload()
        assert guard.parts()[1] is retry
    (breaker,) = [part for part in guard.parts() if part.kind == "circuit-breaker"]
    assert breaker.snapshot().failures == 4


def test_policies_of_code_come_back(names):
    """Where the environment stops naming a number, the code's own holds again."""
    cache, timeout = r.Cache(ttl=60, max_size=7), r.Timeout(8)
    guard = r.resilient("pay", cache=cache, timeout=timeout, fallback="code")
    names(
        RESILIENCE__PAY__CACHE__TTL_MS=1000, RESILIENCE__PAY__TIMEOUT__HTTP_REQUEST=1000,
        RESILIENCE__PAY__FALLBACK__VALUE='"environment"',
    )  # fmt: skip
    reload()
    assert (cache.ttl, cache.max_size, timeout.seconds) == (1, 7, 1)
    assert guard(down)() == "environment"
    names(
        RESILIENCE__PAY__CACHE__TTL_MS=None, RESILIENCE__PAY__TIMEOUT__HTTP_REQUEST=None,
        RESILIENCE__PAY__FALLBACK__VALUE=None,
    )  # fmt: skip
    reload()
    assert (cache.ttl, cache.max_size, timeout.seconds) == (60, 7, 8)
    assert guard.parts()[1:] == (cache, guard.parts()[2], timeout)
    assert guard(lambda: down())() == "code"


def test_clock_of_the_pipeline_rules_new_layers(names, clock):
    """A layer that comes later takes the clock of the pipeline that holds the guard."""
    guard = r.resilient("pay")
    call = r.Pipeline(guard, clock=clock)(down)
    names(RESILIENCE__PAY__RETRY__MAX_ATTEMPTS=3, RETRY_JITTER="none")
    reload()
    with pytest.raises(ConnectionError):
        call()
    assert clock.slept == [pytest.approx(0.1), pytest.approx(0.2)]


def test_refused_reload_changes_nothing(names):
    """If one live guard cannot follow, none does, and the settings stay."""
    first, second = r.resilient("pay", on=OSError), r.resilient("orders")
    retry = first.parts()[0]
    r.resilient("orders", rate_limit=r.RateLimiter(10, cost=5))
    names(RETRY_MAX_ATTEMPTS=9, RESILIENCE__ORDERS__RATE_LIMIT__BURST_SIZE=1)
    with pytest.raises(
        SettingsError, match="RESILIENCE__ORDERS__RATE_LIMIT__BURST_SIZE: burst=1: must be at least cost"
    ):
        reload()
    assert retry.attempts == 3
    assert r.config.get_config("retry.max_attempts") == 3
    names(RESILIENCE__ORDERS__RATE_LIMIT__BURST_SIZE=None)
    reload()
    assert retry.attempts == 9
    assert kinds(second) == ["circuit-breaker"]


def test_threshold_for_a_rate_is_refused_on_reload(names):
    """A threshold cannot reach a breaker that trips on a rate; the reload says so and changes nothing."""
    r.CircuitBreaker.named("pay", trip=r.FailureRate(0.5))
    guard = r.resilient("pay")
    names(
        RESILIENCE__PAY__CIRCUIT_BREAKER__FAILURE_THRESHOLD=3, RESILIENCE__PAY__CIRCUIT_BREAKER__HALF_OPEN_MAX_CALLS=3
    )
    with pytest.raises(SettingsError, match="the code makes this breaker trip on FailureRate"):
        reload()
    assert guard.parts()[0].half_open_max_calls == 1


def test_configure_reaches_live_guards():
    """`configure` changes them as a reload does."""
    guard = r.resilient("pay", on=OSError)
    configure(retry={"max_attempts": 8}, services={"pay": {"cache": {"ttl_ms": 500}}})
    assert guard.parts()[1].attempts == 8
    assert kinds(guard) == ["cache", "retry", "circuit-breaker"]


def test_guards_that_are_gone_are_forgotten(names):
    """A guard that nobody holds is not followed, and does not live on for the registry's sake."""
    r.resilient("pay", on=OSError)
    names(RETRY_MAX_ATTEMPTS=9)
    reload()
    assert len(_registry.REGISTRY.service("pay").members) == 0


def test_subscribers_see_live_guards_changed(names):
    """When subscribers are told, the guards have changed already."""
    guard = r.resilient("pay", on=OSError)
    seen = []
    with r.config.subscribe(lambda changes: seen.append(guard.parts()[0].attempts)):
        names(RETRY_MAX_ATTEMPTS=9)
        reload()
    assert seen == [9]


@pytest.mark.stress
def test_calls_while_reloading(names):
    """Calls in many threads see one set of layers or the other, never a mixture, and none fails for it."""
    guard = r.resilient("pay")
    call = guard(lambda: 7)
    stop, wrong = threading.Event(), []

    def work():
        while not stop.is_set():
            try:
                if call() != 7:
                    wrong.append("value")
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for turn in range(30):
        names(RESILIENCE__PAY__RETRY__MAX_ATTEMPTS=2 + turn)
        reload()
        names(RESILIENCE__PAY__RETRY__MAX_ATTEMPTS=None, CACHE_MAX_SIZE=turn + 1)
        reload()
    stop.set()
    for thread in threads:
        thread.join(30)
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_row_60_registry_after_a_fork():
    """A child's registry does not wait for a lock of the parent."""
    registry = _registry.REGISTRY
    with registry._lock:
        registry.renew_lock()  # what runs in every child
        assert registry.service("pay").name == "pay"
