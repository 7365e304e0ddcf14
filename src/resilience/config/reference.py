"""The table of all names, made from the model, for the documentation.

`python -m resilience.config.reference docs/configuration.md` puts it between the markers of that file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ._sections import SECTIONS, SERVICE_SECTIONS
from ._variable import CONTROLS, Variable, spelled

BEGIN = "<!-- table of settings: made by `python -m resilience.config.reference docs/configuration.md` -->"
END = "<!-- end of the table -->"
_HEADER = ("| variable | default | allowed | meaning |", "| --- | --- | --- | --- |")


def table() -> str:
    """The Markdown table of every name, section by section."""
    lines: list[str] = []
    for section, model in SERVICE_SECTIONS.items():
        lines += [f"### `{section}`", "", model.__doc__ or "", "", *_HEADER, *_rows(section), ""]
    lines += ["### What is read", "", "| variable | meaning |", "| --- | --- |"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in CONTROLS.items()]
    return "\n".join(lines)


def _rows(section: str) -> Iterator[str]:
    for field in SERVICE_SECTIONS[section].model_fields:
        variable = Variable(section, field)
        name = variable.name if section in SECTIONS else variable.service_name("PAYMENTS")
        cells = f"`{name}`", f"`{spelled(variable.default)}`", variable.allowed, variable.info.description
        yield f"| {' | '.join(map(str, cells))} |"


def renewed(page: str) -> str:
    """The page with the present table between its markers.

    Raises:
        ValueError: it has no markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page needs the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        page = Path(argument)
        page.write_text(renewed(page.read_text("utf-8")), "utf-8")
