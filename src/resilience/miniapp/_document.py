"""JSON of strangers: parsed without ever raising, and told apart by shape."""

from __future__ import annotations

import json
from typing import Any, cast


def parsed(body: bytes) -> object:
    """The value of a JSON text, `None` when it is none."""
    try:
        return cast("object", json.loads(body))
    except (ValueError, RecursionError):  # also bytes that are no text, and integers of too many digits
        return None


def mapping(value: object) -> dict[str, Any] | None:
    """The value, if it is a JSON object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def array(value: object) -> list[Any] | None:
    """The value, if it is a JSON array."""
    return cast("list[object]", value) if isinstance(value, list) else None
