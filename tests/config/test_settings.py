"""The object: lazy, immutable, comparable, cheap to read."""

import copy
import os
import pickle
import subprocess
import sys
import threading
import timeit

import pytest
from pydantic_settings import BaseSettings

from resilience.config import ServiceSettings, Settings, SettingsError

MISTAKES = {"CACHE_TTL_MS": "1s"}


def test_is_a_pydantic_settings_class():
    """The settings are pydantic-settings, with sections that are models."""
    assert issubclass(Settings, BaseSettings)
    assert Settings(environment={}).model_dump()["retry"]["max_attempts"] == 3
    assert '"max_attempts":3' in Settings(environment={}).model_dump_json()


def test_dump_needs_all():
    """A dump uses every section, so a mistake anywhere is told."""
    with pytest.raises(ValueError, match="CACHE_TTL_MS"):
        Settings(environment=MISTAKES).model_dump()


def test_equal_by_value():
    """Settings with equal values are equal and hash alike, whatever was used of them before."""
    one, other = Settings(environment={"RETRY_JITTER": "none"}), Settings(environment={}, retry={"jitter": "none"})
    assert one.retry.jitter == "none"
    assert one == other
    assert hash(one) == hash(other)
    assert one != Settings(environment={})
    assert one != one.service("payments")
    assert one != 5


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_copies_stay_lazy(twin):
    """A copy judges its sections itself, on their first use."""
    other = twin(Settings(environment={**MISTAKES, "RETRY_JITTER": "none"}))
    assert other.retry.jitter == "none"
    with pytest.raises(SettingsError):
        other.cache  # noqa: B018


def test_unknown_attribute():
    """What is no section is an AttributeError, as anywhere."""
    with pytest.raises(AttributeError, match="retri"):
        Settings(environment={}).retri  # noqa: B018


@pytest.mark.parametrize("name", ["retry.max_atempts", "RETRY_MAX_ATTEMPTS", "resilience_retry_max_attempts"])
def test_source_of_unknown(name):
    """The source of what is no setting is a KeyError with the nearest."""
    with pytest.raises(KeyError, match=r"no such setting; did you mean retry\.max_attempts\?"):
        Settings(environment={}).source(name)


def test_section_is_judged_once():
    """Once used, a section is the same object; reading it costs an attribute, not a judgement."""
    settings = Settings(environment={})
    first, again = (timeit.timeit(lambda: settings.retry, number=1) for _ in range(2))
    assert settings.retry is settings.retry
    assert again < max(first, 1e-4)


def test_environment_is_read_at_one_moment(monkeypatch):
    """What changes in the environment later does not change settings that were read."""
    settings = Settings()
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "9")
    assert settings.retry.max_attempts == 3
    assert Settings().retry.max_attempts == 9


def test_values_with_sources():
    """Every value comes with its names and its source."""
    values = {setting.variable.name: setting for setting in Settings(environment={"LOG_LEVEL": "error"}).values()}
    assert len(values) == 28
    assert values["LOG_LEVEL"].value == "error"
    assert str(values["LOG_LEVEL"].source) == "LOG_LEVEL"
    assert str(values["LOG_REQUESTS"].source) == "default"


def test_errors_pickle():
    """The error survives a pickle, with its problems."""
    with pytest.raises(SettingsError) as caught:
        Settings(environment=MISTAKES).check()
    twin = pickle.loads(pickle.dumps(caught.value))
    assert str(twin) == str(caught.value)
    assert twin.problems == caught.value.problems


def test_threads_share_a_section():
    """Threads that use a section at once all get it."""
    settings = Settings(environment={})
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(settings.service("pay").retry)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [settings.retry] * 20


def test_schema_describes_files():
    """The JSON schema has every section, ranges and words, and services with sections of their own."""
    schema = Settings.model_json_schema()
    assert schema["properties"]["timeout"]["properties"]["total"]["maximum"] == 31_536_000_000
    assert "per attempt" not in schema["description"]
    assert ">>>" not in str(schema)
    service = schema["properties"]["services"]["additionalProperties"]
    described = schema["$defs"][service["$ref"].rpartition("/")[2]] if "$ref" in service else service
    assert {"bulkhead", "fallback", "retry"} <= described["properties"].keys()
    assert ServiceSettings.model_json_schema()["additionalProperties"] is False


def test_importing_reads_nothing():
    """Importing never reads: neither the package, which stays light, nor the settings, which then refuse nothing."""
    code = (
        "import sys, os; os.environ.update(RETRY_MAX_ATTEMPTS='x', RESILIENCE_CONFIG='/no/such.toml')\n"
        "import resilience; assert 'resilience.config' not in sys.modules and 'pydantic' not in sys.modules\n"
        "import resilience.config\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": os.pathsep.join(sys.path)})
