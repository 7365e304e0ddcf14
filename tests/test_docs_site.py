"""The documentation site: every page has its place, and every link leads somewhere."""

import re
import tomllib
from pathlib import Path

import pytest
from scripts.breaker_states import diagram

REPOSITORY = Path(__file__).parent.parent
DOCS = REPOSITORY / "docs"


def placed(entry):
    """The pages that an entry of the navigation names."""
    if isinstance(entry, str):
        return [entry]
    return [page for inner in (entry.values() if isinstance(entry, dict) else entry) for page in placed(inner)]


def test_every_page_has_one_place():
    """The navigation names each page once, and no other."""
    site = tomllib.loads((REPOSITORY / "zensical.toml").read_text("utf-8"))
    pages = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    assert sorted(placed(site["project"]["nav"])) == sorted(pages)


def test_diagrams_are_drawn():
    """Without its fence a mermaid block is shown as code, and the build says nothing."""
    extensions = tomllib.loads((REPOSITORY / "zensical.toml").read_text("utf-8"))["project"]["markdown_extensions"]
    (fence,) = extensions["pymdownx"]["superfences"]["custom_fences"]
    assert fence == {"name": "mermaid", "class": "mermaid", "format": "pymdownx.superfences.fence_code_format"}


def test_no_flowchart_names_a_box_by_a_word_of_its_grammar():
    """It is then no picture but an error, which only a browser shows."""
    words = {"call", "class", "classDef", "click", "default", "end", "graph", "href", "linkStyle", "style", "subgraph"}
    charts = [
        chart
        for page in DOCS.rglob("*.md")
        for chart in re.findall(r"```mermaid\nflowchart.*?\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    ]
    boxes = {
        name for chart in charts for ends in re.findall(r"^ *(\w+).*?(\w+)$", chart, re.MULTILINE) for name in ends
    }
    assert {"driver", "policy"} <= boxes
    assert boxes & words == set()


def test_every_link_leads_somewhere():
    """Links and pictures of every page, on the site or not, to files of the repository and to headings in them."""
    pages = [*REPOSITORY.glob("*.md"), REPOSITORY / "llms.txt"]
    for folder in ("docs", "bench", "changelog.d", "tests", ".github"):
        pages += (REPOSITORY / folder).rglob("*.md")
    # A fragment is read in CHANGELOG.md.
    homes = dict.fromkeys((REPOSITORY / "changelog.d").glob("*.*.md"), REPOSITORY)
    found = [
        f"{page.relative_to(REPOSITORY)}: {target}"
        for page in pages
        for target in links(page.read_text("utf-8"))
        if not leads_somewhere(target, page, homes.get(page, page.parent))
    ]
    assert found == []


@pytest.mark.parametrize(
    "link",
    [
        "[a](nowhere.md)",
        "![a](pictures/nowhere.svg)",
        '[a](nowhere.md "with a title")',
        "[a\nb](<nowhere.md>)",
        "[a][b]\n\n[b]: nowhere.md",
        '<img src="nowhere.svg" alt="a">',
        "[a](#nowhere)",
        "[a](#a-comment)\n\n```python\n# A comment\n```",
        "[a](other.md#nowhere)",
        "[a](http:nowhere.md)",
    ],
)
def test_a_link_that_leads_nowhere_is_seen(link, tmp_path):
    """However it is written; the same to what is there is fine."""
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    page.write_text(f"# Here\n\n[a](other.md#there) [b](#here) [c](https://example.org/)\n\n{link}\n", "utf-8")
    other.write_text("# There\n", "utf-8")
    assert [leads_somewhere(target, page, tmp_path) for target in links(page.read_text("utf-8"))].count(False) == 1


def test_llms_txt_names_every_page():
    """What a program reads first leads to all the rest; that its links lead somewhere, the test above holds."""
    text = (REPOSITORY / "llms.txt").read_text("utf-8")
    assert [page for page in DOCS.rglob("*.md") if f"({page.relative_to(REPOSITORY).as_posix()})" not in text] == []


def test_the_start_leads_to_every_page():
    """On the site and in the repository, where there is no navigation beside it."""
    text = (DOCS / "index.md").read_text("utf-8")
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} - {"index.md"}
    assert [page for page in sorted(pages) if f"({page})" not in text] == []


def test_the_breakers_diagram_is_that_of_its_table():
    """Made by scripts/breaker_states.py; a transition that is added shows here."""
    assert diagram() in (DOCS / "policies" / "circuit-breaker.md").read_text("utf-8")


def prose(text):
    """A page without its code, in which a comment would pass for a heading, and a call for a link."""
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.DOTALL | re.MULTILINE)


def links(text):
    """Where the links and pictures of a page lead, in each of the ways that Markdown knows."""
    ways = r"\]\(<?([^)>\s]+)", r"^\[[^\]]+\]: *<?([^>\s]+)", r"<\w+ [^>]*(?:src|href)=\"([^\"]+)"
    return [target for way in ways for target in re.findall(way, prose(text), re.MULTILINE)]


def leads_somewhere(target, page, home):
    """Is there such a file, and such a heading in it? Whole addresses are not asked: tests have no network."""
    if re.match(r"https?://\w+(\.\w+)+/", target):
        return True
    path, _, heading = target.partition("#")
    file = home / path if path else page
    return file.exists() and (not heading or heading in headings(file))


def headings(file):
    """The anchors of a page, as the site makes them."""
    found = re.findall(r"^#+ (.+)$", prose(file.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-") for heading in found}
