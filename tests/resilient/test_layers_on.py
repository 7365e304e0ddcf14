"""Which layers `resilient` puts around a function, in which order, with which numbers."""

import datetime as dt

import pytest

import resilience as r
from resilience.config import SettingsError, configure


def layers(guard):
    """The kinds of the layers, outermost first."""
    return [part.kind for part in guard.parts()]


ALL = {
    "fallback": {"RESILIENCE__PAY__FALLBACK__VALUE": "[]"},
    "cache": {"RESILIENCE__PAY__CACHE__TTL_MS": "5000"},
    "retry": {"RESILIENCE__PAY__RETRY__MAX_ATTEMPTS": "5"},
    "rate_limit": {"RESILIENCE__PAY__RATE_LIMIT__BURST_SIZE": "5"},
    "bulkhead": {"RESILIENCE__PAY__BULKHEAD__MAX_CONCURRENT": "5"},
    "total": {"RESILIENCE__PAY__TIMEOUT__TOTAL": "9000"},
    "attempt": {"RESILIENCE__PAY__TIMEOUT__HTTP_REQUEST": "2000"},
}
EVERYTHING = {name: value for names in ALL.values() for name, value in names.items()}


def test_only_the_breaker_by_default():
    """Without arguments and names there is the breaker, and nothing else."""
    assert layers(r.resilient("pay")) == ["circuit-breaker"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"on": ConnectionError}, ["retry", "circuit-breaker"]),
        ({"fallback": None}, ["fallback", "circuit-breaker"]),
        ({"fallback": r.Fallback(factory=list)}, ["fallback", "circuit-breaker"]),
        ({"cache": 30}, ["cache", "circuit-breaker"]),
        ({"cache": dt.timedelta(seconds=30)}, ["cache", "circuit-breaker"]),
        ({"cache": True}, ["cache", "circuit-breaker"]),
        ({"cache": False, "rate_limit": False, "bulkhead": False}, ["circuit-breaker"]),
        ({"rate_limit": 10}, ["circuit-breaker", "rate-limiter"]),
        ({"rate_limit": 0.5}, ["circuit-breaker", "rate-limiter"]),
        ({"rate_limit": True}, ["circuit-breaker", "rate-limiter"]),
        ({"rate_limit": r.RateLimiter(10)}, ["circuit-breaker", "rate-limiter"]),
        ({"bulkhead": 10}, ["circuit-breaker", "bulkhead"]),
        ({"bulkhead": True}, ["circuit-breaker", "bulkhead"]),
        ({"bulkhead": r.Bulkhead(10)}, ["circuit-breaker", "bulkhead"]),
        ({"timeout": 2}, ["circuit-breaker", "timeout"]),
        ({"timeout": r.Timeout(2)}, ["circuit-breaker", "timeout"]),
        ({"timeout": (None, 2)}, ["circuit-breaker", "timeout"]),
        ({"timeout": (10, 2)}, ["circuit-breaker", "timeout"]),
        ({"timeout": (10, 2), "on": OSError}, ["timeout", "retry", "circuit-breaker", "timeout"]),
        ({"timeout": (10, None), "on": OSError}, ["timeout", "retry", "circuit-breaker"]),
    ],
)
def test_code_switches_layers_on(arguments, expected):
    """Each argument switches on its layer."""
    assert layers(r.resilient("pay", **arguments)) == expected


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("fallback", ["fallback", "circuit-breaker"]),
        ("cache", ["cache", "circuit-breaker"]),
        ("retry", ["retry", "circuit-breaker"]),
        ("rate_limit", ["circuit-breaker", "rate-limiter"]),
        ("bulkhead", ["circuit-breaker", "bulkhead"]),
        ("total", ["circuit-breaker", "timeout"]),
        ("attempt", ["circuit-breaker", "timeout"]),
    ],
)
def test_service_names_switch_layers_on(names, layer, expected):
    """Each section that the environment names for the service switches on its layer, for that service only."""
    names(**ALL[layer])
    assert layers(r.resilient("pay")) == expected
    assert layers(r.resilient("orders")) == ["circuit-breaker"]


def test_order(names):
    """The order is fixed: fallback, cache, total timeout, retry, breaker, limiter, bulkhead, attempt timeout."""
    names(**{name.replace("PAY", "ORDERED"): value for name, value in EVERYTHING.items()})
    guard = r.resilient("ordered")
    kinds = ["fallback", "cache", "timeout", "retry", "circuit-breaker", "rate-limiter", "bulkhead", "timeout"]
    assert layers(guard) == kinds
    labels = [part.name for part in guard.parts()]
    after = (".rate-limiter", ".bulkhead", ".attempt-timeout")
    suffixes = (".fallback", ".cache", ".total-timeout", ".retry", "", *after)
    assert labels == [f"ordered{suffix}" for suffix in suffixes]
    assert guard.describe().count("\n") == 8  # a line for each, and the worst case
    assert len(guard.snapshot().policies) == 8
    assert guard.snapshot().name == guard.name == "ordered.resilient"
    assert repr(guard) == f"<Resilient 'ordered' {' > '.join(labels)}>"


