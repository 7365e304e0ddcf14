"""Modules that a command line names."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from ._mistake import Mistake


def module_named(name: str) -> ModuleType:
    """The module, found from the working directory too, as `python -m` would.

    Raises:
        Mistake: it cannot be imported.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except Exception as error:
        raise Mistake(f"cannot import {name!r}: {type(error).__name__}: {error}") from error
