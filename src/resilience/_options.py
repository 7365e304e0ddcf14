"""What options accept. Every refusal names the option, the value, what is allowed, and an example."""

from __future__ import annotations

from sys import maxsize
from typing import Any, NoReturn

from ._callable import ASYNC, form_of
from ._pages import linked

INFINITY = float("inf")


def refuse(option: str, value: object, allowed: str, *, kind: type[Exception] = ValueError) -> NoReturn:
    raise kind(linked(f"{option}={value!r}: must be {allowed}"))


def number(option: str, value: object, allowed: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        refuse(option, value, f"{allowed}, not {type(value).__name__}{_parentheses(value)}", kind=TypeError)
    try:
        result = float(value)
    except OverflowError:
        refuse(option, value, f"{allowed}; this is too large for a float")
    if result != result:  # noqa: PLR0124 - a NaN
        refuse(option, value, allowed)
    return result


def seconds(option: str, value: object, *, zero: bool = False, infinite: bool = False) -> float:
    """A duration: a number of seconds or a `timedelta`."""
    bound = "at least 0" if zero else "above 0"
    allowed = f"seconds {bound}{'' if infinite else ' and finite'} (a number, or a timedelta), e.g. {option}=2.5"
    in_seconds = getattr(value, "total_seconds", None)
    result = number(option, in_seconds() if callable(in_seconds) else value, allowed)
    if result < 0 or (result == 0 and not zero) or (result == INFINITY and not infinite):
        refuse(option, value, allowed)
    return result


def _parentheses(value: object) -> str:
    return "; behind an @, write the policy with parentheses" if callable(value) else ""


def optional_seconds(option: str, value: object, *, zero: bool = False) -> float | None:
    return None if value is None else seconds(option, value, zero=zero)


def share(option: str, value: object, *, zero: bool = False) -> float:
    """A part of a whole, 0..1."""
    allowed = f"a share {'from 0' if zero else 'above 0'} to 1, e.g. {option}=0.5"
    result = number(option, value, allowed)
    if not 0 <= result <= 1 or (result == 0 and not zero):
        refuse(option, value, allowed)
    return result


def amount(option: str, value: object, *, minimum: float = 0.0, above: bool = False) -> float:
    """A finite number that is no duration and no share."""
    allowed = f"a finite number {'above' if above else 'of at least'} {minimum:g}"
    result = number(option, value, allowed)
    if result < minimum or result == INFINITY or (above and result == minimum):
        refuse(option, value, allowed)
    return result


def count(option: str, value: object, *, minimum: int = 1) -> int:
    allowed = f"a whole number of at least {minimum}, e.g. {option}={max(minimum, 3)}"
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(option, value, f"{allowed}, not {type(value).__name__}{_parentheses(value)}", kind=TypeError)
    if value < minimum:
        refuse(option, value, allowed)
    if value > maxsize:
        refuse(option, value, f"a whole number from {minimum} to {maxsize}, e.g. {option}={max(minimum, 3)}")
    return value


def flag(option: str, value: object) -> bool:
    if not isinstance(value, bool):
        refuse(option, value, f"True or False, not {type(value).__name__}", kind=TypeError)
    return value


def choice(option: str, value: object, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        refuse(option, value, f"one of {', '.join(map(repr, allowed))}", kind=TypeError)
    if value not in allowed:
        refuse(option, value, f"one of {', '.join(map(repr, allowed))}")
    return value


def label(option: str, value: object) -> str | None:
    """A name: any text without line breaks and control characters, at most 200 long."""
    if value is None:
        return None
    if not isinstance(value, str):
        refuse(option, value, f"a str or None, not {type(value).__name__}{_parentheses(value)}", kind=TypeError)
    if not value or len(value) > 200 or not value.isprintable():
        refuse(option, value, "1 to 200 printable characters, e.g. 'payments'")
    return value


def logic(option: str, value: Any, *, optional: bool = True) -> Any:
    """The user's own logic: a plain callable. A coroutine function would be true whatever it answers."""
    if value is None and optional:
        return None
    if not callable(value):
        refuse(option, value, f"a function, not {type(value).__name__}", kind=TypeError)
    if form_of(value) == ASYNC:
        refuse(option, value, "a plain function: nobody would await a coroutine function here", kind=TypeError)
    return value
