"""scripts/index_page.py: what the package index shows leads somewhere, and says the same."""

import re
import tomllib
from pathlib import Path

from scripts.index_page import project, readme

REPOSITORY = Path(__file__).parent.parent
README = (REPOSITORY / "README.md").read_text("utf-8")
SETTINGS = (REPOSITORY / "pyproject.toml").read_text("utf-8")
GIVEN = ("https://code.example/us/it", "v1.2.3")


def test_links_and_pictures_get_whole_addresses():
    """A picture its file, a link its page; what is whole, or on the same page, stays."""
    for before, after in (
        ("![a b](docs/a.svg)", "![a b](https://code.example/us/it/raw/v1.2.3/docs/a.svg)"),
        ("[a](docs/a.md#b), [c](LICENSE)", "[a](@/docs/a.md#b), [c](@/LICENSE)"),
        ("[a](https://b.example) [b](#c) [m](mailto:a@b.example)", None),
        ("rows[0](7, 8)", None),
        (
            "[![a](docs/a.svg)](https://b.example)",
            "[![a](https://code.example/us/it/raw/v1.2.3/docs/a.svg)](https://b.example)",
        ),
    ):
        whole = before if after is None else after.replace("@", "https://code.example/us/it/blob/v1.2.3")
        assert readme(before, *GIVEN) == whole


def test_the_readme_differs_in_its_links_only():
    """All of them lead to files that are here; no code is touched."""
    made = readme(README, *GIVEN)
    prefix = re.compile(r"https://code\.example/us/it/(?:blob|raw)/v1\.2\.3/")
    assert prefix.sub("", made) == README
    paths = [path.partition("#")[0] for path in re.findall(rf"\({prefix.pattern}([^)]+)\)", made)]
    assert len(paths) > 10
    assert [path for path in paths if not (REPOSITORY / path).is_file()] == []
    assert re.findall(r"\]\((?!https?://|#)", made) == []


def test_the_addresses_of_the_project_are_added():
    """To settings that have none of their own."""
    before, after = tomllib.loads(SETTINGS), tomllib.loads(project(SETTINGS, *GIVEN))
    urls = after["project"].pop("urls")
    assert after == before
    assert urls["Source"] == GIVEN[0]
    assert {url.partition(GIVEN[0])[0] for url in urls.values()} == {""}
