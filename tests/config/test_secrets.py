"""No message, table or repr shows a secret that stands where a setting should."""

import json
import logging

import pytest

from resilience._masking import masked, printable, shown
from resilience.cli import main
from resilience.config import Settings, SettingsError, doctor, reload, settings

CANARY = "hunter2"
SECRETS = [
    f"redis://:{CANARY}@cache:6379/0",
    f"https://bob:{CANARY}@example.com/",
    f"https://example.com/?token={CANARY}&x=1",
    f"Authorization: Bearer {CANARY}",
    f"basic {CANARY}",
    f"password={CANARY}",
    f"api_key: '{CANARY}'",
    f"secret = {CANARY}",
    f"postgresql://bob:p@{CANARY}@db/shop",
    f"password: 'two {CANARY}'",
    f'{{"password": "two {CANARY}"}}',
    f"sk-{CANARY}abcdefgh",
    f"ghp_{CANARY}abcdefgh",
    f"0123456789abcdef{CANARY}0123456789abcdef",
    f"eyJhbGciOiJIUzI1NiJ9.{CANARY}.abc",
]


@pytest.mark.parametrize("text", SECRETS)
def test_row_58_secrets_never_show(text, monkeypatch, tmp_path, capsys, caplog):
    """A secret put into a setting by mistake comes out nowhere: errors, their chains, reprs, commands, logs."""
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", text)
    monkeypatch.setenv("RESILIENCE__PAY__CACHE__TTL_MS", text)
    monkeypatch.setenv("RESILIENCE__PAY__FALLBACK__VALUE", json.dumps(text))
    (tmp_path / "a.toml").write_text(f"[timeout]\ntotal = {json.dumps(text)}\n")
    settings = Settings(file=tmp_path / "a.toml")
    said = []
    with caplog.at_level(logging.DEBUG), pytest.raises(SettingsError) as caught:
        settings.check()
    error = caught.value
    assert len(error.problems) == 3
    assert error.__cause__ is error.__context__ is None
    said += [str(error), repr(error), repr(settings), repr(settings._tables), repr(settings.__dict__)]
    said += [finding.message for finding in doctor()]
    for words in (["config"], ["config", "--json"], ["config", "--service", "pay"], ["doctor"], ["doctor", "--json"]):
        assert main(words) != 0
    said += [*capsys.readouterr(), caplog.text]
    assert CANARY not in "\n".join(said)
    assert "***" in str(error)


def test_row_58_names_that_say_secret():
    """A value under a name that says secret is masked whatever it looks like."""
    for name in ("DATABASE_PASSWORD", "API_KEY", "GITHUB_TOKEN", "client.secret", "AWS_CREDENTIALS"):
        assert shown(CANARY, name) == "***"
    assert shown("5s", "MONKEY_SIZE") == "'5s'"


@pytest.mark.parametrize("text", ["5s", "408,429,500,502,503,504", "https://example.com/a?b=c", "full", "1" * 30])
def test_harmless_values_show(text):
    """What is no secret is shown as it is."""
    assert masked(text) == text


def test_row_58_changes_and_debugging(monkeypatch, caplog):
    """Neither what a reload reports nor pydantic-settings' own debugging shows one."""
    monkeypatch.setenv("PYDANTIC_SETTINGS_DEBUG", "1")
    settings()
    monkeypatch.setenv("RESILIENCE__PAY__FALLBACK__VALUE", json.dumps(SECRETS[0]))
    with caplog.at_level(logging.DEBUG):
        changes = reload()
    assert changes
    assert CANARY not in " ".join(map(str, changes)) + caplog.text


NASTY = ["a\r\nFAKE: ok", "\x1b[2J\x1b[31m", "pay\u202etxt", "\x00", "a\u2028b", "\ud800", "<img onerror=x>", "\x9b31m"]


@pytest.mark.parametrize("nasty", NASTY)
def test_row_59_values_cannot_forge_lines(nasty):
    """A value's line breaks, colours and direction marks are escaped in every message."""
    with pytest.raises(SettingsError) as caught:
        Settings(environment={"RETRY_JITTER": nasty}).check()
    assert str(caught.value).isprintable()
    assert printable(nasty).isprintable()


@pytest.mark.parametrize("nasty", NASTY)
def test_row_59_services_cannot_forge_lines(nasty):
    """A service's name is escaped where it is shown."""
    first = Settings(environment={}, services={"a" + nasty: {"retry": {"max_attempts": 2}}})
    assert str(first.service("a" + nasty).source("retry.max_attempts")).isprintable()
    with pytest.raises(SettingsError) as caught:
        Settings(environment={}, services={"a" + nasty: {"retri": {}}})
    assert str(caught.value).isprintable()
    with pytest.raises(ValueError, match="cannot be told apart") as refused:
        first.service("A" + nasty)
    assert str(refused.value).isprintable()
