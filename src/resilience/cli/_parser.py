"""An argument parser whose complaints are one line that says what to do."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import NoReturn

from ._mistake import Mistake


class Parser(ArgumentParser):
    """An argument parser that raises a `Mistake`."""

    def error(self, message: str) -> NoReturn:
        """Complain, in one line."""
        raise Mistake(f"{message}; see {self.prog} --help")
