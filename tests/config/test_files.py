"""Files: read only when somebody names them, as strictly as the environment."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.config import Settings, SettingsError, configure, get_config

TOML = """
[retry]
max_attempts = 5
jitter = 0.5
status_codes = [429, 503]

[log]
requests = true

[services.payments-api.timeout]
total = 8000
"""


@pytest.fixture
def toml(tmp_path):
    """Writes a TOML file and gives its path."""

    def write(text, name="settings.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_toml(toml):
    """A TOML file has a table for each section, and services below `services`."""
    path = toml(TOML)
    settings = Settings(environment={}, file=path)
    assert (settings.retry.max_attempts, settings.retry.jitter, settings.retry.status_codes) == (5, 0.5, (429, 503))
    assert settings.logging.requests is True
    payments = settings.service("payments_api")
    assert payments.timeout.total == 8000
    assert payments.named == {"timeout"}
    assert str(settings.source("retry.jitter")) == f"{path}: retry.jitter"
    assert str(payments.source("timeout.total")) == f"{path}: services.payments-api.timeout.total"


def test_the_file_of_the_page(toml):
    """As docs/configuration.md has it."""
    page = (Path(__file__).parent.parent.parent / "docs" / "configuration.md").read_text("utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    settings = Settings(environment={}, file=toml(text))
    assert (settings.retry.max_attempts, settings.retry.status_codes) == (5, (429, 503))
    assert settings.service("payments-api").timeout.total == 8000


def test_pyproject(toml):
    """Of a pyproject.toml only [tool.resilience] is read."""
    text = "[project]\nname = 'x'\n[tool.resilience.cache]\nmax_size = 7\n[tool.other]\nretry = 1\n"
    assert Settings(environment={}, file=toml(text, "pyproject.toml")).cache.max_size == 7


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "tool = 5\n", "[tool]\nresilience = 5\n"])
def test_pyproject_without_table(toml, text):
    """A pyproject.toml that was named but has no table is a mistake."""
    with pytest.raises(SettingsError, match=r"pyproject\.toml': has no table \[tool\.resilience\]; add it, or name "):
        Settings(environment={}, file=toml(text, "pyproject.toml"))


def test_byte_order_mark(toml):
    """A byte order mark, as some editors write it, does no harm."""
    assert Settings(environment={}, file=toml(b"\xef\xbb\xbf[retry]\nmax_attempts = 2\n")).retry.max_attempts == 2
    assert (
        Settings(environment={}, env_file=toml(b"\xef\xbb\xbfRETRY_MAX_ATTEMPTS=2\r\n", ".env")).retry.max_attempts == 2
    )


def test_files_are_read_when_named_only(tmp_path, monkeypatch):
    """Files of the usual names in the working directory are not read by themselves."""
    (tmp_path / ".env").write_text("RETRY_MAX_ATTEMPTS=9\n")
    (tmp_path / "pyproject.toml").write_text("[tool.resilience.retry]\nmax_attempts = 9\n")
    (tmp_path / "resilience.toml").write_text("[retry]\nmax_attempts = 9\n")
    monkeypatch.chdir(tmp_path)
    assert Settings().retry.max_attempts == 3


def test_named_by_the_environment(toml, monkeypatch):
    """RESILIENCE_CONFIG and RESILIENCE_ENV_FILE name files."""
    monkeypatch.setenv("RESILIENCE_CONFIG", str(toml(TOML)))
    monkeypatch.setenv("RESILIENCE_ENV_FILE", str(toml("CACHE_MAX_SIZE=4\n", ".env")))
    assert get_config("retry.max_attempts") == 5
    assert get_config("cache.max_size") == 4


def test_named_by_the_dotenv_file(toml):
    """A dotenv file may name the TOML file, and turn bare names off, as the environment may."""
    path = toml(TOML)
    text = f"RESILIENCE_CONFIG={path}\nRESILIENCE_BARE_NAMES=false\nRETRY_MAX_ATTEMPTS=no\n"
    settings = Settings(environment={}, env_file=toml(text, ".env"))
    assert settings.retry.max_attempts == 5


def test_argument_beats_the_environment(toml):
    """A file that code names replaces the one that the environment names."""
    names = {"RESILIENCE_CONFIG": "/no/such.toml", "RESILIENCE_ENV_FILE": "/no/such.env"}
    settings = Settings(environment=names, file=toml(TOML), env_file=toml("", ".env"))
    assert settings.retry.max_attempts == 5


def test_configure_names_files(toml):
    """`configure` reads them for the process."""
    configure(file=toml(TOML), env_file=toml("export CACHE_MAX_SIZE='4'  # small\n", "app.env"), timeout={"total": 9})
    assert get_config("retry.max_attempts") == 5
    assert get_config("cache.max_size") == 4
    assert get_config("timeout.total") == 9


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_attempts = 5", "max_attempts: no such section"),
        ("[retri]\nx = 1", "retri: no such section; did you mean retry?"),
        ("[retry]\nmax_atempts = 5", "retry.max_atempts: no such setting; did you mean max_attempts?"),
        ("retry = 5", "retry: must be a table of settings, e.g. retry.max_attempts"),
        ("[bulkhead]\nmax_queue = 1", "bulkhead: no such section; only a service has it, as services.<name>.bulkhead"),
        ("[service.pay.retry]\nx = 1", "service: no such section; did you mean services?"),
        ("[services.a-b.retry]\n[services.a_b.retry]\n", "services.a_b: 'a_b' and 'a-b' cannot be told apart"),
        ("[services.pay.log]\nlevel = 'info'", "services.pay.log.level: there is one logger for all services"),
        ("[log]\nrequests = true\n[logging]\nrequests = true", "mean the same: give one of them"),
    ],
)
def test_unknown_names_in_toml(toml, text, message):
    """A file is ours alone, so every unknown name in it is refused, with file, key and the nearest."""
    path = toml(text)
    settings = Settings(environment={}, file=path)
    with pytest.raises(SettingsError) as caught:
        settings.cache  # noqa: B018
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ('"5"', "retry.max_attempts"),
        ("5.0", "retry.max_attempts"),
        ("true", "retry.max_attempts"),
        ("0", "retry.max_attempts"),
        ("nan", "retry.backoff_multiplier"),
        ("inf", "retry.backoff_multiplier"),
        ("1", "log.requests"),
        ("1979-05-27", "timeout.total"),
        ("[1]", "timeout.total"),
        ("{a = 1}", "timeout.total"),
        ('["503"]', "retry.status_codes"),
        ("1" * 400, "timeout.total"),
    ],
)
def test_row_55_types_in_toml(toml, value, key):
    """TOML has types, and they are taken at their word; the message has the file, the key and an example in TOML."""
    section, field = key.split(".")
    path = toml(f"[{section}]\n{field} = {value}\n")
    with pytest.raises(SettingsError) as caught:
        Settings(environment={}, file=path).check()
    assert str(caught.value).startswith(f"{path}: {key}=")
    assert f", e.g. {field} = " in str(caught.value)
    assert "BARE_NAMES" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [b"[retry", b"a = ", b"\xff\xfe[\x00", b"[retry]\na=1\na=2", b"x = " + b"[" * 50_000, b"[a]\nb = " + b"1" * 5000],
)
def test_row_55_no_toml(toml, data):
    """What is no TOML is one line with the file's name."""
    path = toml(data)
    with pytest.raises(SettingsError, match=r"no valid TOML|is not UTF-8") as caught:
        Settings(environment={}, file=path)
    assert str(caught.value).startswith(f"file='{path}': ")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [("A=1\nB C\n", 2), ("\n\n  =5\n", 3), ("A=1\n\nB\n", 3), ("# x\nexport\n", 2), ("A='x\nB=1\n", 1)],
)
def test_row_55_no_dotenv(toml, text, line):
    """A line that is no assignment is refused by its number, without what stands in it."""
    with pytest.raises(SettingsError, match=rf"\.env': line {line}: must be NAME=value \(docs/configuration\.md\)$"):
        Settings(environment={}, env_file=toml(text, ".env"))


