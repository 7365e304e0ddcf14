"""Every setting under exactly its name, in each of its spellings, and what happens to names that are nearly right."""

import pytest

from resilience.config import Settings, SettingsError, get_config

# variable, name in Python, default, another text, what it means
TABLE = [
    ("RETRY_MAX_ATTEMPTS", "retry.max_attempts", 3, "5", 5),
    ("RETRY_INITIAL_DELAY_MS", "retry.initial_delay_ms", 100, "0", 0),
    ("RETRY_MAX_DELAY_MS", "retry.max_delay_ms", 10_000, "20000", 20_000),
    ("RETRY_BACKOFF_MULTIPLIER", "retry.backoff_multiplier", 2.0, "1.5", 1.5),
    ("RETRY_JITTER", "retry.jitter", "full", "0.2", 0.2),
    ("RETRY_STATUS_CODES", "retry.status_codes", (408, 429, 500, 502, 503, 504), "429, 503,429", (429, 503)),
    ("RATE_LIMIT_REQUESTS_PER_SECOND", "rate_limit.requests_per_second", 10, "0.5", 0.5),
    ("RATE_LIMIT_BURST_SIZE", "rate_limit.burst_size", 20, "1", 1),
    ("TIMEOUT_HTTP_REQUEST", "timeout.http_request", 10_000, "250", 250),
    ("TIMEOUT_TOTAL", "timeout.total", 0, "60000", 60_000),
    ("TIMEOUT_SHELL_COMMAND", "timeout.shell_command", 30_000, "1", 1),
    ("TIMEOUT_HEALTH_CHECK", "timeout.health_check", 5_000, "31536000000", 31_536_000_000),
    ("CACHE_TTL_MS", "cache.ttl_ms", 30_000, "1000", 1000),
    ("CACHE_MAX_SIZE", "cache.max_size", 1000, "1", 1),
    ("CACHE_CLEANUP_INTERVAL_MS", "cache.cleanup_interval_ms", 60_000, "5", 5),
    ("CIRCUIT_BREAKER_FAILURE_THRESHOLD", "circuit_breaker.failure_threshold", 5, "2", 2),
    ("CIRCUIT_BREAKER_RESET_TIMEOUT_MS", "circuit_breaker.reset_timeout_ms", 30_000, "10", 10),
    ("CIRCUIT_BREAKER_HALF_OPEN_MAX_CALLS", "circuit_breaker.half_open_max_calls", 1, "3", 3),
    ("THRESHOLD_CPU_PERCENT", "threshold.cpu_percent", 80, "99.5", 99.5),
    ("THRESHOLD_MEMORY_PERCENT", "threshold.memory_percent", 85, "100", 100),
    ("THRESHOLD_DISK_PERCENT", "threshold.disk_percent", 90, "1", 1),
    ("THRESHOLD_RESPONSE_TIME_MS", "threshold.response_time_ms", 1000, "20", 20),
    ("THRESHOLD_ERROR_RATE", "threshold.error_rate", 0.05, "0", 0),
    ("MINIAPP_STATUS_TTL_MS", "miniapp.status_ttl_ms", 10_000, "1", 1),
    ("MINIAPP_HEALTH_TTL_MS", "miniapp.health_ttl_ms", 30_000, "2", 2),
    ("LOG_LEVEL", "logging.level", "info", "DEBUG", "debug"),
    ("LOG_REQUESTS", "logging.requests", False, "true", True),
    ("LOG_RESPONSES", "logging.responses", False, "on", True),
]
NAMES = [row[0] for row in TABLE]


def value_of(settings, dotted):
    """`settings.retry.max_attempts` for `retry.max_attempts`."""
    section, field = dotted.split(".")
    return getattr(getattr(settings, section), field)


def test_table_is_whole():
    """The settings hold these names and no others."""
    from resilience.config._variable import VARIABLES

    assert list(VARIABLES) == NAMES


@pytest.mark.parametrize(("name", "dotted", "default"), [row[:3] for row in TABLE], ids=NAMES)
def test_default(name, dotted, default):
    """With nothing set, each setting has the default of the contract, and says so."""
    settings = Settings(environment={})
    assert value_of(settings, dotted) == default
    assert str(settings.source(dotted)) == "default"


