"""Text that a script puts into a page of the docs, between `<!-- name -->` and `<!-- /name -->`."""


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
