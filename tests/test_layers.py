"""The library keeps its floors, its files stay short, and importing it stays light."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.floors import breaches

REPOSITORY = Path(__file__).parent.parent
PACKAGE = REPOSITORY / "src" / "resilience"
LONGEST = 300
HEAVY = {
    "asyncio",
    "inspect",
    "dataclasses",
    "logging",
    "importlib.metadata",
    "httpx",
    "httpx2",
    "pydantic",
    "pydantic_settings",
    "cachetools",
    "trio",
    "rich",
}


def test_house_keeps_its_floors():
    """No module of the library imports upwards, sideways where it may not, or what does not belong to its floor."""
    assert breaches(PACKAGE) == []


def test_files_are_short():
    """No file of the library, its tests or its benchmarks is longer than 300 lines."""
    files = [file for folder in ("src", "tests", "bench") for file in (REPOSITORY / folder).rglob("*.py")]
    lengths = {str(file.relative_to(REPOSITORY)): len(file.read_text("utf-8").splitlines()) for file in files}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_import_stays_light():
    """`import resilience` in a fresh interpreter loads nothing heavy."""
    code = f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); import resilience; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(loaded.stdout.split()) == set()


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("_outcome.py", "from ._policy import Policy", "floor 0 may not import floor 1"),
        ("_gate.py", "def late():\n    from . import policies", "floor 0 may not import floor 2"),
        ("_novel.py", "from ._drive import drive", "floor 0 may not import floor 1"),
        (
            "_policy.py",
            "import typing\nif typing.TYPE_CHECKING:\n    from .http import Client",
            "floor 1 may not import",
        ),
        ("_policy.py", "from resilience import Retry", "floor 1 may not import floor 3"),
        ("_pipeline.py", "from . import Retry", "the public names are made of this floor"),
        ("policies/retry.py", "from .._pipeline import Pipeline", "floors 0 and 1 only"),
        ("policies/retry.py", "from .breaker import CircuitBreaker", "reaches resilience.policies.breaker"),
        ("policies/retry.py", "from . import breaker", "reaches resilience.policies.breaker"),
        ("policies/retry.py", "from ._through import thing", "reaches resilience.policies.breaker"),
        ("policies/retry.py", "import time", "policies are pure"),
        ("policies/retry.py", "def late():\n    from asyncio import sleep", "policies are pure"),
        ("policies/retry.py", "from threading import Event", "threading.Event"),
        ("policies/retry.py", "import threading\ndone = threading.Event()", "threading.Event"),
        ("_pipeline.py", "import trio", "only worlds and scopes know an event loop"),
        ("telemetry/log.py", "from ..http import Client", "packages of floor 4 stand alone"),
        ("health/probe.py", "from resilience.miniapp import Miniapp", "packages of floor 5 stand alone"),
        ("integrations/celery.py", "from .django import patch", "an integration never imports another"),
        ("novel.py", "", "stands on no floor"),
        ("_outcome.py", "from ._gate import Gate\n", "import each other"),
    ],
)
def test_checker_sees(tmp_path, file, source, complaint):
    """Each kind of breach, put into a small sound tree, is reported, and nothing else is."""
    tree = small_tree(tmp_path)
    assert breaches(tree) == []
    (tree / file).write_text(source, "utf-8")
    (found,) = breaches(tree)
    assert complaint in found


def small_tree(folder):
    """A package that keeps the rules, with one module for each rule to break."""
    tree = folder / "resilience"
    files = {
        "__init__.py": "from .policies.retry import Retry",
        "_gate.py": "from ._outcome import Outcome",
        "_outcome.py": "",
        "_policy.py": "",
        "_drive.py": "",
        "_pipeline.py": "from .policies.breaker import CircuitBreaker",
        "policies/__init__.py": "",
        "policies/retry.py": "from ._shared import thing\nfrom .._policy import Policy",
        "policies/breaker.py": "from . import _shared",
        "policies/_shared.py": "",
        "policies/_through.py": "from .breaker import CircuitBreaker",
        "http/__init__.py": "from resilience import Retry\nimport asyncio, time",
        "telemetry/log.py": "from .._gate import Gate",
        "miniapp/__init__.py": "from ..http import Client",
        "health/probe.py": "",
        "integrations/celery.py": "from ._common import thing",
        "integrations/_common.py": "",
        "integrations/django.py": "",
        "cli.py": "from .miniapp import Miniapp",
    }
    for name, source in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(source, "utf-8")
    return tree
