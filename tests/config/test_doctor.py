"""What the doctor finds, and what it leaves alone."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from resilience.config import Gravity, Settings, _packages, configure, doctor

REPOSITORY = Path(__file__).parent.parent.parent


def look(names, **code):
    """The findings for these variables, without those of packages: `(gravity, subject, message)`."""
    environment = dict(names)
    found = doctor(Settings(environment=environment, **code), environment=environment)
    quiet = {*_packages.PACKAGES, *_packages.RETRYING}
    return [(one.gravity, one.subject, one.message) for one in found if one.subject not in quiet]


def test_nothing_to_say():
    """An environment without our names, with much else in it, gives nothing."""
    names = {"PATH": "/bin", "HOME": "/", "TIMEOUT": "5", "CACHE_DIR": "/x", "LOGNAME": "me", "CACHE_PORT": "tcp://x"}
    assert look(names) == []


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("RETRY_MAX_ATEMPTS", "RETRY_MAX_ATTEMPTS"),
        ("retry_max_attempts", "RETRY_MAX_ATTEMPTS"),
        ("CACHE_TTL", "CACHE_TTL_MS"),
        ("LOGLEVEL", "LOG_LEVEL"),
        ("CIRCUITBREAKER_FAILURE_THRESHOLD", "CIRCUIT_BREAKER_FAILURE_THRESHOLD"),
    ],
)
def test_bare_names_nearly_ours(name, near):
    """A bare name that is nearly ours is a warning, unless bare names are off."""
    assert look({name: "5"}) == [(Gravity.WARNING, name, f"nearly {near}, which is ours; this one is not read")]
    assert look({name: "5", "RESILIENCE_BARE_NAMES": "false"}) == []


@pytest.mark.parametrize("name", ["resilience_cache_ttl_ms", "resilience__pay__retry__max_attempts"])
def test_names_of_ours_in_lower_case(name):
    """They are not read, and nothing else says so: a `.env` written in lower case changes nothing."""
    message = f"nearly {name.upper()}, which is ours; this one is not read: capitals count"
    assert look({name: "5"}) == [(Gravity.WARNING, name, message)]
    assert look({name.upper(): "5"}) == []
    assert look({"resilience_of_steel": "5"}) == []


def test_bare_names_in_use():
    """Bare names that count are noted, and so are those that do not."""
    assert look({"LOG_LEVEL": "info"}) == [(Gravity.NOTE, "LOG_LEVEL", "read as ours")]
    off = "not read: RESILIENCE_BARE_NAMES turns names without RESILIENCE_ off"
    assert look({"LOG_LEVEL": "x", "RESILIENCE_BARE_NAMES": "false"}) == [(Gravity.NOTE, "LOG_LEVEL", off)]


def test_prefixed_names():
    """Ours say nothing, a cluster's neither; others are noted; slips are problems, as when settings are used."""
    assert look({"RESILIENCE_LOG_LEVEL": "info", "RESILIENCE_CONFIG_SERVICE_HOST": "x", "RESILIENCE_PORT": "x"}) == []
    note = "no setting of this library, and not read"
    assert look({"RESILIENCE_TEAM\n": "x"}) == [(Gravity.NOTE, "RESILIENCE_TEAM\\n", note)]
    slip = "RESILIENCE_CACHE_TTL: no such setting; did you mean RESILIENCE_CACHE_TTL_MS?"
    assert look({"RESILIENCE_CACHE_TTL": "5"}) == [(Gravity.PROBLEM, "settings", slip)]
    assert look({"RESILIENCE__PAY__RETRI__X": "5"})[0][0] is Gravity.PROBLEM


def test_every_wrong_value_is_a_problem():
    """The doctor uses every section, of services too, and lists all mistakes."""
    found = look({"RETRY_JITTER": "wild", "RESILIENCE__PAY__CACHE__TTL_MS": "1s"})
    assert [message.split("=")[0] for gravity, _, message in found if gravity is Gravity.PROBLEM] == [
        "RETRY_JITTER",
        "RESILIENCE__PAY__CACHE__TTL_MS",
    ]


def test_unreadable_file_is_a_problem(monkeypatch):
    """A file that is named but missing is found, not raised."""
    monkeypatch.setenv("RESILIENCE_CONFIG", "/no/such.toml")
    first = doctor()[0]
    assert (first.gravity, first.subject) == (Gravity.PROBLEM, "settings")
    assert "no such file" in first.message


