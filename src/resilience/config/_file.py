"""The files that settings are read from, when somebody names them: TOML, `pyproject.toml`, dotenv."""

from __future__ import annotations

import tomllib
from io import StringIO
from os import PathLike, fspath
from pathlib import Path
from typing import Any, cast

from dotenv.parser import parse_stream

from .._masking import printable
from ._refusal import SettingsError

FilePath = str | PathLike[str]
_LARGEST = 1024 * 1024
_PYPROJECT = "pyproject.toml"


def toml_of(path: FilePath, named_by: str) -> dict[str, Any]:
    """The settings in a TOML file; of a `pyproject.toml` its table `[tool.resilience]`.

    Args:
        path: the file.
        named_by: who named it, for the message.

    Raises:
        SettingsError: it cannot be read, or is no TOML.
    """
    shown = _shown(path, named_by)
    if Path(path).suffix != ".toml":
        raise SettingsError(f"{shown}: must end in .toml; for a dotenv file use RESILIENCE_ENV_FILE, or env_file=")
    text = _text(path, shown)
    trouble = ""
    data: dict[str, Any] = {}
    try:
        data = tomllib.loads(text)
    except RecursionError:
        trouble = "nested too deeply"
    except ValueError as error:  # TOMLDecodeError, or a number beyond the interpreter's limit of digits
        trouble = str(error)
    if trouble:
        raise SettingsError(f"{shown}: no valid TOML: {printable(trouble)}")
    if Path(path).name != _PYPROJECT:
        return data
    table: Any = data
    for key in ("tool", "resilience"):
        table = cast("dict[str, Any]", table).get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        raise SettingsError(f"{shown}: has no table [tool.resilience]; add it, or name another file")
    return cast("dict[str, Any]", table)


def dotenv_of(path: FilePath, named_by: str) -> dict[str, str]:
    """The variables in a dotenv file; nothing is put in for `${...}`.

    Raises:
        SettingsError: it cannot be read, or a line is no assignment.
    """
    shown = _shown(path, named_by)
    names: dict[str, str] = {}
    for binding in parse_stream(StringIO(_text(path, shown))):
        if binding.error or (binding.key is not None and binding.value is None):
            line = binding.original.line + binding.original.string[: -len(binding.original.string.lstrip())].count("\n")
            raise SettingsError(f"{shown}: line {line}: must be NAME=value")
        if binding.key is not None:
            names[binding.key] = binding.value or ""
    return names


def _shown(path: FilePath, named_by: str) -> str:
    return f"{named_by}={printable(fspath(path))!r}"


def _text(path: FilePath, shown: str) -> str:
    trouble = ""
    data = b""
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(_LARGEST + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text, trouble = "", "is not UTF-8"
    except FileNotFoundError:
        text, trouble = "", "no such file; correct the path, or take the name away"
    except (OSError, ValueError) as error:
        text, trouble = "", f"cannot be read: {getattr(error, 'strerror', None) or error}"
    if len(data) > _LARGEST:
        trouble = "is larger than 1 MiB; settings never are"
    if trouble:
        raise SettingsError(f"{shown}: {trouble}")
    return text