@pytest.mark.parametrize(("name", "dotted", "default", "text", "value"), TABLE, ids=NAMES)
def test_bare_name(name, dotted, default, text, value):
    """The bare name sets it, and is its source."""
    settings = Settings(environment={name: text})
    assert value_of(settings, dotted) == value
    assert str(settings.source(dotted)) == name


@pytest.mark.parametrize(("name", "dotted", "default", "text", "value"), TABLE, ids=NAMES)
def test_prefixed_name(name, dotted, default, text, value):
    """The name with RESILIENCE_ beats the bare one, whose value is then not even looked at."""
    settings = Settings(environment={name: "wrong", f"RESILIENCE_{name}": text})
    assert value_of(settings, dotted) == value
    assert str(settings.source(dotted)) == f"RESILIENCE_{name}"


@pytest.mark.parametrize(("name", "dotted", "default", "text", "value"), TABLE, ids=NAMES)
def test_process_environment(name, dotted, default, text, value, monkeypatch):
    """Set in the process's own environment, `get_config` gives it."""
    monkeypatch.setenv(name, text)
    assert get_config(dotted) == value


@pytest.mark.parametrize("off", ["false", "0", "no", "OFF"])
def test_bare_names_off(off):
    """RESILIENCE_BARE_NAMES=false leaves only the names with RESILIENCE_."""
    names = {"RETRY_MAX_ATTEMPTS": "wrong", "CACHE_MAX_SIZE": "7", "RESILIENCE_CACHE_MAX_SIZE": "8"}
    settings = Settings(environment={**names, "RESILIENCE_BARE_NAMES": off})
    assert settings.retry.max_attempts == 3
    assert settings.cache.max_size == 8


def test_bare_names_wrong():
    """A RESILIENCE_BARE_NAMES that is neither true nor false is refused when anything is used."""
    settings = Settings(environment={"RESILIENCE_BARE_NAMES": "nope"})
    with pytest.raises(SettingsError, match=r"^RESILIENCE_BARE_NAMES='nope': must be true or false, e\.g\. "):
        settings.cache  # noqa: B018 # using it is the test


