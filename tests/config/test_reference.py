"""The table in the documentation is the model's."""

import runpy
import sys
from pathlib import Path

import pytest

from resilience.config import reference
from resilience.config._variable import CONTROLS, VARIABLES

PAGE = Path(__file__).parent.parent.parent / "docs" / "configuration.md"


def test_page_is_fresh():
    """docs/configuration.md holds the present table; if not: python -m resilience.config.reference <page>."""
    page = PAGE.read_text("utf-8")
    assert reference.renewed(page) == page


def test_table_names_everything():
    """Every variable, with its default and what it accepts, and every control, is a row."""
    rows = {line.split("`")[1]: line for line in reference.table().splitlines() if line.startswith("| `")}
    assert rows.keys() >= {*VARIABLES, *CONTROLS, "RESILIENCE__PAYMENTS__BULKHEAD__MAX_QUEUE"}
    assert rows["RETRY_MAX_ATTEMPTS"].startswith(
        "| `RETRY_MAX_ATTEMPTS` | `3` | a whole number from 1 to 1000000 | Calls"
    )


def test_page_needs_markers():
    """A page without markers is refused, not written over."""
    with pytest.raises(ValueError, match="the page needs the lines"):
        reference.renewed("# nothing")


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_command_renews_a_page(tmp_path, monkeypatch):
    """The command puts the table between the markers and leaves the rest."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{reference.BEGIN}\nformer\n{reference.END}\nafter\n", "utf-8")
    monkeypatch.setattr(sys, "argv", ["reference", str(page)])
    runpy.run_module("resilience.config.reference", run_name="__main__")
    text = page.read_text("utf-8")
    assert text.startswith("before\n<!--")
    assert text.endswith("-->\nafter\n")
    assert reference.table() in text
    assert "former" not in text
