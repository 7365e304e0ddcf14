"""Text that a script puts into a page of the docs, between `<!-- name -->` and `<!-- /name -->`."""

import argparse
import sys


def replaced(page, name, content):
    """The page's text with this content between its markers.

    Raises:
        ValueError: the page lacks them.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the page needs the lines {begin} and {end}")
    return f"{before}{begin}\n\n{content}\n\n{end}{after}"


def brought_up_to_date(pages, renewed, *, write):
    """Write the pages that differ from what `renewed(page)` gives, or only name them; gives their names."""
    stale = []
    for page in pages:
        text = renewed(page)
        if text != page.read_text("utf-8"):
            stale.append(page.name)
            if write:
                page.write_text(text, "utf-8")
    return stale


def command(module, pages, renewed):
    """The command line of a script: says which pages are behind, and ends with 1 if one is; `--write` writes them."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=sys.modules["__main__"].__doc__)
    parser.add_argument("--write", action="store_true", help="write the pages instead of checking them")
    write = parser.parse_args().write
    behind = brought_up_to_date(pages, renewed, write=write)
    if behind and not write:
        sys.exit(f"behind the code: {', '.join(behind)}; python -m {module} --write")
