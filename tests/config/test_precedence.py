"""Who wins: the environment naming one service, code, the environment's global names, files, defaults."""

import itertools

import pytest

from resilience.config import Kind, Settings, SettingsError

# Strongest first. Each place gives the setting another value.
PLACES = {
    "service environment": 2,
    "service code": 3,
    "code": 4,
    "prefixed": 5,
    "bare": 6,
    "service dotenv": 7,
    "prefixed dotenv": 8,
    "bare dotenv": 9,
    "service toml": 10,
    "toml": 11,
}
KINDS = dict.fromkeys(PLACES, Kind.FILE) | {
    "service environment": Kind.SERVICE,
    "service code": Kind.CODE,
    "code": Kind.CODE,
    "prefixed": Kind.ENVIRONMENT,
    "bare": Kind.ENVIRONMENT,
}
BARE, PREFIXED, SERVICE = "RETRY_MAX_ATTEMPTS", "RESILIENCE_RETRY_MAX_ATTEMPTS", "RESILIENCE__PAY__RETRY__MAX_ATTEMPTS"


def settings_of(places, folder):
    """Settings in which exactly these places set retry.max_attempts."""
    variables = {"": {"bare": BARE, "prefixed": PREFIXED, "service environment": SERVICE}}
    variables["dotenv"] = {"bare dotenv": BARE, "prefixed dotenv": PREFIXED, "service dotenv": SERVICE}
    environment = {name: str(PLACES[place]) for place, name in variables[""].items() if place in places}
    dotenv = [f"{name}={PLACES[place]}\n" for place, name in variables["dotenv"].items() if place in places]
    (folder / ".env").write_text("".join(dotenv))
    tables = {"toml": "retry", "service toml": "services.pay.retry"}
    toml = [f"[{name}]\nmax_attempts = {PLACES[place]}\n" for place, name in tables.items() if place in places]
    (folder / "a.toml").write_text("".join(toml))
    code = {"retry": {"max_attempts": PLACES["code"]}} if "code" in places else {}
    if "service code" in places:
        code["services"] = {"pay": {"retry": {"max_attempts": PLACES["service code"]}}}
    return Settings(environment=environment, file=folder / "a.toml", env_file=folder / ".env", **code)


@pytest.mark.parametrize(("stronger", "weaker"), list(itertools.combinations(PLACES, 2)))
def test_stronger_wins(stronger, weaker, tmp_path):
    """Of any two places that set it, the stronger one gives the value for the service, and is its source."""
    settings = settings_of({stronger, weaker}, tmp_path)
    service = settings.service("pay")
    assert service.retry.max_attempts == PLACES[stronger]
    assert service.source("retry.max_attempts").kind is KINDS[stronger]
    assert service.source("retry.max_attempts").beats_code is (stronger == "service environment")


@pytest.mark.parametrize(
    ("stronger", "weaker"), list(itertools.combinations([place for place in PLACES if "service" not in place], 2))
)
def test_stronger_wins_for_all(stronger, weaker, tmp_path):
    """For the process, the same order holds."""
    settings = settings_of({stronger, weaker}, tmp_path)
    assert settings.retry.max_attempts == PLACES[stronger]
    assert settings.source("retry.max_attempts").kind is KINDS[stronger]


@pytest.mark.parametrize("place", [place for place in PLACES if "service" in place])
def test_services_are_apart(place, tmp_path):
    """What names one service changes neither the process nor another service."""
    settings = settings_of({place}, tmp_path)
    assert settings.retry.max_attempts == settings.service("orders").retry.max_attempts == 3
    assert settings.service("orders").named == frozenset()
    assert settings.service("pay").named == {"retry"}


@pytest.mark.parametrize("place", [place for place in PLACES if "service" not in place])
def test_global_names_switch_nothing_on(place, tmp_path):
    """Global names give numbers; a layer counts as named only when something names the service."""
    service = settings_of({place}, tmp_path).service("pay")
    assert service.retry.max_attempts == PLACES[place]
    assert service.named == frozenset()


def test_values_of_one_section_come_from_many_places(tmp_path):
    """What a stronger place leaves out comes from the next one that has it."""
    (tmp_path / "a.toml").write_text("[timeout]\ntotal = 1\nhttp_request = 2\nhealth_check = 3\nshell_command = 4\n")
    names = {"TIMEOUT_TOTAL": "5", "RESILIENCE_TIMEOUT_HTTP_REQUEST": "6", "RESILIENCE__PAY__TIMEOUT__TOTAL": "7"}
    settings = Settings(environment=names, file=tmp_path / "a.toml", timeout={"health_check": 8})
    assert settings.service("pay").timeout.model_dump() == {
        "total": 7,
        "http_request": 6,
        "health_check": 8,
        "shell_command": 4,
    }
    sources = [str(settings.service("pay").source(f"timeout.{name}")) for name in ("total", "health_check")]
    assert sources == ["RESILIENCE__PAY__TIMEOUT__TOTAL", "code"]


def test_weaker_mistakes_do_not_count():
    """A wrong value that a stronger place covers is never looked at."""
    settings = Settings(environment={"RETRY_MAX_ATTEMPTS": "many"}, retry={"max_attempts": 4})
    assert settings.retry.max_attempts == 4


def test_mistake_is_told_when_its_section_is_used():
    """Reading, and using other sections, tells nothing; the section and its service do."""
    settings = Settings(environment={"CACHE_TTL_MS": "1s", "RESILIENCE__PAY__RETRY__JITTER": "wild"})
    assert settings.retry.jitter == "full"
    pay = settings.service("pay")
    assert pay.timeout.total == 0
    with pytest.raises(
        SettingsError, match=r"^RESILIENCE__PAY__RETRY__JITTER='wild': must be none, full, .*=full \(docs/"
    ):
        pay.retry  # noqa: B018
    for sections in (settings, pay):
        with pytest.raises(SettingsError, match=r"^CACHE_TTL_MS='1s': "):
            sections.cache  # noqa: B018


def test_section_models_in_code():
    """Code may give a section as its model; only what it set counts as said by code."""
    from resilience.config import RetrySettings

    settings = Settings(environment={"RETRY_JITTER": "equal"}, retry=RetrySettings(max_attempts=9))
    assert (settings.retry.max_attempts, settings.retry.jitter) == (9, "equal")
    assert [settings.source(f"retry.{name}").kind for name in ("max_attempts", "jitter")] == ["code", "environment"]