def test_a_file_names_services_too(tmp_path):
    """A table of the service in a file switches layers on as well."""
    (tmp_path / "a.toml").write_text("[services.pay.retry]\nmax_attempts = 7\n")
    configure(file=tmp_path / "a.toml")
    retry, _ = r.resilient("pay").parts()
    assert retry.attempts == 7


def test_global_names_give_numbers_only(names):
    """Global names never switch a layer on; where one is on, they give its numbers."""
    names(
        RETRY_MAX_ATTEMPTS=4, CACHE_TTL_MS=7000, CACHE_MAX_SIZE=9, TIMEOUT_TOTAL=8000, TIMEOUT_HTTP_REQUEST=1500,
        RATE_LIMIT_BURST_SIZE=2, CIRCUIT_BREAKER_FAILURE_THRESHOLD=2, CIRCUIT_BREAKER_RESET_TIMEOUT_MS=500,
        CIRCUIT_BREAKER_HALF_OPEN_MAX_CALLS=3, RETRY_INITIAL_DELAY_MS=50, RETRY_MAX_DELAY_MS=600, RETRY_JITTER="0.5",
        RETRY_BACKOFF_MULTIPLIER=3,
    )  # fmt: skip
    (breaker,) = r.resilient("pay").parts()
    assert repr(breaker.trip) == "Consecutive(2)"
    assert breaker.open_seconds(0) == 0.5
    assert breaker.half_open_max_calls == 3
    cache, retry, *_ = r.resilient("pay", on=OSError, cache=True).parts()
    assert (cache.ttl, cache.max_size) == (7, 9)
    assert (retry.attempts, repr(retry.backoff)) == (4, "Exponential(0.05, multiplier=3, maximum=0.6, jitter=0.5)")


def test_defaults_of_code_and_settings_are_the_same():
    """Made from the default settings, each policy equals one that code makes without arguments."""
    cache, retry, breaker = r.resilient("pay", on=r.FAILURES, cache=True).parts()
    plain, own = r.Retry(), r.CircuitBreaker()
    assert (retry.attempts, repr(retry.backoff)) == (plain.attempts, repr(plain.backoff))
    assert (repr(breaker.trip), breaker.half_open_max_calls) == (repr(own.trip), own.half_open_max_calls)
    assert breaker.open_seconds(0) == own.open_seconds(0)
    assert cache.max_size == r.Cache(ttl=1).max_size
    assert cache.store.interval == r.Cache(ttl=1).store.interval
    assert repr(retry.budget) == repr(r.RetryBudget())


@pytest.mark.parametrize(
    ("jitter", "initial", "backoff"),
    [
        ("none", 100, "Exponential(0.1, multiplier=2, maximum=10, jitter='none')"),
        ("equal", 100, "Exponential(0.1, multiplier=2, maximum=10, jitter='equal')"),
        ("0.25", 100, "Exponential(0.1, multiplier=2, maximum=10, jitter=0.25)"),
        ("decorrelated", 100, "Decorrelated(0.1, maximum=10)"),
        ("decorrelated", 0, "Exponential(0, multiplier=2, maximum=10, jitter='full')"),
    ],
)
def test_jitters(names, jitter, initial, backoff):
    """Each jitter of the settings is the backoff of that name."""
    names(RETRY_JITTER=jitter, RETRY_INITIAL_DELAY_MS=initial)
    retry, _ = r.resilient("pay", on=OSError).parts()
    assert repr(retry.backoff) == backoff


def test_environment_naming_the_service_beats_code(names):
    """What the environment says of this service goes before every argument, number by number."""
    names(**EVERYTHING)
    cache = r.Cache(ttl=60, max_size=3)
    guard = r.resilient("pay", fallback={}, cache=cache, timeout=(20, r.Timeout(7)), on=OSError)
    fallback, same, total, retry, _, _, _, attempt = guard.parts()
    assert guard.pipeline.call(int, "7") == 7
    assert same is cache
    assert (cache.ttl, cache.max_size) == (5, 3)
    assert (total.seconds, retry.attempts, attempt.seconds) == (9, 5, 2)
    assert fallback.name.startswith("pay.fallback")


def test_code_beats_the_rest(names):
    """Arguments go before global names."""
    names(TIMEOUT_TOTAL=1000, TIMEOUT_HTTP_REQUEST=1000, CACHE_TTL_MS=1000)
    cache, total, _, _, attempt = r.resilient("pay", cache=30, timeout=(20, 7), on=OSError).parts()
    assert (cache.ttl, total.seconds, attempt.seconds) == (30, 20, 7)


