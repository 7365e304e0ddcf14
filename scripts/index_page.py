"""Makes what the package index shows lead somewhere: `python scripts/index_page.py ADDRESS TAG`, in a checkout of its own.

There, a path of this repository leads nowhere, and the project's addresses are not known before it has one. The release
runs this before it builds, with its own address and tag; whoever wants to build the same bytes does so too.
"""

import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(!?)(\[[^\[\]\n]*\])\((?!\w+:|#)([^)\s]+)\)")
URLS = """
[project.urls]
Source = "{address}"
Documentation = "{address}/blob/{tag}/docs/index.md"
Changelog = "{address}/blob/{tag}/CHANGELOG.md"
Issues = "{address}/issues"
"""


def readme(text, address, tag):
    """The text, with whole addresses in its links and pictures."""
    return LINK.sub(lambda one: f"{one[1]}{one[2]}({address}/{'raw' if one[1] else 'blob'}/{tag}/{one[3]})", text)


def project(text, address, tag):
    """The settings, with the project's addresses."""
    return text + URLS.format(address=address, tag=tag)


def main():
    """Writes both files."""
    address, tag = sys.argv[1:]
    for name, made in (("README.md", readme), ("pyproject.toml", project)):
        file = REPOSITORY / name
        file.write_text(made(file.read_text("utf-8"), address, tag), "utf-8")


if __name__ == "__main__":
    main()
