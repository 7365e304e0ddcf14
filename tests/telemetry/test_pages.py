"""What the pages of telemetry list is what there is."""

import re
from pathlib import Path

from resilience.telemetry._tally import COUNTED

PAGES = Path(__file__).parents[2] / "docs" / "telemetry"


def test_the_page_names_all_that_is_counted():
    """Each word that may be a key of `events` in the snapshot."""
    page = (PAGES / "snapshot.md").read_text("utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith("| `policies[].events` |")]
    assert {name for name, _ in COUNTED.values()} <= set(re.findall("`([a-z_]+)`", row))
