"""Modules that a command line names."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from ._mistake import Mistake

Held = TypeVar("Held")


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
        lost = isinstance(error, ModuleNotFoundError)
        hint = f"; it is looked for in {here} too: run this in the folder that holds it" if lost else ""
        raise Mistake(f"cannot import {name!r}: {type(error).__name__}: {error}{hint}") from error


def held(target: str, kind: type[Held], *, called: str, otherwise: str) -> list[Held]:
    """The objects of this class that MODULE holds, or the one that MODULE:NAME names.

    Raises:
        Mistake: there is none; `called` says of what, `otherwise` what else may be named.
    """
    module_name, colon, name = target.partition(":")
    found = {key: value for key, value in vars(module_named(module_name)).items() if isinstance(value, kind)}
    if colon and name not in found:
        raise Mistake(f"{target}: no {called} of that name; {module_name} holds {', '.join(found) or 'none'}")
    if not found:
        raise Mistake(f"{module_name} holds no {called}; name another module, {otherwise}")
    return [found[name]] if colon else list(found.values())
