"""docs/failures.md and the tests know the same rows."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "failures.md"


def test_every_row_has_a_test_and_every_tested_row_stands_on_the_page():
    """The numbers in `test_row_N_...` and those of the page's tables are one set."""
    names = [
        name for file in TESTS.rglob("*.py") for name in re.findall(r"def test_(row_\w+)", file.read_text("utf-8"))
    ]
    tested = {int(number) for name in names for number in re.findall(r"(?:^row|and)_(\d+)", name)}
    shown = [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)]
    assert shown == sorted(set(shown))
    assert tested == set(shown)
