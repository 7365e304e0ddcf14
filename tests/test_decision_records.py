"""The decision records: one template, one page each, linked from the architecture, and what they name is there."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
DOCS = REPOSITORY / "docs"
RECORDS = sorted((DOCS / "decisions").glob("*.md"))
HEADINGS = [
    "What was to be decided",
    "Decision",
    "What else was possible, and why not",
    "What follows",
    "Shown by",
]
MOST_WORDS = 300
each_record = pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)


def prose(record):
    """The record without its code."""
    return re.sub(r"```.*?```", "", record.read_text("utf-8"), flags=re.DOTALL)


def sections(record):
    """What stands under each heading."""
    parts = re.split(r"^## (.+)\n", prose(record), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def missing(name):
    """What is not there of a name like `tests/test_layers.py::test_files_are_short`."""
    file, _, test = name.partition("::")
    path = REPOSITORY / file
    if not path.is_file():
        return f"{file} is no file"
    return f"{file} has no {test}" if test and f"def {test}(" not in path.read_text("utf-8") else ""


@each_record
def test_a_record_follows_the_template(record):
    """Its five headings in their order, each with something under it, and a page of words at the most."""
    assert list(sections(record)) == HEADINGS
    assert all(text.strip() for text in sections(record).values())
    assert len(prose(record).split()) <= MOST_WORDS


@each_record
def test_what_shows_it_is_there(record):
    """Each record names a file of the library, and a test or a figure; none has gone since."""
    named = re.findall(r"`((?:src|tests|bench)/[^`]+)`", sections(record)["Shown by"])
    assert {name.partition("/")[0] for name in named} >= {"src"}
    assert any(name.startswith(("tests/", "bench/")) for name in named)
    assert [gone for name in named if (gone := missing(name))] == []


def test_the_architecture_leads_to_each_record():
    """By its title, each once."""
    linked = re.findall(
        r"^\| \[(.+?)\]\(decisions/(.+?)\.md\)", (DOCS / "architecture.md").read_text("utf-8"), re.MULTILINE
    )
    titles = {record.stem: record.read_text("utf-8").splitlines()[0] for record in RECORDS}
    assert RECORDS
    assert sorted((stem, f"# {title}") for title, stem in linked) == sorted(titles.items())


def test_what_is_gone_is_told():
    """The look at names can fail."""
    assert missing("tests/test_layers.py::test_files_are_short") == ""
    assert missing("tests/test_layers.py::test_files") == "tests/test_layers.py has no test_files"
    assert missing("src/resilience/_gone.py") == "src/resilience/_gone.py is no file"
