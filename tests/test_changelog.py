"""Changelog fragments can be built: each has a name that is understood, and says something."""

import re
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
FRAGMENTS = REPOSITORY / "changelog.d"
SETTINGS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]
TYPES = [kind["directory"] for kind in SETTINGS["type"]]


def mistakes(folder):
    """What is wrong with the fragments of a folder, in words."""
    for file in sorted(folder.iterdir()):
        if file.name in SETTINGS["ignore"]:
            continue
        if not re.fullmatch(rf"(\d+|\+[\w-]+)\.({'|'.join(TYPES)})\.md", file.name):
            yield f"{file.name}: neither <issue>.<type>.md nor +<words>.<type>.md"
        elif not file.read_text("utf-8").strip():
            yield f"{file.name}: says nothing"


def test_every_fragment_can_be_built():
    """In its place, and by the rules of its README."""
    assert list(mistakes(FRAGMENTS)) == []


def test_a_malformed_fragment_is_seen(tmp_path):
    """A type that nobody knows, a name without one, a text that is empty."""
    for name, text in (("1.fixed.md", "x"), ("2.wrong.md", "x"), ("note.md", "x"), ("+some-words.added.md", " \n")):
        (tmp_path / name).write_text(text, "utf-8")
    told = [mistake.partition(":")[0] for mistake in mistakes(tmp_path)]
    assert told == ["+some-words.added.md", "2.wrong.md", "note.md"]


def test_the_readme_names_the_types():
    """All of them, and where a release begins its section."""
    assert re.findall(r"^\| `(\w+)` \|", (FRAGMENTS / "README.md").read_text("utf-8"), re.MULTILINE) == TYPES
    assert SETTINGS["start_string"] in (REPOSITORY / SETTINGS["filename"]).read_text("utf-8")
