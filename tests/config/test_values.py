"""How values are spelled: what is read, what is refused, and in which words."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.config.test_names import value_of

from resilience.config import Settings, SettingsError
from resilience.config._variable import VARIABLES, spelled

NUMBERS = [name for name, variable in VARIABLES.items() if variable.allowed.startswith(("a number", "a whole number"))]
WHOLE = [name for name in NUMBERS if VARIABLES[name].allowed.startswith("a whole number")]
SWITCHES = ["LOG_REQUESTS", "LOG_RESPONSES"]
NO_NUMBER = (
    *("", " ", "5s", "5 ", " 5", "5\n", "5\r", "5\0", "1_000", "1,000", "1e3", "0x10", "007", "+5", "--5", "5.", ".5"),
    *("nan", "NaN", "inf", "-inf", "Infinity", "True", "true", "None", "1.2.3", "9" * 400, "1." + "9" * 400),
    *("\u0665", "\u096b", "\uff15", "\u00b2"),  # digits of other scripts
)
OUT_OF_RANGE = ("-1", "-0.5", "99999999999999999999", "9999999999999999999")


@pytest.mark.parametrize("text", [*NO_NUMBER, *OUT_OF_RANGE])
def test_row_55_no_number(text):
    """What is no plain number in range is refused, with name, value, what is allowed, and the way out for bare names."""
    with pytest.raises(SettingsError) as caught:
        Settings(environment=dict.fromkeys(NUMBERS, text)).check()
    assert len(caught.value.problems) == len(NUMBERS)
    for name, line in zip(NUMBERS, caught.value.problems, strict=True):
        variable = VARIABLES[name]
        example = f"{name}={spelled(variable.default)}"
        remedy = "if this variable is another program's, set RESILIENCE_BARE_NAMES=false"
        assert line.startswith(f"{name}='")
        assert line.endswith(f": must be {variable.allowed}, e.g. {example}; {remedy}")


@pytest.mark.parametrize("text", ["2.0", "2.5", "1.0"])
def test_row_55_no_fractions(text):
    """Where a whole number is wanted, a fraction is refused."""
    with pytest.raises(SettingsError) as caught:
        Settings(environment=dict.fromkeys(WHOLE, text)).check()
    assert [line.split("=")[0] for line in caught.value.problems] == WHOLE


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("text", ["", "2", "ja", "t", "y", " true", "None"])
def test_row_55_no_switch(name, text):
    """A switch takes the usual words and nothing else."""
    with pytest.raises(SettingsError, match=r"must be true or false, e\.g\. "):
        Settings(environment={name: text}).check()


@pytest.mark.parametrize("text", ["", "408;429", "408 429", "408,", ",408", "99", "600", "4xx", "408,,429", "None"])
def test_row_55_no_codes(text):
    """Status codes are whole numbers from 300 to 599 with commas between."""
    allowed = "must be whole numbers from 300 to 599 with commas between, or none"
    with pytest.raises(SettingsError, match=allowed):
        Settings(environment={"RETRY_STATUS_CODES": text}).check()


@pytest.mark.parametrize("text", ["", "Full", "1.5", "-0.1", "half", "nan", "20%"])
def test_row_55_no_jitter(text):
    """A jitter is one of its names, or a share."""
    with pytest.raises(SettingsError, match="must be none, full, equal, decorrelated, or a share from 0 to 1"):
        Settings(environment={"RETRY_JITTER": text}).check()


@pytest.mark.parametrize("text", ["", "verbose", "tracing", "-1", "1001", "10.0", "1_0", "\u0131NFO"])
def test_row_55_no_level(text):
    """A level is a name that `logging` knows, or a number."""
    with pytest.raises(SettingsError, match="must be a level's name or a number from 0 to 1000"):
        Settings(environment={"LOG_LEVEL": text}).check()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("RETRY_STATUS_CODES", "none", ()),
        ("RETRY_STATUS_CODES", "503 , 429", (503, 429)),
        ("RETRY_JITTER", "none", "none"),
        ("RETRY_JITTER", "decorrelated", "decorrelated"),
        ("RETRY_JITTER", "1", 1.0),
        ("LOG_REQUESTS", "YES", True),
        ("LOG_REQUESTS", "0", False),
        ("LOG_LEVEL", "Warn", "warn"),
        ("LOG_LEVEL", "FATAL", "fatal"),
        ("LOG_LEVEL", "notset", "notset"),
        ("LOG_LEVEL", "15", 15),
        ("THRESHOLD_ERROR_RATE", "1.0", 1.0),
        ("TIMEOUT_TOTAL", "0", 0),
    ],
)
def test_accepted(name, text, value):
    """The edges of the grammar that are inside it."""
    settings = Settings(environment={name: text})
    assert value_of(settings, VARIABLES[name].dotted) == value


@given(name=st.sampled_from(NUMBERS), text=st.text() | st.text("0123456789.-_eE+ \n", max_size=24))
def test_row_55_any_text(name, text):
    """Any text is either a plain decimal of that very value, in range, or refused with its name: nothing in between."""
    settings = Settings(environment={name: text})
    variable = VARIABLES[name]
    refused = None
    try:
        value = value_of(settings, variable.dotted)
    except SettingsError as error:
        refused = error
    if refused is None:
        assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text, re.ASCII)
        assert math.isfinite(value)
        assert value == float(text)
    else:
        assert str(refused).startswith(f"{name}=")
        assert str(refused) == "\n".join(refused.problems) + " (docs/configuration.md)"


@given(data=st.data(), name=st.sampled_from(NUMBERS))
def test_spelled_and_read_back(data, name):
    """A value in range, spelled as the environment does, is read as itself."""
    variable = VARIABLES[name]
    schema = Settings.model_json_schema()["properties"][variable.section]["properties"][variable.field]
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    whole = st.integers(least, schema["maximum"])
    part = st.floats(least, schema["maximum"], exclude_min="minimum" not in schema)
    value = data.draw(whole if name in WHOLE else part.filter(lambda number: number == 0 or number > 1e-15))
    assert value_of(Settings(environment={name: spelled(value)}), variable.dotted) == value


@pytest.mark.parametrize(
    "value", [True, False, None, "5", b"5", float("nan"), float("inf"), -1, 10**400, 10**5000, [], {}, 1j], ids=type
)
def test_row_54_code_gives_numbers(value):
    """In code, a number is a number: no bool, no text, no NaN; the mistake is raised where it is made."""
    for variable in map(VARIABLES.get, NUMBERS):
        with pytest.raises(SettingsError, match=re.escape(f"{variable.dotted}=")) as caught:
            Settings(environment={}, **{variable.section: {variable.field: value}})
        assert f"must be {variable.allowed}, e.g. {variable.field}={variable.default!r}" in str(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("value", ["true", 1, None])
def test_row_54_code_gives_switches(value):
    """In code, a switch is a bool."""
    with pytest.raises(SettingsError, match=r"logging\.requests="):
        Settings(environment={}, logging={"requests": value})


@pytest.mark.parametrize("value", [[True], ["408"], [408.0], [99], 408, "408", None])
def test_row_54_code_gives_codes(value):
    """In code, status codes are a collection of whole numbers."""
    with pytest.raises(SettingsError, match=r"retry\.status_codes="):
        Settings(environment={}, retry={"status_codes": value})


@pytest.mark.parametrize("value", [True, None, 10.5, "verbose", 1001, "\uff13\uff10"])
def test_row_54_code_gives_levels(value):
    """In code, a level is a known name or a whole number."""
    with pytest.raises(SettingsError, match=r"logging\.level="):
        Settings(environment={}, logging={"level": value})


def test_values_cannot_change():
    """A section is frozen, and so is the list of codes that code gave."""
    given_codes = [503]
    settings = Settings(environment={}, retry={"status_codes": given_codes})
    given_codes.append(500)
    assert settings.retry.status_codes == (503,)
    with pytest.raises(ValueError, match="frozen"):
        settings.retry.max_attempts = 4
    with pytest.raises(ValueError, match="frozen"):
        settings.retry = settings.retry


def test_all_mistakes_of_a_section_are_told():
    """Two wrong values in one section are two lines, and no others."""
    names = {"CACHE_TTL_MS": "1s", "CACHE_MAX_SIZE": "0", "RETRY_JITTER": "wild"}
    with pytest.raises(SettingsError) as caught:
        Settings(environment=names).cache  # noqa: B018
    assert [line.split("=")[0] for line in caught.value.problems] == ["CACHE_TTL_MS", "CACHE_MAX_SIZE"]


@pytest.mark.parametrize("name", VARIABLES)
def test_every_setting_has_words(name):
    """Each setting says what it means, and its example, the default, is in its own grammar."""
    variable = VARIABLES[name]
    assert variable.info.description.endswith(".")
    assert value_of(Settings(environment={name: spelled(variable.default)}), variable.dotted) == variable.default
