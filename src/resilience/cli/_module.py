"""Modules that a command line names."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path, PurePath
from types import ModuleType
from typing import TypeVar

from ._mistake import Mistake

Held = TypeVar("Held")


def module_named(name: str) -> ModuleType:
    """The module, found from the working directory too, as `python -m` would.

    Raises:
        Mistake: it cannot be imported.
    """
    try:
        here = str(Path.cwd())
    except OSError as error:
        raise Mistake(f"cannot import {name!r}: the working directory is gone; go to one that is there") from error
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a script that ends the program would end ours, as if all were well
        raise Mistake(f"cannot import {name!r}: {type(error).__name__}: {error}{_hint(name, error, here)}") from error


def _hint(name: str, error: BaseException, here: str) -> str:
    path = PurePath(name)
    if path.suffix == ".py" or len(path.parts) > 1:
        parts = path.with_suffix("").parts
        near = f", e.g. {'.'.join(parts)}" if all(part.isidentifier() for part in parts) else ""
        return f"; name the module, not its file{near}"
    if isinstance(error, SystemExit):
        return '; it ends the program when it is imported: put that under if __name__ == "__main__"'
    if isinstance(error, ModuleNotFoundError):
        return f"; it is looked for in {here} too: run this in the folder that holds it"
    return ""


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
