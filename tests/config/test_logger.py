"""LOG_LEVEL touches the logger `resilience`, and no other."""

import logging

import pytest

from resilience import ResilienceWarning
from resilience.config import SettingsError, configure, get_config, reload, settings

LOGGER = logging.getLogger("resilience")


@pytest.fixture(autouse=True)
def fresh_logger():
    """The logger as a program finds it."""
    LOGGER.setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("critical", 50), ("FATAL", 50), ("Error", 40), ("warn", 30), ("warning", 30), ("info", 20), ("debug", 10),
        ("notset", 0), ("15", 15), ("0", 0),
    ],
)  # fmt: skip
def test_level(monkeypatch, text, level):
    """Any name that `logging` knows, or a number, becomes the logger's level when settings are first read."""
    others = {name: logging.getLogger(name).level for name in ("root", "resilience.http", "httpx")}
    monkeypatch.setenv("LOG_LEVEL", text)
    settings()
    assert LOGGER.level == level
    assert others == {name: logging.getLogger(name).level for name in others}


def test_unset_leaves_the_logger_alone():
    """With no name set, the program's own logging decides."""
    settings()
    assert get_config("log.level") == "info"
    assert LOGGER.level == logging.NOTSET


def test_program_goes_before_global_names(monkeypatch):
    """A level that the program set on the logger is code, and stronger than a global name."""
    LOGGER.setLevel(logging.ERROR)
    monkeypatch.setenv("LOG_LEVEL", "debug")
    settings()
    assert LOGGER.level == logging.ERROR
    configure(logging={"level": "debug"})
    assert LOGGER.level == logging.DEBUG


def test_reload_follows(monkeypatch):
    """A reload changes the level, and gives it back when the name is gone; the program's own word ends that."""
    monkeypatch.setenv("LOG_LEVEL", "debug")
    settings()
    monkeypatch.setenv("LOG_LEVEL", "30")
    assert [change.new for change in reload()] == [30]
    assert LOGGER.level == logging.WARNING
    monkeypatch.delenv("LOG_LEVEL")
    reload()
    assert LOGGER.level == logging.NOTSET
    LOGGER.setLevel(logging.CRITICAL)
    monkeypatch.setenv("LOG_LEVEL", "debug")
    reload()
    assert LOGGER.level == logging.CRITICAL


def test_wrong_level_stops_nothing_else(monkeypatch):
    """A LOG_LEVEL of another program's making is warned of, and refused when the section is used."""
    monkeypatch.setenv("LOG_LEVEL", "verbose")
    with pytest.warns(
        ResilienceWarning, match="the logger's level stays as it is: LOG_LEVEL='verbose': must be a level"
    ):
        assert get_config("retry.max_attempts") == 3
    assert LOGGER.level == logging.NOTSET
    with pytest.raises(SettingsError, match="set RESILIENCE_BARE_NAMES=false"):
        get_config("log.level")
