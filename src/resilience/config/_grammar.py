"""How a value is spelled in text, and the types of the settings that come of it.

The grammar is strict on purpose: what has no one obvious meaning (`5s`, `1_000`, ` 5`, `007`, other scripts' digits,
`nan`) is refused, because a number that is read wrongly shows itself only in the next outage.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, Strict

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,40})?")
_COMMA = re.compile(" ?, ?")
_SWITCHES = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False, "on": True, "off": False}
_DEEPEST_LEVEL = 1000
JITTERS = ("none", "full", "equal", "decorrelated")


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one type reads text, and what to call it in a refusal.

    `parse` raises `ValueError` for what is not in the grammar; ranges are pydantic's part.
    """

    parse: Callable[[str], object]
    noun: str


def whole(text: str) -> int:
    """A whole number in ASCII digits, without leading zeros, at most 19 long."""
    if _WHOLE.fullmatch(text) is None:
        raise ValueError
    return int(text)


def decimal(text: str) -> float:
    """A number in ASCII digits with at most one point, no exponent."""
    if _DECIMAL.fullmatch(text) is None:
        raise ValueError
    return float(text)


def switch(text: str) -> bool:
    """`true` or `false`, or a usual word for it, in any case."""
    value = _SWITCHES.get(text.lower())
    if value is None:
        raise ValueError
    return value


def codes(text: str) -> list[int]:
    """Whole numbers with commas between; `none` for none."""
    return [] if text == "none" else [whole(part) for part in _COMMA.split(text)]


def jitter(text: str) -> str | float:
    """A name of a jitter, or a share."""
    return text if text in JITTERS else decimal(text)


def level(text: str) -> str | int:
    """A name that `logging` knows, in any case, or its number."""
    return checked_level(whole(text) if _WHOLE.fullmatch(text) else text)


def checked_level(value: object) -> str | int:
    """The level in lower case, or its number."""
    if isinstance(value, str) and value.isascii() and value.upper() in logging.getLevelNamesMapping():
        return value.lower()
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _DEEPEST_LEVEL:
        return value
    raise ValueError


def json_value(text: str) -> Any:
    """A JSON value; `NaN` and `Infinity` are none, however they are spelled."""
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError from None


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError
    return value


def _once(value: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(value))


_Code = Annotated[int, Strict(), Field(ge=300, le=599)]
_Share = Annotated[float, Strict(), Field(ge=0, le=1, allow_inf_nan=False)]

Whole = Annotated[int, Strict(), Grammar(whole, "a whole number")]
Milliseconds = Annotated[int, Strict(), Grammar(whole, "a whole number of milliseconds")]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False), Grammar(decimal, "a number")]
Switch = Annotated[bool, Strict(), Grammar(switch, "true or false")]
Codes = Annotated[
    tuple[_Code, ...],
    AfterValidator(_once),
    Grammar(codes, "whole numbers from 300 to 599 with commas between, or none"),
]
Jitter = Annotated[
    Literal["none", "full", "equal", "decorrelated"] | _Share,
    Grammar(jitter, "none, full, equal, decorrelated, or a share from 0 to 1 (0.2 is plus or minus 20 %)"),
]
Level = Annotated[
    str | int,
    BeforeValidator(checked_level),
    Grammar(level, f"a level's name or a number from 0 to {_DEEPEST_LEVEL}"),
]
Json = Annotated[JsonValue, Grammar(json_value, "a JSON value")]
