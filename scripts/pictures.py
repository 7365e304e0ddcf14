"""Draws the pictures of the docs from the real objects: `python scripts/pictures.py`."""

import re
from pathlib import Path

from resilience.simulate import plot

DOCS = Path(__file__).resolve().parent.parent / "docs"


def code_of(page):
    """The Python blocks of a page, as one program."""
    return "\n".join(re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL))


def storm(folder):
    """The three courses of docs/simulate.md."""
    names = {}
    exec(code_of("simulate.md"), names)  # noqa: S102 # our own page, which the tests run as well
    reports = {
        "retries alone": names["storm"],
        "with a budget": names["bounded"],
        "with budget and breaker": names["guarded"],
    }
    plot(reports, folder / "storm.svg")


def main():
    """All pictures."""
    folder = DOCS / "pictures"
    folder.mkdir(exist_ok=True)
    storm(folder)


if __name__ == "__main__":
    main()
