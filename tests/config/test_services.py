"""The settings of single services: how names fold, what only services have, what names a layer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.config import Settings, SettingsError
from resilience.config._variable import fold


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("payments", "PAYMENTS"),
        ("payments-api", "PAYMENTS_API"),
        ("Payments.API v2", "PAYMENTS_API_V2"),
        ("--payments--", "PAYMENTS"),
        ("a__b", "A_B"),
        ("straße", "STRASSE"),
        ("https://api.example.com/v1", "HTTPS_API_EXAMPLE_COM_V1"),
    ],
)
def test_fold(name, folded):
    """A name folds to upper case and single underscores, and is found so in the environment."""
    assert fold(name) == folded
    settings = Settings(environment={f"RESILIENCE__{folded}__CACHE__MAX_SIZE": "5"})
    assert settings.service(name).cache.max_size == 5
    assert settings.service(name).name == name


@given(st.text())
def test_fold_is_stable(name):
    """Folding twice is folding once, and never makes the separator of names."""
    folded = fold(name)
    assert fold(folded) == folded
    assert "__" not in folded


def test_names_that_fold_alike_are_refused():
    """A second used name that the environment cannot tell from the first is refused; the first goes on."""
    settings = Settings(environment={})
    first = settings.service("payments-api")
    with pytest.raises(
        ValueError, match=r"'payments.api' and 'payments-api' cannot be told apart: both are PAYMENTS_API"
    ):
        settings.service("payments.api")
    assert settings.service("payments-api") is first
    assert settings.services == ("payments-api",)


@pytest.mark.parametrize("name", ["", "---", "???", "\n"])
def test_names_need_a_letter(name):
    """A name that folds to nothing could not be set by anybody."""
    with pytest.raises(ValueError, match=r"a service's name needs a letter or a digit, e.g. 'payments'"):
        Settings(environment={}).service(name)


def test_looking_does_not_use_a_name():
    """Who only looks at a service does not reserve its name."""
    settings = Settings(environment={"RESILIENCE__PAY__RETRY__JITTER": "none"})
    assert settings.services == ("pay",)
    assert settings.of_service("pay").retry.jitter == "none"
    assert settings.service("PAY").retry.jitter == "none"
    assert settings.services == ("PAY",)


@pytest.mark.parametrize(
    ("name", "value", "section", "field", "read"),
    [
        ("BULKHEAD__MAX_CONCURRENT", "4", "bulkhead", "max_concurrent", 4),
        ("BULKHEAD__MAX_QUEUE", "0", "bulkhead", "max_queue", 0),
        ("BULKHEAD__MAX_WAIT_MS", "50", "bulkhead", "max_wait_ms", 50),
        ("FALLBACK__VALUE", "[]", "fallback", "value", []),
        ("FALLBACK__VALUE", "null", "fallback", "value", None),
        ("FALLBACK__VALUE", '{"a": 1.5}', "fallback", "value", {"a": 1.5}),
        ("LOG__REQUESTS", "true", "logging", "requests", True),
        ("LOGGING__REQUESTS", "true", "logging", "requests", True),
        ("RATE_LIMIT__BURST_SIZE", "1", "rate_limit", "burst_size", 1),
        ("CIRCUIT_BREAKER__FAILURE_THRESHOLD", "2", "circuit_breaker", "failure_threshold", 2),
    ],
)
def test_sections_of_a_service(name, value, section, field, read):
    """A service has all sections, and two of its own; the section that names it counts as named."""
    service = Settings(environment={f"RESILIENCE__PAY__{name}": value}).service("pay")
    assert getattr(getattr(service, section), field) == read
    assert service.named == {section}


@pytest.mark.parametrize("text", ["", "{", "NaN", "Infinity", "1e999", "[" * 100_000, "abc", "1" * 5000])
def test_row_55_fallback_value_is_json(text):
    """What is no JSON is refused."""
    service = Settings(environment={"RESILIENCE__PAY__FALLBACK__VALUE": text}).service("pay")
    with pytest.raises(
        SettingsError, match=r"must be a JSON value, e\.g\. RESILIENCE__PAY__FALLBACK__VALUE=\[\] \(docs/"
    ):
        service.fallback  # noqa: B018


def test_section_only_services_have():
    """There is no global bulkhead, in the environment nor anywhere."""
    with pytest.raises(AttributeError):
        Settings(environment={"BULKHEAD_MAX_CONCURRENT": "3"}).bulkhead  # noqa: B018
    with pytest.raises(SettingsError, match=r"^bulkhead: no such section; only a service has it, as services\.<name>"):
        Settings(environment={}, bulkhead={"max_concurrent": 3})


def test_same_setting_twice():
    """The two spellings of one setting in one place are refused rather than ranked."""
    names = {"RESILIENCE__PAY__LOG__REQUESTS": "true", "RESILIENCE__PAY__LOGGING__REQUESTS": "false"}
    with pytest.raises(SettingsError, match="mean the same: give one of them"):
        Settings(environment=names).retry  # noqa: B018


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ({"retri": {}}, "retri: no such section; did you mean retry?"),
        ({"xyzzy": {}}, "xyzzy: no such section"),
        ({"retry": {"max_atempts": 1}}, "retry.max_atempts: no such setting; did you mean max_attempts?"),
        ({"retry": {"q": 1}}, "retry.q: no such setting"),
        ({"retry": 5}, "retry: must be a table of settings, e.g. retry.max_attempts"),
        ({"services": 5}, "services: must be a table of services"),
        ({"services": {"pay": 5}}, "services.pay: must be a table of sections"),
        ({"services": {"-": {}}}, "services.-: a service's name needs a letter or a digit"),
        ({"services": {"a-b": {}, "a.b": {}}}, "services.a.b: 'a.b' and 'a-b' cannot be told apart: "),
        ({"services": {"pay": {"retri": {}}}}, "services.pay.retri: no such section; did you mean retry?"),
        ({"services": {"pay": {"log": {"level": "info"}}}}, "there is one logger for all services"),
    ],
)
def test_tables_in_code(code, message):
    """What means nothing in code is refused where it is written."""
    with pytest.raises(SettingsError) as caught:
        Settings(environment={}, **code)
    assert message in str(caught.value)
