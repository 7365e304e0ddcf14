"""May a request be sent again? That depends on what it does and on how far the first one came."""

from __future__ import annotations

from enum import Enum
from typing import Any

# RFC 9110, section 9.2.2; QUERY is safe and idempotent by its own draft.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY"})


class Repeating(Enum):
    """Which failures of a request may be followed by another attempt."""

    ANY = "whatever went wrong"
    UNSENT = "only when not a byte of it was sent"
    NEVER = "none: its body cannot be sent twice"


def repeating_of(method: str, headers: Any, *, is_replayable: bool, idempotent: bool | None = None) -> Repeating:
    """The rule for one request; `idempotent` is the caller's word, which beats method and headers.

    >>> repeating_of("GET", {}, is_replayable=True).name
    'ANY'
    >>> repeating_of("POST", {}, is_replayable=True).name
    'UNSENT'
    >>> repeating_of("POST", {"Idempotency-Key": "8e03"}, is_replayable=True).name
    'ANY'
    """
    if not is_replayable:
        return Repeating.NEVER
    if idempotent is None:
        idempotent = method.upper() in IDEMPOTENT_METHODS or bool(headers.get("Idempotency-Key"))
    return Repeating.ANY if idempotent else Repeating.UNSENT


def is_hedgeable(method: str, headers: Any, *, is_in_memory: bool, idempotent: bool | None = None) -> bool:
    """May two of a request be under way at once? Stricter than repeating: of two DELETEs one finds nothing.

    >>> is_hedgeable("GET", {}, is_in_memory=True), is_hedgeable("DELETE", {}, is_in_memory=True)
    (True, False)
    >>> is_hedgeable("POST", {"Idempotency-Key": "8e03"}, is_in_memory=True)
    True
    """
    if idempotent is None:
        idempotent = method.upper() in SAFE_METHODS or bool(headers.get("Idempotency-Key"))
    return is_in_memory and idempotent