def test_lower_case_is_another_name():
    """Names count as they are written: a lower-case one is not ours."""
    assert Settings(environment={"retry_max_attempts": "wrong"}).retry.max_attempts == 3


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("RESILIENCE__PAYMENTS__RETRY__MAX_ATEMPTS", "did you mean RESILIENCE__PAYMENTS__RETRY__MAX_ATTEMPTS?"),
        ("RESILIENCE__PAYMENTS__RETRI__JITTER", "did you mean RESILIENCE__PAYMENTS__RETRY__JITTER?"),
        ("RESILIENCE__PAYMENTS__RETRY_JITTER", "did you mean RESILIENCE__PAYMENTS__RETRY__JITTER?"),
        ("RESILIENCE__payments__RETRY__JITTER", "did you mean RESILIENCE__PAYMENTS__RETRY__JITTER?"),
        ("RESILIENCE__PAY-MENTS__RETRY__JITTER", "did you mean RESILIENCE__PAY_MENTS__RETRY__JITTER?"),
        ("RESILIENCE__PAYMENTS__BULKHEAD__QUEUE", "did you mean RESILIENCE__PAYMENTS__BULKHEAD__MAX_QUEUE?"),
        ("RESILIENCE__PAYMENTS__HEDGE__AFTER_MS", "a service has no HEDGE; what it has is RETRY, RATE_LIMIT, "),
        ("RESILIENCE__RETRY__JITTER", "for all services it is RESILIENCE_RETRY_JITTER, for a service payments "),
        ("RESILIENCE__RETRY_JITTER", "for all services it is RESILIENCE_RETRY_JITTER, for a service payments "),
        ("RESILIENCE__MAX_ATTEMPTS", "for all services it is RESILIENCE_RETRY_MAX_ATTEMPTS, for a service payments "),
        ("RESILIENCE__LOG__LEVEL", "for all services it is RESILIENCE_LOG_LEVEL"),
        ("RESILIENCE__PAYMENTS__LOG__LEVEL", "there is one logger for all services; set RESILIENCE_LOG_LEVEL"),
        ("RESILIENCE__PAYMENTS__LOG_LEVEL", "there is one logger for all services; set RESILIENCE_LOG_LEVEL"),
        ("RESILIENCE__payments__LOG__LEVEL", "there is one logger for all services; set RESILIENCE_LOG_LEVEL"),
        ("RESILIENCE__", "followed by a section and a field, as in RESILIENCE__PAYMENTS__RETRY__MAX_ATTEMPTS"),
        ("RESILIENCE__ORDERS", "followed by a section and a field, as in RESILIENCE__ORDERS__RETRY__MAX_ATTEMPTS"),
        ("RESILIENCE__PAYMENTS__CACHE", "did you mean one of RESILIENCE__PAYMENTS__CACHE__TTL_MS, RESILIENCE__"),
        ("RESILIENCE__PAYMENTS_RETRY_JITTER", "did you mean RESILIENCE__PAYMENTS__RETRY__JITTER?"),
        ("RESILIENCE__OUR_PAYMENTS_CACHE_TTL_MS", "did you mean RESILIENCE__OUR_PAYMENTS__CACHE__TTL_MS?"),
        ("RESILIENCE__PAYMENTS__RETRY__JITTER__X", "did you mean RESILIENCE__PAYMENTS__RETRY__JITTER?"),
        (
            "RESILIENCE_PAY__RETRY__MAX_ATTEMPTS",
            "did you mean RESILIENCE_RETRY_MAX_ATTEMPTS, or RESILIENCE__PAY__RETRY__MAX_ATTEMPTS?",
        ),
        ("RESILIENCE_RETRY_MAX_ATEMPTS", "did you mean RESILIENCE_RETRY_MAX_ATTEMPTS?"),
        ("RESILIENCE_CACHE_TTL", "did you mean RESILIENCE_CACHE_TTL_MS?"),
        ("RESILIENCE_LOGLEVEL", "did you mean RESILIENCE_LOG_LEVEL?"),
        ("RESILIENCE_BARE_NAME", "did you mean RESILIENCE_BARE_NAMES?"),
        ("RESILIENCE_ENVFILE", "did you mean RESILIENCE_ENV_FILE?"),
    ],
)
def test_unknown_name_is_refused(name, meant):
    """An unknown name in our space is refused at the first use of anything, with the nearest right one."""
    settings = Settings(environment={name: "5"})
    with pytest.raises(SettingsError) as caught:
        settings.cache  # noqa: B018
    assert str(caught.value).startswith(f"{name}: ")
    assert meant in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "RESILIENCE__",
        "RESILIENCE__PAYMENTS",
        "RESILIENCE__PAYMENTS_LOG_LEVEL",
        "RESILIENCE__LOG__LEVEL",
        "RESILIENCE__LEVEL",
    ],
)
def test_what_is_meant_would_be_taken(name):
    """No name is proposed that is refused in its turn, as the level of the one logger for all services."""
    with pytest.raises(SettingsError) as caught:
        Settings(environment={name: "5"}).cache  # noqa: B018
    assert "LOG__LEVEL" not in str(caught.value).partition("; ")[2]


@pytest.mark.parametrize(
    "name",
    [
        "RESILIENCE_SERVICE_HOST",
        "RESILIENCE_SERVICE_PORT",
        "RESILIENCE_SERVICE_PORT_HTTP",
        "RESILIENCE_PORT",
        "RESILIENCE_PORT_80_TCP",
        "RESILIENCE_PORT_80_TCP_ADDR",
        "RESILIENCE_CACHE_SERVICE_HOST",
        "RESILIENCE_CACHE_TTL_MS_SERVICE_PORT",
        "RESILIENCE_RETRY_JITTER_PORT_53_UDP_PROTO",
        "RESILIENCE__PAYMENTS_SERVICE_HOST",
        "RESILIENCE__PAYMENTS_PORT_80_TCP",
        "RETRY_SERVICE_HOST",
        "CACHE_PORT",
        "RESILIENCE_HOME",
        "RESILIENCE_TEAM",
        "RESILIENCE",
    ],
)
def test_other_names_are_left_alone(name):
    """What a cluster injects, and what is nobody's slip, is never refused."""
    Settings(environment={name: "tcp://10.0.0.1:80"}).check()


def test_row_59_names_are_escaped():
    """A name that carries line breaks, colours or direction marks cannot forge lines of a log."""
    nasty = "RESILIENCE__A\r\nFAKE ok\x1b[31m\u202e__RETRY__X"
    with pytest.raises(SettingsError) as caught:
        Settings(environment={nasty: "5"}).check()
    assert caught.value.problems[0].isprintable()
    assert len(str(caught.value).splitlines()) == 1
