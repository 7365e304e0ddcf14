"""`python -m scripts.sequences` says which pages are behind what is run now; `--write` brings them up to date."""

import argparse
import sys
from pathlib import Path

from ..marked import brought_up_to_date, replaced
from .diagram import drawn
from .stage import Stage
from .stories import STORIES

POLICIES = Path(__file__).resolve().parent.parent.parent / "docs" / "policies"
KEY = (
    "Drawn from a run on a [fake clock](../testing.md): a broken line is what comes back, an error if it ends in a cross;\n"
    "notes are the time, waits, and [events](../events.md)."
)


def renewed(page):
    """A page's text with the diagrams of what is run now."""
    text = page.read_text("utf-8")
    for number, (name, story) in enumerate(STORIES[page.stem].items()):
        picture = drawn(Stage(story).play(story).tape, story.title)
        text = replaced(text, name, picture if number else f"{picture}\n\n{KEY}")
    return text


def main():
    """Writes the pages, or ends with 1 if one is behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the pages instead of checking them")
    write = parser.parse_args().write
    behind = brought_up_to_date([POLICIES / f"{name}.md" for name in STORIES], renewed, write=write)
    if behind and not write:
        sys.exit(f"behind what is run: {', '.join(behind)}; python -m scripts.sequences --write")


if __name__ == "__main__":
    main()
