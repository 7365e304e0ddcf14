"""A griffe extension: the doctests of our docstrings become code blocks on the site's API page."""

import re
from typing import Any

import griffe

_DOCTEST = re.compile(r"^( *)>>> .*(?:\n(?! *\n|\s*$).*)*", re.MULTILINE)


class DocstringExamples(griffe.Extension):
    """Fences every run of lines that begins with `>>>`."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for every object that is loaded."""
        if obj.docstring is not None:
            obj.docstring.value = _DOCTEST.sub(fenced, obj.docstring.value)


def fenced(found: re.Match[str]) -> str:
    """The same lines as a code block."""
    return f"{found[1]}```pycon\n{found[0]}\n{found[1]}```"