def test_code_beats_a_file(tmp_path):
    """Arguments go before a file, even where it names the service."""
    (tmp_path / "a.toml").write_text(
        "[services.pay]\ntimeout = {total = 1000, http_request = 1000}\ncache = {ttl_ms = 1000}\nfallback = {value = 1}\n"
    )
    configure(file=tmp_path / "a.toml")
    fallback, cache, _, attempt = r.resilient("pay", cache=30, timeout=7, fallback=2).parts()
    assert (cache.ttl, attempt.seconds) == (30, 1)  # the file's total is the shorter limit of the one attempt
    assert repr(fallback).endswith(" 2>")


def test_named_breaker_is_the_service_s(names):
    """`CircuitBreaker.named` and `resilient` share one breaker; what code gave it stays, but for the service's names."""
    named = r.CircuitBreaker.named("pay", trip=r.Consecutive(7), reset_timeout=r.Fixed(9))
    names(CIRCUIT_BREAKER_FAILURE_THRESHOLD=2, CIRCUIT_BREAKER_RESET_TIMEOUT_MS=1000)
    names(RESILIENCE__PAY__CIRCUIT_BREAKER__HALF_OPEN_MAX_CALLS=4)
    (breaker,) = r.resilient("pay").parts()
    assert breaker is named is r.CircuitBreaker.named("pay")
    assert (repr(breaker.trip), breaker.open_seconds(0), breaker.half_open_max_calls) == ("Consecutive(7)", 9, 4)
    names(RESILIENCE__ORDERS__CIRCUIT_BREAKER__FAILURE_THRESHOLD=3)
    r.CircuitBreaker.named("orders", trip=r.Consecutive(7))
    r.config.reload()
    assert repr(r.resilient("orders").parts()[0].trip) == "Consecutive(3)"


def test_a_trip_that_has_no_threshold(names):
    """A breaker that code made trip on a rate keeps it; a threshold that names the service cannot be met, and says so."""
    names(CIRCUIT_BREAKER_FAILURE_THRESHOLD=2)
    r.CircuitBreaker.named("pay", trip=r.FailureRate(0.5))
    (breaker,) = r.resilient("pay").parts()
    assert isinstance(breaker.trip, r.FailureRate)
    names(RESILIENCE__ORDERS__CIRCUIT_BREAKER__FAILURE_THRESHOLD=3)
    r.config.reload()
    r.CircuitBreaker.named("orders", trip=r.FailureRate(0.5))
    with pytest.raises(
        SettingsError,
        match=r"^RESILIENCE__ORDERS__.*: the code makes this breaker trip on FailureRate.*, which has no such threshold; "
        "take this name away",
    ):
        r.resilient("orders")


def test_wrong_values_are_refused_when_they_are_used(names):
    """A wrong number stops the functions whose layers need it, and no others."""
    names(CACHE_TTL_MS="1s", RETRY_JITTER="wild")
    r.resilient("pay")
    with pytest.raises(SettingsError, match="CACHE_TTL_MS"):
        r.resilient("pay", cache=True)
    with pytest.raises(SettingsError, match="RETRY_JITTER"):
        r.resilient("pay", on=OSError)


def test_names_that_fold_alike():
    """Two names that no operator could tell apart are refused."""
    r.resilient("pay-api")
    with pytest.raises(SettingsError, match="cannot be told apart: both are PAY_API"):
        r.resilient("pay.api")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("",), ValueError, "name=''"),
        ((None,), TypeError, "name=None: must be the name of a service"),
        ((5,), TypeError, "name=5"),
        (("a\nb",), ValueError, "name="),
        (("---",), SettingsError, "needs a letter or a digit"),
    ],
)
def test_row_54_names(arguments, error, words):
    """A name is a printable text with something in it to fold."""
    with pytest.raises(error) as caught:
        r.resilient(*arguments)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"timeout": 0}, "timeout=0"),
        ({"timeout": True}, "timeout=True"),
        ({"timeout": float("nan")}, "timeout=nan"),
        ({"timeout": (1, 2, 3)}, "timeout=(1, 2, 3)"),
        ({"timeout": (0, 2)}, "timeout=0"),
        ({"cache": 0}, "cache=0"),
        ({"cache": "30"}, "cache='30'"),
        ({"cache": []}, "cache=[]: must be seconds, True, or a Cache"),
        ({"rate_limit": 0}, "rate_limit=0: must be a finite number above 0"),
        ({"rate_limit": float("inf")}, "rate_limit=inf"),
        ({"rate_limit": "10"}, "rate_limit='10': must be calls a second, True, or a RateLimiter"),
        ({"bulkhead": 0}, "bulkhead=0"),
        ({"bulkhead": 2.5}, "bulkhead=2.5"),
        ({"bulkhead": r.Retry}, "must be calls at once, True, or a Bulkhead, e.g. bulkhead=10"),
        ({"fallback": list}, "must be a value, or Fallback(factory=...), or Fallback(call=...)"),
        ({"on": 5}, "on=5"),
    ],
)
def test_row_54_arguments(arguments, words):
    """A wrong argument is refused with its name, its value and what is allowed."""
    with pytest.raises((TypeError, ValueError)) as caught:
        r.resilient("pay", **arguments)
    assert words in str(caught.value)