def test_contradictions():
    """Values that stand alone but not together are told, for a service under its name."""
    names = {"RETRY_INITIAL_DELAY_MS": "20000", "TIMEOUT_TOTAL": "5000"}
    found = look({f"RESILIENCE_{name}": value for name, value in names.items()})
    assert [message.split(":")[0] for _, _, message in found] == [
        "RETRY_INITIAL_DELAY_MS=20000 is above RETRY_MAX_DELAY_MS=10000",
        "TIMEOUT_HTTP_REQUEST=10000 is above TIMEOUT_TOTAL=5000",
    ]
    (found,) = look({}, services={"pay": {"timeout": {"total": 25_000}}})
    assert found[:2] == (Gravity.NOTE, "pay")
    assert found[2].startswith("3 attempts of 10000 ms do not fit TIMEOUT_TOTAL=25000: ")
    assert look({}, services={"pay": {"timeout": {"total": 30_000}}}) == []


def test_services_nearly_alike():
    """Two services with nearly one name may be one that somebody misspelled."""
    names = {f"RESILIENCE__{service}__RETRY__JITTER": "none" for service in ("PAYMENTS", "PAYMENT", "ORDERS")}
    assert look(names) == [(Gravity.WARNING, "payment", "nearly payments: are both services meant?")]


def test_sdks_that_retry():
    """An installed SDK that retries by itself is warned of, with what turns that off."""
    found = {one.subject: one for one in doctor(Settings(environment={}), environment={})}
    for name in ("openai", "anthropic"):
        assert found[name].gravity is Gravity.WARNING
        assert "retries 2 times by itself" in found[name].message
        assert "max_retries=0" in found[name].message


def test_what_the_doctor_says_of_sdks_is_true():
    """The SDKs do retry as often as the doctor says, and take the option that it names."""
    import anthropic
    import openai

    for name, module in (("openai", openai), ("anthropic", anthropic)):
        assert _packages.RETRYING[name][0] == module.DEFAULT_MAX_RETRIES
    assert openai.OpenAI(api_key="x", max_retries=0).max_retries == 0
    assert anthropic.Anthropic(api_key="x", max_retries=0).max_retries == 0


def test_packages(monkeypatch):
    """Each package is listed: its version, or how to get it; one of the core that is missing is a problem."""
    monkeypatch.setattr(_packages, "version", missing)
    found = {one.subject: (one.gravity, one.message) for one in doctor(Settings(environment={}), environment={})}
    assert found["rich"] == (Gravity.NOTE, 'not installed; pip install "resilience-stack[cli]"')
    assert found["httpx"][0] is Gravity.PROBLEM
    assert "openai" not in found


def missing(name):
    """As if nothing was installed."""
    raise _packages.PackageNotFoundError(name)


def test_packages_are_those_of_the_project():
    """The doctor knows the packages that the project declares, and their extras."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    declared = dict.fromkeys(map(bare, project["dependencies"]), "")
    for extra, needs in project["optional-dependencies"].items():
        declared |= {bare(need): extra for need in needs if not need.startswith("resilience-stack")}
    assert declared == _packages.PACKAGES


def test_what_is_imported_is_declared():
    """Nothing is used because something else happens to bring it: then nobody holds its version to what we need."""
    of = packages_distributions()
    declared = {
        *_packages.PACKAGES,
        "annotated-types",
        "pydantic-core",
        "pytest",
    }  # pydantic's own, and whose plugin we have
    names = {name for path in (REPOSITORY / "src").rglob("*.py") for name in imported(path)}
    assert {"httpx", "pydantic"} <= names
    assert {name for name in names if not {canonical(one) for one in of.get(name, ())} & declared} == set()


def imported(path):
    """The packages of others that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module]
        yield from {name.partition(".")[0] for name in modules} - {*sys.stdlib_module_names, "resilience"}


def canonical(distribution):
    """Its name as requirements have it."""
    return distribution.replace("_", "-").lower()


def bare(requirement):
    """The name in a requirement."""
    return requirement.split(">")[0].split("<")[0].split("=")[0]


def test_process_settings_are_looked_at(monkeypatch):
    """Without arguments the doctor looks at this process: what it configured, and its environment."""
    configure(timeout={"total": 5})
    monkeypatch.setenv("CACHE_TTL", "5")
    found = {one.subject: one.message for one in doctor() if one.gravity is Gravity.WARNING}
    assert "TIMEOUT_TOTAL=5" in found["settings"]
    assert "CACHE_TTL" in found
