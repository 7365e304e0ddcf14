"""The fields of the library's own sections of the snapshot: as docs/telemetry/snapshot.md lists them, as they are."""

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "telemetry" / "snapshot.md"


def documented(name):
    """The fields that the page lists for a section."""
    rows = re.findall(r"^\| `sections\.([\w.\[\]]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    return {row.removeprefix(f"{name}.") for row in rows if row.startswith(f"{name}.")}


def fields(value, at="", end=()):
    """The paths of all values of a section; those in `end` are not looked into."""
    if at in end or not isinstance(value, (dict, list)):
        return {at}
    if isinstance(value, dict):
        return {path for key, its in value.items() for path in fields(its, f"{at}.{key}".strip("."), end)}
    if value and not isinstance(value[0], dict):
        return {at}
    return {path for one in value for path in fields(one, f"{at}[]", end)}
