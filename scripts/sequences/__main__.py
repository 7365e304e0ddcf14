"""`python -m scripts.sequences` says which pages are behind what is run now; `--write` brings them up to date."""

from pathlib import Path

from ..marked import command, replaced
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


if __name__ == "__main__":
    command("scripts.sequences", [POLICIES / f"{name}.md" for name in STORIES], renewed)
