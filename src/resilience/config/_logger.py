"""The level of the logger `resilience`; no other logger is ever touched."""

from __future__ import annotations

import logging
import warnings

from ..errors import ResilienceWarning
from ._refusal import SettingsError
from ._settings import Settings
from ._source import Kind

_LOGGER = logging.getLogger("resilience")
_ours: int | None = None


def apply_level(settings: Settings) -> None:
    """Set the logger's level, if something names one.

    Unset, the logger is left alone. A level that the program has set itself stays, unless it says so through our code.
    A level that cannot stand is warned of here, because nobody asked for the section yet, and refused when it is used.
    """
    global _ours
    kind = settings.source("logging.level").kind
    ours = _LOGGER.level in {logging.NOTSET, _ours}
    if not ours and kind is not Kind.CODE:
        return
    if kind is Kind.DEFAULT:
        level = logging.NOTSET if _ours is not None else _LOGGER.level
    else:
        try:
            level = level_number(settings.logging.level)
        except SettingsError as error:
            warnings.warn(f"the logger's level stays as it is: {error}", ResilienceWarning, stacklevel=3)
            return
    _LOGGER.setLevel(level)
    _ours = level


def level_number(level: str | int) -> int:
    """The number that `logging` has for a level."""
    return level if isinstance(level, int) else logging.getLevelNamesMapping()[level.upper()]
