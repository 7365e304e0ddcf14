"""The workflows: the one job that a branch requires stands for all of them."""

import re
from pathlib import Path

import pytest

WORKFLOWS = Path(__file__).parent.parent / ".github" / "workflows"
pytestmark = pytest.mark.skipif(not WORKFLOWS.is_dir(), reason="the source distribution has none")


def jobs(name):
    """The jobs of a workflow: each name with its text."""
    parts = re.split(
        r"^  ([\w-]+):\n", (WORKFLOWS / name).read_text("utf-8").partition("\njobs:\n")[2], flags=re.MULTILINE
    )
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_required_job_waits_for_every_other():
    """One that it did not need could fail, and the branch would be green."""
    others = jobs("ci.yml")
    green = others.pop("green")
    needed = re.search(r"^    needs: \[(.*)\]$", green, flags=re.MULTILINE)
    assert needed is not None
    assert set(needed[1].split(", ")) == set(others)
    assert len(others) >= 5


def test_the_required_job_runs_and_fails_whatever_befell_the_others():
    """Left out, it would count as passed; so it always runs, and knows every end of a job but the good one."""
    green = jobs("ci.yml")["green"]
    assert "    if: always()\n" in green
    assert set(re.findall(r"contains\(needs\.\*\.result, '(\w+)'\)", green)) == {"failure", "cancelled", "skipped"}
    assert 'run: test "$FAILED" = false\n' in green


def test_nothing_is_published_before_the_checks_passed():
    """From the checks to the release each job waits for the one before."""
    steps = jobs("release.yml")
    assert list(steps) == ["checks", "build", "publish", "release"]
    for before, after in zip(steps, list(steps)[1:], strict=False):
        assert f"    needs: [{before}]\n" in steps[after]


def test_the_index_page_is_made_before_the_build():
    """Later, what is published would have links that lead nowhere."""
    build = jobs("release.yml")["build"]
    assert 0 < build.index("python scripts/index_page.py") < build.index("python -m build")
