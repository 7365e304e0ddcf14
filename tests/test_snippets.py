"""Every Python block of README and docs runs, as it stands on the page."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from tests.fresh_process import fresh_process

__all__ = ["fresh_process"]

REPOSITORY = Path(__file__).parent.parent
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
PYTHON = Sybil([PythonCodeBlockParser()])

# What these turn on, or set in the environment, holds for the whole process.
ALONE = {REPOSITORY / "docs" / "outage.md", REPOSITORY / "docs" / "tutorial.md"}

# What a page shows and has no wheels for free-threaded builds; everywhere else the tests install it.
WANTED = {REPOSITORY / "docs" / "recipes.md": "grpc"}


def run(page):
    """The blocks of a page from top to bottom; they share their names."""
    document = PYTHON.parse(page)
    document.namespace["__name__"] = page.stem
    for example in document:
        example.evaluate()


def run_alone(page):
    """The same in a process of its own; what that prints to the error stream is what failed."""
    script = "import pathlib, sys; from tests.test_snippets import run; run(pathlib.Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", script, page], check=False, cwd=REPOSITORY, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_page_runs(page):
    """The blocks of a page run as they stand."""
    if page in WANTED:
        pytest.importorskip(WANTED[page])
    (run_alone if page in ALONE else run)(page)


def test_readme_shows_code():
    """The README has blocks to run, so the test above cannot pass by finding nothing."""
    assert len(list(PYTHON.parse(REPOSITORY / "README.md"))) > 1


def test_no_code_hides_behind_another_fence():
    """Called text, it would be copied like the rest, and run by nobody."""
    blocks = [
        (page, language, text)
        for page in PAGES
        for language, text in re.findall(
            r"^ *```(\w+).*?\n(.*?)^ *```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
        )
    ]
    assert {language for _, language, _ in blocks} == {"python", "toml", "console", "mermaid", "text"}
    code = re.compile(r"^\s*(?:import|from|def|class|with|>>>) ", re.MULTILINE)
    assert [page for page, language, text in blocks if language == "text" and code.search(text)] == []


def test_a_policy_in_thirty_lines_has_thirty():
    """What the page promises is counted as a reader counts."""
    first, *_ = PYTHON.parse(REPOSITORY / "docs" / "write-a-policy.md")
    assert "class Maintenance(Policy)" in first.parsed
    assert len(first.parsed.splitlines()) == 30


def test_broken_block_is_seen(tmp_path):
    """A block that fails says where on the page."""
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```python\ntext = 'x'\n```\n\n- item\n\n  ```python\n  int(text)\n  ```\n", "utf-8")
    with pytest.raises(ValueError, match="invalid literal") as caught:
        run(page)
    assert caught.traceback[-1].lineno + 1 == 10
