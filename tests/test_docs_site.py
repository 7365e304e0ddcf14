"""The documentation site: every page has its place, and every link leads somewhere."""

import re
import tomllib
from pathlib import Path

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
    """Links and pictures of README and docs to files of the repository, and to headings in them."""
    broken = []
    for page in [
        REPOSITORY / "README.md",
        REPOSITORY / "CONTRIBUTING.md",
        REPOSITORY / "changelog.d" / "README.md",
        REPOSITORY / "llms.txt",
        *DOCS.rglob("*.md"),
    ]:
        text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, heading = target.partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            file = (page.parent / path).resolve() if path else page
            if not file.exists() or (heading and heading not in headings(file)):
                broken.append(f"{page.relative_to(REPOSITORY)}: {target}")
    assert broken == []


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


def headings(file):
    """The anchors of a page, as the site makes them."""
    found = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-") for heading in found}
