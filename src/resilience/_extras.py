"""What an extra brings: where it is missing, the error names the extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ._pages import linked


def brought(module: str, extra: str, what: str) -> Any:
    """The module that `what` needs.

    Raises:
        ModuleNotFoundError: it is not installed; the message says how to get it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        text = f"{what} needs {package}: pip install 'resilience-stack[{extra}]'"
        raise ModuleNotFoundError(linked(text), name=error.name) from error