def test_dotenv_is_strict(toml):
    """In a dotenv file names and values are judged as in the environment, and nothing is put in for ${...}."""
    path = toml(
        "RETRY_MAX_ATTEMPTS=\nCACHE_MAX_SIZE=${HOME}\nRESILIENCE__PAY__RETRI__X=1\nRESILIENCE_CACHE_TTL=5\n", ".env"
    )
    with pytest.raises(SettingsError) as caught:
        Settings(environment={}, env_file=path).check()
    assert caught.value.problems == (
        f"{path}: RESILIENCE__PAY__RETRI__X: no such setting; did you mean RESILIENCE__PAY__RETRY__JITTER?",
        f"{path}: RESILIENCE_CACHE_TTL: no such setting; did you mean RESILIENCE_CACHE_TTL_MS?",
    )
    path.write_text("RETRY_MAX_ATTEMPTS=\nCACHE_MAX_SIZE=${HOME}\n")
    with pytest.raises(SettingsError) as caught:
        Settings(environment={}, env_file=path).check()
    assert [line.split(": must")[0] for line in caught.value.problems] == [
        f"{path}: RETRY_MAX_ATTEMPTS=''",
        f"{path}: CACHE_MAX_SIZE='${{HOME}}'",
    ]


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("missing.toml", "no such file; correct the path, or take the name away"),
        ("folder.toml", "cannot be read: Is a directory"),
        ("nul\0.toml", "cannot be read: embedded null byte"),
        ("settings.yaml", "must end in .toml; for a dotenv file use RESILIENCE_ENV_FILE, or env_file="),
        ("", "must end in .toml"),
    ],
)
def test_unreadable_file(tmp_path, file, message):
    """A named file that cannot be read is refused at once, with who named it."""
    (tmp_path / "folder.toml").mkdir()
    path = str(tmp_path / file) if file else ""
    for arguments, named_by in (
        ({"file": path}, "file"),
        ({"environment": {"RESILIENCE_CONFIG": path}}, "RESILIENCE_CONFIG"),
    ):
        with pytest.raises(SettingsError) as caught:
            Settings(**{"environment": {}, **arguments})
        assert str(caught.value).startswith(f"{named_by}='")
        assert message in str(caught.value)
        assert str(caught.value).isprintable()


def test_endless_file_is_refused(tmp_path):
    """A file that is far too large is not read to its end."""
    (tmp_path / "big.toml").write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(SettingsError, match="is larger than 1 MiB; settings never are"):
        Settings(environment={}, file=tmp_path / "big.toml")


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_row_55_any_file(data, tmp_path_factory):
    """Whatever bytes a file holds, it is read or refused in our words; nothing else comes out."""
    for name, argument in (("any.toml", "file"), (".env", "env_file")):
        path = tmp_path_factory.getbasetemp() / name
        path.write_bytes(data)
        try:
            Settings(environment={}, **{argument: path}).check()
        except SettingsError as error:
            refused = error
            assert all(line.isprintable() for line in refused.problems)  # either outcome is right
